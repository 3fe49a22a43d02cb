"""Is the calendar open now? Windows are times of the week in the gate's zone, as clocks on the wall there
show them.

Windows are laid out as instants before anything is compared, so that clock changes have one meaning each:
- a wall time that is skipped (spring) stands for the moment of the change;
- a wall time that comes twice (autumn) begins a window the first time and ends one the second: closed in
  doubt.
A window whose end is not after its start goes on into the next day.

Time zone rules come from `zoneinfo`: they are data like the table of weekdays, the same at every call.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from bot.domain.targets import CalendarGate, Window
from bot.domain.values import Mark, Verdict

Span: TypeAlias = tuple[datetime, datetime]
"""First instant inside, first instant after; UTC."""

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
HORIZON = timedelta(days=8)
"""Closed for longer than a week and a day means closed for ever."""


def judge_calendar(gate: CalendarGate, now: datetime) -> Verdict:
    """PASS outside every window, else FAIL with the time at which the last of the adjoining windows ends.

    An unknown zone is ERROR. `now` is timezone-aware.
    """
    try:
        zone = ZoneInfo(gate.zone)
    except (KeyError, ValueError, OSError):
        return Verdict(Mark.ERROR, f"there is no time zone {gate.zone!r}: use a name such as Europe/Berlin")
    until = _closed_until(gate, now.astimezone(UTC), zone)
    if until is None:
        return Verdict(Mark.FAIL, "closed at every time of the week: leave a gap between the windows")
    if until <= now:
        return Verdict(Mark.PASS)
    return Verdict(Mark.FAIL, f"closed until {_said(until.astimezone(zone), until - now)} {gate.zone}")


def _closed_until(gate: CalendarGate, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The first open instant from now on, None where there is none within the horizon."""
    until = now
    while until - now < HORIZON:
        ends = [end for begin, end in _spans(gate.windows, until, zone) if begin <= until < end]
        if not ends:
            return until
        until = max(ends)
    return None


def _spans(windows: tuple[Window, ...], near: datetime, zone: ZoneInfo) -> Iterator[Span]:
    """Every window of the days around an instant: two before, as one of yesterday's may reach into today."""
    today = near.astimezone(zone).date()
    for offset in (-2, -1, 0, 1):
        day = today + timedelta(days=offset)
        yield from (_span(window, day, zone) for window in windows if day.weekday() in window.days)


def _span(window: Window, day: date, zone: ZoneInfo) -> Span:
    # `time.max` is how a window says "to the end of the day".
    end = time(0, 0) if window.end == time.max else window.end
    last = day if end > window.start else day + timedelta(days=1)
    return _instant(day, window.start, zone, fold=0), _instant(last, end, zone, fold=1)


def _instant(day: date, at: time, zone: ZoneInfo, fold: int) -> datetime:
    """When clocks there show this time; of two such moments `fold` takes one, of none the moment of the
    change.
    """
    wall = datetime.combine(day, at)
    moment = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    return moment if _wall(moment, zone) == wall else _change(wall, zone)


def _change(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which the clocks skip this wall time, to the second: halving between its two readings."""
    early = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    late = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    while late - early > timedelta(seconds=1):
        middle = early + timedelta(seconds=(late - early) // timedelta(seconds=2))
        early, late = (early, middle) if _wall(middle, zone) >= wall else (middle, late)
    return late


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def _said(local: datetime, away: timedelta) -> str:
    """Weekday and time; the date too where the weekday alone could mean this week or the next."""
    clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    dated = f" {local.day} {MONTHS[local.month - 1]}" if away > timedelta(days=6) else ""
    return f"{DAYS[local.weekday()]}{dated} {clock}"
