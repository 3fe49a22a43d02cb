"""A command's output, from bytes to lines that may be shown.

A line is cut at `LONGEST` bytes (the rest of it is read and dropped), so that no output can fill the memory;
what a terminal would not show (colours, cursor moves, what a carriage return overwrote) is taken out before
the redactor looks, so that nothing can hide a secret from it.
"""

import re
from collections import deque
from collections.abc import Callable

from bot.domain.redaction import Redactor
from bot.ports.process import Lines

LONGEST = 256 * 1024
"""Bytes of one line that are kept."""
MOST_OUT = 1024 * 1024
TAIL = 40
CUT = "… (line cut)"

_CODES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # control sequences: colours, cursor
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # operating system commands: titles, links
    r"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"  # other strings
    r"|\x1b[ -/]*[0-~]"  # short escapes
    r"|[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]"
)


class Splitter:
    """Bytes of one pipe, as they come, into cleaned lines."""

    def __init__(self, redactor: Redactor, sink: Callable[[str], None]) -> None:
        self._redactor = redactor
        self._sink = sink
        self._open = bytearray()
        self._cut = False

    def feed(self, data: bytes) -> None:
        """Take the next bytes; hand on every line that they end."""
        first, *others = data.split(b"\n")
        self._add(first)
        for part in others:
            self._flush()
            self._add(part)

    def close(self) -> None:
        """Hand on a last line without its line end."""
        if self._open:
            self._flush()

    def _add(self, part: bytes) -> None:
        room = LONGEST - len(self._open)
        self._open += part[:room]
        self._cut = self._cut or len(part) > room

    def _flush(self) -> None:
        text = _CODES.sub("", self._open.decode(errors="replace"))
        text = text.rstrip("\r").rpartition("\r")[2]
        self._sink(self._redactor.clean_cut(text) + CUT if self._cut else self._redactor.clean(text))
        self._open.clear()
        self._cut = False


class Gathered:
    """What a command said: standard output up to one MiB, and the last lines of both outputs.

    Standard output keeps its NUL characters, by which git divides what may hold anything else.
    """

    def __init__(self, redactor: Redactor, lines: Lines | None) -> None:
        self._redactor = redactor
        self._lines = lines
        self._out: list[str] = []
        self._room = MOST_OUT
        self._tail: deque[str] = deque(maxlen=TAIL)
        self.stdout = Splitter(redactor, self._from_stdout)
        self.stderr = Splitter(redactor, self._shown)

    @property
    def out(self) -> str:
        """Standard output, a line end after each line."""
        return "".join(self._out)

    @property
    def tail(self) -> tuple[str, ...]:
        """The last lines of both outputs, in the order in which they came."""
        return self._redactor.clean_lines(tuple(self._tail))

    def _from_stdout(self, line: str) -> None:
        kept = f"{line}\n"[: self._room]
        self._room -= len(kept)
        self._out.append(kept)
        self._shown(line)

    def _shown(self, line: str) -> None:
        if "\0" in line:
            line = self._redactor.clean(line.replace("\0", ""))
        self._tail.append(line)
        if self._lines is not None:
            self._lines(line)
