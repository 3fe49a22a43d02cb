"""What may come in floods is told once a minute for each kind and source, with the count of what was left out. Pure.

The first of its kind is told at once, and opens a window of a minute. What is the same within it is only counted. When
the window ends the count is told, if there is any, and the next window opens. So a flood of whatever length is a line a
minute, one that stays alone is one line, and the counts of all lines add up to what came.

Sources are somebody else's choice, so their number is bounded too: those that come when there are `MOST` already share
one line for each kind.
"""

from collections.abc import Sequence
from dataclasses import dataclass

SPAN = 60.0
"""Seconds of a window."""
MOST = 100
"""Windows that are open at once, before sources are told together."""
OTHERS = "others"


@dataclass(frozen=True, slots=True)
class What:
    """What is the same."""

    code: str
    platform: str
    source: str


@dataclass(frozen=True, slots=True)
class Line:
    """To be told. `times`: how often it came since the last line of its kind and source."""

    what: What
    times: int


@dataclass(slots=True)
class _Window:
    begun: float
    left_out: int = 0


class Once:
    """Keeps the windows. Times are seconds on a clock that never goes back."""

    def __init__(self) -> None:
        self._windows: dict[What, _Window] = {}

    @property
    def open(self) -> bool:
        """True while something may be left to tell."""
        return bool(self._windows)

    def came(self, what: What, now: float) -> Sequence[Line]:
        """What to tell now that this came; first whatever was due by then."""
        lines = self.due(now)
        if what not in self._windows and len(self._windows) >= MOST:
            what = What(what.code, what.platform, OTHERS)
        if (window := self._windows.get(what)) is not None:
            window.left_out += 1
            return lines
        self._windows[what] = _Window(now)
        return (*lines, Line(what, 1))

    def due(self, now: float) -> Sequence[Line]:
        """What the windows that have ended have left to tell."""
        ended = {what: one for what, one in self._windows.items() if now - one.begun >= SPAN}
        for what, window in ended.items():
            if window.left_out:
                self._windows[what] = _Window(now)
            else:
                del self._windows[what]
        return tuple(Line(what, one.left_out) for what, one in ended.items() if one.left_out)
