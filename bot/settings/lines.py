"""Which line of a TOML document says what: `tomllib` reads values and forgets where they stood.

`key_lines(text)` walks a document that `tomllib` has accepted, and so never has to judge it: it only has to know
where keys, strings, arrays and inline tables begin and end (https://toml.io/en/v1.0.0).
"""

import re
import tomllib
from collections.abc import Mapping

Path = tuple[str | int, ...]
"""Where a value stands: keys, and positions in arrays counted from 0."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_STRINGS = (
    re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}(?!")', re.DOTALL),
    re.compile(r"'''.*?'{3,5}(?!')", re.DOTALL),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)
_ATOM = re.compile(r"[^,\]}#\n]*")


def key_lines(text: str) -> Mapping[Path, int]:
    """The line, counted from 1, of every table, key and array member of a valid document."""
    return _Walk(text).document()


def line_of(lines: Mapping[Path, int], path: Path) -> int:
    """The line of the value, or of the nearest thing around it that has one; 1 where nothing has."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class _Walk:
    """One pass over the text, writing down where each path begins."""

    def __init__(self, text: str) -> None:
        self._text = text.replace("\r\n", "\n")
        self._at = 0
        self._lines: dict[Path, int] = {}
        self._last: dict[Path, int] = {}
        """Position of the newest member of each array of tables."""

    def document(self) -> Mapping[Path, int]:
        table: Path = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            table = self._header() if self._sees("[") else self._pair(table)
            self._skip(_BLANK)
        return self._lines

    def _header(self) -> Path:
        line, array = self._line(), self._sees("[[")
        self._at += 2 if array else 1
        parts = self._key()
        self._at += 2 if array else 1
        path = self._resolved(parts[:-1] if array else parts, line)
        if array:
            path = (*path, parts[-1])
            self._note(path, line)
            self._last[path] = self._last.get(path, -1) + 1
            path = (*path, self._last[path])
        self._note(path, line)
        return path

    def _resolved(self, parts: tuple[str, ...], line: int) -> Path:
        """A header's keys as a path: a key of an array of tables means its newest member."""
        path: Path = ()
        for part in parts:
            path = (*path, part)
            self._note(path, line)
            if path in self._last:
                path = (*path, self._last[path])
        return path

    def _pair(self, table: Path) -> Path:
        line = self._line()
        path = table
        for part in self._key():
            path = (*path, part)
            self._note(path, line)
        self._at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(path)
        return table

    def _value(self, path: Path) -> None:
        if self._sees("["):
            self._array(path)
        elif self._sees("{"):
            self._inline(path)
        elif self._sees('"') or self._sees("'"):
            self._string()
        else:
            self._skip(_ATOM)

    def _array(self, path: Path) -> None:
        position = 0
        self._step()
        while not self._sees("]"):
            self._note((*path, position), self._line())
            self._value((*path, position))
            position += 1
            self._comma()
        self._at += 1

    def _inline(self, path: Path) -> None:
        self._step()
        while not self._sees("}"):
            self._pair(path)
            self._comma()
        self._at += 1

    def _comma(self) -> None:
        self._skip(_BLANK)
        if self._sees(","):
            self._step()

    def _step(self) -> None:
        self._at += 1
        self._skip(_BLANK)

    def _key(self) -> tuple[str, ...]:
        parts: list[str] = []
        while True:
            self._skip(_SPACE)
            parts.append(self._key_part())
            self._skip(_SPACE)
            if not self._sees("."):
                return tuple(parts)
            self._at += 1

    def _key_part(self) -> str:
        bare = _BARE.match(self._text, self._at)
        if bare:
            self._at = bare.end()
            return bare[0]
        quoted = self._string()
        (value,) = tomllib.loads(f"key = {quoted}").values()
        return str(value)

    def _string(self) -> str:
        matches = (one.match(self._text, self._at) for one in _STRINGS)
        match = next(one for one in matches if one is not None)
        self._at = match.end()
        return match[0]

    def _sees(self, what: str) -> bool:
        return self._text.startswith(what, self._at)

    def _skip(self, what: re.Pattern[str]) -> None:
        match = what.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _note(self, path: Path, line: int) -> None:
        self._lines.setdefault(path, line)

    def _line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1
