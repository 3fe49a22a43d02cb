"""Times of the week as the configuration writes them: `"fri 14:00-24:00"`, `"sat"`, `"mon-thu 18:00-24:00"`."""

import re
from datetime import time

from bot.domain.targets import Window

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = f"({'|'.join(DAYS)})"
_CLOCK = r"([01][0-9]|2[0-4]):([0-5][0-9])"
WINDOW_PATTERN = f"^{_DAY}(-{_DAY})?( {_CLOCK}-{_CLOCK})?$"
_WINDOW = re.compile(WINDOW_PATTERN)


def read_window(text: str) -> Window | None:
    """The window that the text names, None where it names none; it ends on the day on which it begins."""
    match = _WINDOW.fullmatch(text)
    if match is None:
        return None
    first, _, last, hours, *clock = match.groups()
    days = _days(DAYS.index(first), DAYS.index(last or first))
    if hours is None:
        return Window(days)
    start, end = (_minute(*map(int, clock[:2])), _minute(*map(int, clock[2:])))
    if not start < end <= 24 * 60:
        return None
    return Window(days, _time(start), _time(end))


def _days(first: int, last: int) -> tuple[int, ...]:
    """From the first to the last day; the week goes round, so `sat-mon` has three."""
    count = (last - first) % 7 + 1
    return tuple(sorted((first + step) % 7 for step in range(count)))


def _minute(hour: int, minute: int) -> int:
    return hour * 60 + minute


def _time(minute: int) -> time:
    """Midnight at the day's end is the last moment that `time` can say."""
    return time.max if minute == 24 * 60 else time(minute // 60, minute % 60)
