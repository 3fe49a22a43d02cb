"""The log: one record a line on standard error, JSON for machines or plain for people, without secrets.

Libraries that log through `logging` come out by the same door. The redactor sees every value of a record,
tracebacks included, when nothing more is added to it: what is rendered after it holds no secret. Local
variables of a traceback are never shown.
"""

import logging
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

from bot.domain.redaction import Redactor

_QUIET = ("aiohttp.access", "aiosqlite", "asyncio", "discord", "httpcore", "httpx", "slack_bolt", "telegram")
"""Libraries that tell of every request: heard from WARNING on."""


def set_up_log(redactor: Redactor, stream: TextIO, level: str = "INFO", plain: bool | None = None) -> None:
    """Let all that is logged in this process go to the stream, plain on a terminal unless `plain` says."""
    readable = stream.isatty() if plain is None else plain
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(redactor, shared, readable, readable and stream.isatty()))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(True)


def _formatter(
    redactor: Redactor, shared: Sequence[Processor], plain: bool, colours: bool
) -> structlog.stdlib.ProcessorFormatter:
    last: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if plain:
        last = structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=structlog.dev.plain_traceback)

    def clean(_logger: Any, _method: str, record: MutableMapping[str, Any]) -> Mapping[str, Any]:
        cleaned = {redactor.clean(name): _cleaned(redactor, value) for name, value in record.items()}
        return {name: _visible(value) for name, value in cleaned.items()} if plain else cleaned

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, clean, last],
    )


def _visible(value: object) -> object:
    """Text whose control and direction-changing characters are spelled out: a name in it may be anybody's, and the
    log is read in a terminal. Line ends stay, for tracebacks; the renderer spells them out everywhere else.
    """
    if not isinstance(value, str):
        return value
    return "".join(one if one.isprintable() or one in "\n\t" else ascii(one)[1:-1] for one in value)


def _cleaned(redactor: Redactor, value: object) -> object:
    """The value as the renderer may see it: text, numbers, and lists and tables of these."""
    match value:
        case None | bool():
            return value
        case int() | float():
            return value if redactor.clean(str(value)) == str(value) else redactor.clean(str(value))
        case str():
            return redactor.clean(value)
        case Mapping():
            return {redactor.clean(str(name)): _cleaned(redactor, one) for name, one in value.items()}
        case list() | tuple():
            return [_cleaned(redactor, one) for one in value]
        case _:
            return redactor.clean(str(value))
