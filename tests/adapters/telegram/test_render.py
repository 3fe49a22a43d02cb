"""What is sent: golden payloads, each taken by the strict server; escapes, cuts, and nothing touchable."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from adapters.telegram.render import LONGEST, render, render_notice
from adapters.telegram.text import cut, plain, units
from bot.view.card import Button, ButtonStyle, CheckRow, Light, StepRow
from bot.view.notice import Notice, Tone
from tests.adapters.telegram.golden import FOLDER, pages, written
from tests.vendors.telegram.state import Chat, File, Message
from tests.vendors.telegram.writing import Writing
from tests.view.gallery import SCREENS

CARD = SCREENS["succeeded"]()
EVIL = "<b>&amp;</b> <script>@everyone /rollback x</script> \u202egnp.exe \x1b[31m\x00 \ud800 a\nb"


def taken(payload: Mapping[str, Any]) -> Message:
    """The message as the strict server takes it; fails on whatever it would count."""
    writing = Writing(Counter(), chats={-1: Chat(-1)})
    fields = {key: one if isinstance(one, str) else json.dumps(one) for key, one in payload.items()}
    file = File("a.json", b"{}") if "caption" in payload else None
    _, message = writing.send({"chat_id": "-1", **fields}, file)
    assert writing.violations == {}
    return message


@pytest.mark.parametrize("name", sorted(pages()))
def test_golden(name: str) -> None:
    payload = pages()[name]
    assert (FOLDER / name).read_text("utf-8") == written(payload)
    assert taken(payload).text


def test_no_golden_file_is_left_over() -> None:
    assert {one.name for one in FOLDER.iterdir()} == set(pages())


def test_what_others_wrote_is_text_and_nothing_else() -> None:
    card = replace(CARD, title=EVIL, subtitle=EVIL, actor=EVIL, state=EVIL, way_back=EVIL)
    message = taken(render(card))
    assert "<script>@\u2060everyone /\u2060rollback x</script>" in message.text
    assert not {"\u202e", "\x1b", "\x00", "\ud800"} & set(message.text)
    said = taken(render_notice(Notice("x", EVIL, rows=((EVIL, EVIL),), log=(EVIL,))))
    assert "<script>@everyone /rollback x</script>" in said.text.rpartition("\n")[2]


def test_a_card_that_is_too_long_keeps_what_matters() -> None:
    steps = tuple(StepRow(Light.PASSED, f"step {number}", 1.0, "n" * 200) for number in range(60))
    checks = tuple(CheckRow(Light.FAILED, f"channel {number}", 0.2, "r" * 400) for number in range(5))
    message = taken(render(replace(CARD, state="s" * 2000, steps=steps, checks=checks)))
    assert message.parsed.units <= LONGEST
    assert all(f"channel {number}" in message.text for number in range(5))
    assert "… and " in message.text
    assert "rollback ready" in message.text
    assert message.text.startswith("✅ Deploy")


def test_units_are_those_of_utf_16() -> None:
    assert units("a✅😀") == 4
    assert cut("😀😀😀", 5) == "😀😀…"
    assert cut("abc", 3) == "abc"
    message = taken(render_notice(Notice("x", "😀" * 9000, rows=(("😀" * 900, "😀" * 900),) * 90)))
    assert message.parsed.units <= LONGEST


def test_of_a_long_log_the_end_is_shown() -> None:
    log = tuple(f"line {number} {'x' * 80}" for number in range(200))
    message = taken(render_notice(Notice("x", "It failed.", Tone.BAD, log=log)))
    assert "line 199" in message.text
    assert "line 0 " not in message.text
    assert "\n…\n" in message.text


def test_many_rows_are_cut_and_counted() -> None:
    rows = tuple((f"row {number}", "w" * 90) for number in range(100))
    message = taken(render_notice(Notice("x", "Rows:", rows=rows)))
    shown = message.text.count("row ")
    assert f"… and {100 - shown} more" in message.text


def test_traffic_is_drawn() -> None:
    assert "░░░░░░░░░░░█ baseline 90 % · canary 10 %" in taken(render(replace(CARD, canary=10))).text


def test_only_what_needs_a_person_makes_a_sound() -> None:
    silent = [taken(render_notice(Notice("x", "x", tone))).silent for tone in Tone]
    assert dict(zip(Tone, silent, strict=True)) == {
        Tone.PLAIN: True,
        Tone.GOOD: True,
        Tone.BAD: False,
        Tone.ASK: False,
    }
    assert not taken(render_notice(Notice("ended_live", "Live.", Tone.GOOD))).silent


def test_buttons_have_looks_where_the_server_knows_them() -> None:
    buttons = tuple(Button(style, f"abort:k3v9x2m{at}", style) for at, style in enumerate(ButtonStyle))
    card = replace(CARD, buttons=buttons)
    assert taken(render(card)).styles == ["", "primary", "danger"]
    assert taken(render(card, styled=False)).styles == ["", "", ""]


def test_a_running_step_has_no_clock_that_would_stand() -> None:
    card = replace(CARD, steps=(StepRow(Light.RUNNING, "build", 4.2, "worker"),))
    assert "⏳ build · worker" in taken(render(card)).text


def test_text_is_one_line() -> None:
    assert plain(" a\n\tb\u00a0c\u2028d ") == "a b c d"
