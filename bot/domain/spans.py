"""Spans of time as people write them: `90s`, `5m`, `2h`, `1d`, `1m30s`."""

import re
from datetime import timedelta

LONGEST = timedelta(days=366)
_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_SPAN = re.compile(r"(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?", re.ASCII)


def read_span(text: str) -> timedelta | None:
    """The span that the text names: whole numbers with units, the largest unit first, each at most once.

    None for anything else, and for more than `LONGEST`.
    """
    match = _SPAN.fullmatch(text.strip().lower())
    if match is None or not any(match.groups()):
        return None
    seconds = sum(int(count or 0) * unit for count, unit in zip(match.groups(), _UNITS.values(), strict=True))
    return timedelta(seconds=seconds) if seconds <= LONGEST.total_seconds() else None


def spell_span(span: timedelta) -> str:
    """The shortest text that `read_span` reads back; fractions of a second are dropped."""
    rest = max(0, int(span.total_seconds()))
    parts = []
    for unit, size in _UNITS.items():
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
