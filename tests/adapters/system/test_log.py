import io
import json
import logging
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from adapters.system.log import set_up_log
from bot.domain.redaction import MARK, Redactor

SECRET = 's3cr3t"value\\x'


class Odd:
    def __str__(self) -> str:
        return f"odd {SECRET}"

    __repr__ = __str__


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """A place to log to; the process's own settings come back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield io.StringIO()
    root.handlers = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()


def records(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_record_is_one_line_of_json(stream: io.StringIO) -> None:
    set_up_log(Redactor([SECRET]), stream)
    structlog.contextvars.bind_contextvars(run="k3v9t0qz")
    structlog.get_logger().info("step ended", step="gates", took=1.5)
    structlog.contextvars.clear_contextvars()
    (record,) = records(stream)
    known = {"event": "step ended", "level": "info", "run": "k3v9t0qz", "step": "gates", "took": 1.5}
    assert {name: value for name, value in record.items() if name != "timestamp"} == known
    assert record["timestamp"].endswith("Z")


@pytest.mark.parametrize("plain", [True, False])
def test_no_secret_leaves_wherever_it_stands(stream: io.StringIO, plain: bool) -> None:
    set_up_log(Redactor([SECRET, "12345678"]), stream, plain=plain)
    log = structlog.get_logger()
    log.warning(
        " ".join(("in the text", SECRET)),
        field=SECRET,
        deep={"a": [SECRET, (SECRET,)]},
        odd=Odd(),
        number=12345678,
    )
    log.info("as a name", **{SECRET: 1})
    logging.getLogger("library").error("library says %s", SECRET, extra={"more": SECRET})
    try:
        raise RuntimeError(SECRET)
    except RuntimeError:
        log.exception("failed")
        logging.getLogger("library").exception("failed too")
    text = stream.getvalue()
    assert text.count(MARK) >= 10
    assert "s3cr3t" not in text
    assert "12345678" not in text
    assert "RuntimeError" in text


def test_libraries_and_warnings_come_by_the_same_door(stream: io.StringIO) -> None:
    set_up_log(Redactor([]), stream)
    logging.getLogger("httpx").info("GET https://api.telegram.org/bot1:x/getMe")
    logging.getLogger("httpx").warning("slow")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("old", stacklevel=1)
    read = records(stream)
    assert [record["level"] for record in read] == ["warning", "warning"]
    assert "UserWarning: old" in read[1]["event"]


def test_a_platforms_own_words_are_heard_and_its_librarys_only_when_they_matter(stream: io.StringIO) -> None:
    set_up_log(Redactor([]), stream)
    for platform in ("slack", "discord", "telegram"):
        structlog.get_logger(f"chat.{platform}").info("connected", platform=platform)
    for library in ("slack_bolt", "discord", "discord.gateway", "telegram", "telegram.ext"):
        logging.getLogger(library).info("a frame was sent")
    assert [record["platform"] for record in records(stream)] == ["slack", "discord", "telegram"]


LOGGER = re.compile(r"get_?[lL]ogger\(f?\"([^\"]*)\"")


@pytest.mark.parametrize("platform", ["slack", "discord", "telegram"])
def test_an_adapter_logs_under_its_platforms_name(platform: str) -> None:
    files = sorted((Path(__file__).parents[3] / "adapters" / platform).glob("*.py"))
    named = [name for file in files for name in LOGGER.findall(file.read_text("utf-8"))]
    assert named
    assert [one for one in named if not re.fullmatch(rf"chat\.{platform}(\..+)?", one)] == []


def test_the_level_holds_for_both(stream: io.StringIO) -> None:
    set_up_log(Redactor([]), stream, level="WARNING")
    structlog.get_logger().info("quiet")
    logging.getLogger("library").info("quiet")
    assert stream.getvalue() == ""


def test_plain_lines_for_people(stream: io.StringIO) -> None:
    set_up_log(Redactor([]), stream, plain=True)
    structlog.get_logger().info("ready", port=8080)
    assert "ready" in stream.getvalue()
    assert "port=8080" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_a_name_cannot_steer_the_terminal_in_which_the_log_is_read(stream: io.StringIO) -> None:
    set_up_log(Redactor(()), stream, plain=True)
    structlog.get_logger("intake").info("asked", person="\x1b[31mAna\u202e", reason="a\nb")
    line = stream.getvalue().removesuffix("\n")
    assert line.isprintable()
    assert r"person=\x1b[31mAna\u202e" in line
