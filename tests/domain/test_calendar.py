from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.calendar import judge_calendar
from bot.domain.targets import CalendarGate, Window
from bot.domain.values import Mark, Verdict

BERLIN = ZoneInfo("Europe/Berlin")
FRIDAY_AFTERNOON = Window((4,), time(14, 0))
WEEKEND = Window((5, 6))
NIGHTS = Window((0, 1, 2, 3), time(22, 0), time(6, 0))
OPEN = Verdict(Mark.PASS)


def at(text: str, zone: ZoneInfo = BERLIN, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


def judge(now: datetime, *windows: Window, zone: str = "Europe/Berlin") -> Verdict:
    return judge_calendar(CalendarGate("calendar", zone, windows), now)


def test_outside_every_window_it_is_open() -> None:
    assert judge(at("2026-11-20 13:59:59"), FRIDAY_AFTERNOON, WEEKEND, NIGHTS) == OPEN
    assert judge(at("2026-11-20 13:59:59")) == OPEN


def test_inside_a_window_it_says_until_when() -> None:
    window = Window((4,), time(14, 0), time(18, 0))
    assert judge(at("2026-11-20 14:00"), window) == Verdict(Mark.FAIL, "closed until Fri 18:00 Europe/Berlin")
    assert judge(at("2026-11-20 18:00"), window) == OPEN


def test_adjoining_windows_are_one() -> None:
    monday = Window((0,), time(0, 0), time(8, 0))
    verdict = judge(at("2026-11-20 15:00"), FRIDAY_AFTERNOON, WEEKEND, monday)
    assert verdict.reason == "closed until Mon 08:00 Europe/Berlin"


def test_a_window_over_midnight_belongs_to_the_day_it_begins_on() -> None:
    assert judge(at("2026-11-19 23:00"), NIGHTS).reason == "closed until Fri 06:00 Europe/Berlin"
    assert judge(at("2026-11-20 05:59"), NIGHTS).reason == "closed until Fri 06:00 Europe/Berlin"
    assert judge(at("2026-11-20 23:00"), NIGHTS) == OPEN
    assert judge(at("2026-11-16 05:00"), NIGHTS) == OPEN


def test_the_zone_decides_not_the_bots_own_time() -> None:
    friday = Window((4,))
    assert judge(datetime(2026, 11, 19, 23, 30, tzinfo=UTC), friday).mark is Mark.FAIL
    assert judge(datetime(2026, 11, 19, 23, 30, tzinfo=UTC), friday, zone="America/New_York") == OPEN


def test_a_start_that_the_clocks_skip_is_the_moment_of_the_change() -> None:
    # On 2026-03-29 clocks in Berlin go from 02:00 to 03:00, which is 01:00 UTC.
    window = Window((6,), time(2, 30), time(4, 0))
    assert judge(datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), window) == OPEN
    assert judge(datetime(2026, 3, 29, 1, 0, tzinfo=UTC), window).mark is Mark.FAIL
    assert judge(datetime(2026, 3, 29, 2, 0, tzinfo=UTC), window) == OPEN


def test_an_end_that_the_clocks_skip_is_the_moment_of_the_change() -> None:
    window = Window((6,), time(1, 0), time(2, 30))
    verdict = judge(datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), window)
    assert verdict.reason == "closed until Sun 03:00 Europe/Berlin"
    assert judge(datetime(2026, 3, 29, 1, 0, tzinfo=UTC), window) == OPEN


def test_a_time_that_comes_twice_closes_at_the_first_and_opens_at_the_second() -> None:
    # On 2026-10-25 clocks in Berlin go from 03:00 back to 02:00, which is 01:00 UTC.
    window = Window((6,), time(2, 15), time(2, 45))
    assert judge(at("2026-10-25 02:14:59", fold=0), window) == OPEN
    assert judge(at("2026-10-25 02:15", fold=0), window).mark is Mark.FAIL
    assert judge(at("2026-10-25 02:50", fold=0), window).mark is Mark.FAIL
    assert judge(at("2026-10-25 02:44:59", fold=1), window).mark is Mark.FAIL
    assert judge(at("2026-10-25 02:45", fold=1), window) == OPEN


def test_a_date_that_a_zone_left_out_closes_nothing_else() -> None:
    # Samoa had no 2011-12-30, a Friday.
    apia = ZoneInfo("Pacific/Apia")
    friday = Window((4,))
    assert judge(at("2011-12-29 23:59:59", apia), friday, zone="Pacific/Apia") == OPEN
    assert judge(at("2011-12-31 00:00:00", apia), friday, zone="Pacific/Apia") == OPEN


def test_an_end_in_more_than_six_days_says_the_date() -> None:
    week = Window(tuple(range(7)), time(0, 0), time(23, 0))
    late = Window((0, 1, 2, 3, 4, 5), time(23, 0))
    verdict = judge(at("2026-11-16 01:00"), week, late)
    assert verdict.reason == "closed until Sun 22 Nov 23:00 Europe/Berlin"


def test_windows_without_a_gap_are_closed_for_ever() -> None:
    verdict = judge(at("2026-11-16 01:00"), Window(tuple(range(7))))
    assert verdict.mark is Mark.FAIL
    assert "every time of the week" in verdict.reason


@pytest.mark.parametrize("zone", ["Europe/Berln", "", "../etc/passwd", "/etc/localtime", "Europe", "a\0b"])
def test_an_unknown_zone_is_an_error_with_its_name(zone: str) -> None:
    verdict = judge(at("2026-11-16 01:00"), WEEKEND, zone=zone)
    assert verdict.mark is Mark.ERROR
    assert repr(zone) in verdict.reason


times = st.times(max_value=time(23, 59)).map(lambda one: one.replace(second=0, microsecond=0))
windows = st.builds(
    Window,
    days=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    start=times,
    end=times | st.just(time.max),
)
moments = st.integers(1_577_836_800, 2_051_222_400).map(lambda one: datetime.fromtimestamp(one, UTC))
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])


@given(moments, st.lists(windows, max_size=4), zones)
def test_every_moment_has_an_answer_and_the_windows_order_does_not_matter(
    now: datetime, some: list[Window], zone: str
) -> None:
    assert judge(now, *some, zone=zone) == judge(now, *reversed(some), zone=zone)


@given(moments, windows)
def test_where_clocks_do_not_change_the_window_is_the_wall_clocks_own(now: datetime, window: Window) -> None:
    """Compared with a second reading of the rule, by minutes since Monday."""
    minute = now.weekday() * 1440 + now.hour * 60 + now.minute
    start = window.start.hour * 60 + window.start.minute
    end = 1440 if window.end == time.max else window.end.hour * 60 + window.end.minute
    length = end - start if end > start else end - start + 1440
    inside = any((minute - (day * 1440 + start)) % 10080 < length for day in window.days)
    assert (judge(now, window, zone="UTC").mark is Mark.FAIL) == inside


@given(moments, windows, zones)
def test_one_window_opens_again_within_its_week(now: datetime, window: Window, zone: str) -> None:
    if judge(now, window, zone=zone).mark is Mark.FAIL and len(window.days) < 6:
        later = (now + timedelta(hours=hours) for hours in range(24 * 7))
        assert any(judge(moment, window, zone=zone).passed for moment in later)
