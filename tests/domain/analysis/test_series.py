from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.analysis.counts import Counts
from bot.domain.analysis.histogram import Histogram
from bot.domain.analysis.series import Reading, Window, alike, between, counted, grown, news, polls_of, windows
from tests.domain.analysis.worlds import at

NOTHING = Counts()


def reading(
    seconds: float, canary: Counts, baseline: Counts = NOTHING, weight: int = 10, since: float = 0, source: str = "app"
) -> Reading:
    return Reading(at(seconds), source, weight, at(since), baseline, canary)


def window(number: int, canary: Counts, baseline: Counts = NOTHING, weight: int = 10) -> Window:
    return Window(at(60 * number), at(60 * number + 60), weight, baseline, canary)


def test_counters_that_grow_become_what_came_on_top() -> None:
    found = polls_of([reading(0, Counts(10, 1)), reading(30, Counts(15, 1)), reading(60, Counts(35, 4))])
    assert [one.canary for one in found] == [Counts(5, 0), Counts(20, 3)]
    assert [(one.since, one.at) for one in found] == [(at(0), at(30)), (at(30), at(60))]


def test_one_reading_is_a_beginning_and_no_count() -> None:
    assert polls_of([reading(0, Counts(500, 5))]) == []


def test_a_fresh_start_counts_from_zero() -> None:
    assert grown(Counts(1000, 7), Counts(40, 2)) == Counts(40, 2)


def test_a_sum_that_fell_a_little_tells_nothing() -> None:
    """One of several counters behind it began anew; taking 900 as new would be evidence out of nothing."""
    assert grown(Counts(1000, 7), Counts(900, 7)) is None
    found = polls_of([reading(0, Counts(1000, 7)), reading(30, Counts(900, 7)), reading(60, Counts(950, 8))])
    assert [one.canary for one in found] == [Counts(50, 1)]


def test_errors_or_latencies_that_fall_alone_are_a_reset_too() -> None:
    assert grown(Counts(1000, 7), Counts(1001, 6)) is None
    assert grown(Counts(10, 0, Histogram({3: 5})), Counts(12, 0, Histogram({3: 4}))) is None
    assert grown(Counts(10, 0, extra={"lost": 4}), Counts(12, 0, extra={"lost": 3})) is None


def test_a_failed_reading_is_covered_by_the_next() -> None:
    found = polls_of([reading(0, Counts(0)), reading(90, Counts(90, 3))])
    assert [(one.since, one.at, one.canary) for one in found] == [(at(0), at(90), Counts(90, 3))]


def test_an_interval_with_two_weights_is_dropped() -> None:
    before = [reading(0, Counts(0)), reading(30, Counts(10))]
    after = [reading(60, Counts(60), weight=50, since=45), reading(90, Counts(110), weight=50, since=45)]
    assert [(one.weight, one.canary.requests) for one in polls_of(before + after)] == [(10, 10), (50, 50)]


def test_there_and_back_between_two_readings_is_noticed() -> None:
    assert between(reading(0, Counts(0)), reading(30, Counts(10), since=20)) is None


def test_readings_in_any_order_and_twice_count_once() -> None:
    once = [reading(0, Counts(0)), reading(30, Counts(10, 1)), reading(60, Counts(30, 1))]
    assert polls_of([once[2], once[0], once[1], once[1]]) == polls_of(once)


def test_sources_do_not_mix() -> None:
    mixed = [
        reading(0, Counts(0)),
        reading(10, Counts(0), source="tail"),
        reading(30, Counts(10)),
        reading(40, Counts(7), source="tail"),
    ]
    assert [(one.source, one.canary.requests) for one in polls_of(mixed)] == [("app", 10), ("tail", 7)]


def test_more_errors_than_requests_are_requests() -> None:
    assert counted(3, 5) == Counts(5, 5)
    assert counted(-2, -1) == Counts(0, 0)


steps = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=10)


@given(steps, st.sets(st.integers(1, 9)))
def test_failed_readings_lose_nothing(increments: list[tuple[int, int]], failed: set[int]) -> None:
    total, readings = Counts(), [reading(0, Counts())]
    for number, (fine, errors) in enumerate(increments, 1):
        total = total.merged(Counts(fine + errors, errors))
        readings.append(reading(30 * number, total))
    kept = [one for number, one in enumerate(readings) if number not in failed - {len(increments)}]
    found = Counts()
    for one in polls_of(kept):
        found = found.merged(one.canary)
    assert (found.requests, found.errors) == (total.requests, total.errors)


def test_only_windows_that_are_closed_long_enough_are_asked_for() -> None:
    minute, lag = timedelta(minutes=1), timedelta(seconds=90)
    assert windows(at(0), at(149), minute, lag) == []
    assert windows(at(0), at(210), minute, lag) == [(at(0), at(60)), (at(60), at(120))]
    assert windows(at(0), at(-10), minute, lag) == []


def test_late_rows_are_counted_once_and_in_the_newest_poll() -> None:
    first, known = news("analytics", {}, [window(0, Counts(100, 2), Counts(900, 1))])
    again, known = news("analytics", known, [window(0, Counts(110, 5), Counts(900, 1)), window(1, Counts(50, 0))])
    third, known = news("analytics", known, [window(0, Counts(110, 5), Counts(900, 1)), window(1, Counts(50, 0))])
    assert [(one.canary.requests, one.canary.errors) for one in (*first, *again, *third)] == [(100, 2), (60, 3)]
    assert [(one.since, one.at) for one in again] == [(at(60), at(120))]


def test_late_rows_wait_while_no_window_is_new() -> None:
    _, known = news("analytics", {}, [window(0, Counts(100, 2))])
    none, known = news("analytics", known, [window(0, Counts(120, 4))])
    assert none == []
    polls, _ = news("analytics", known, [window(0, Counts(120, 4)), window(1, Counts(10, 0))])
    assert polls[0].canary == Counts(30, 2)


def test_a_sampled_answer_that_falls_takes_nothing_back() -> None:
    _, known = news("analytics", {}, [window(0, Counts(100, 5))])
    polls, known = news("analytics", known, [window(0, Counts(90, 3)), window(1, Counts(10))])
    assert polls[0].canary == Counts(10)
    polls, _ = news("analytics", known, [window(0, Counts(100, 5)), window(2, Counts(10))])
    assert polls[0].canary == Counts(10)


def test_windows_of_two_weights_become_two_polls_and_late_rows_stay_with_their_weight() -> None:
    _, known = news("analytics", {}, [window(0, Counts(100))])
    answered = [window(0, Counts(130)), window(1, Counts(50)), window(2, Counts(500), weight=50)]
    polls, known = news("analytics", known, answered)
    assert [(one.weight, one.canary.requests) for one in polls] == [(10, 80), (50, 500)]
    polls, _ = news("analytics", known, [window(1, Counts(99)), window(3, Counts(500), weight=50)])
    assert [(one.weight, one.canary.requests) for one in polls] == [(50, 500)]


def test_a_window_that_was_missing_does_not_reach_back() -> None:
    _, known = news("analytics", {}, [window(1, Counts(100))])
    polls, _ = news("analytics", known, [window(0, Counts(70)), window(2, Counts(10))])
    assert [(one.since, one.canary.requests) for one in polls] == [(at(120), 80)]


def test_estimates_are_thinned_to_what_was_seen_on_both_sides_alike() -> None:
    canary, baseline = Counts(1000, 30, Histogram({4: 1000})), Counts(9000, 20, extra={"lost": 100})
    seen = alike(baseline, canary, 1, 10)
    assert seen == (Counts(900, 2, extra={"lost": 10}), Counts(100, 3, Histogram({4: 100})))
    assert alike(baseline, canary, 1, 1) == (baseline, canary)


@pytest.mark.parametrize("wrong", [(3, 4), (-1, 0), (1, -1)])
def test_impossible_counts_are_refused(wrong: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        Counts(*wrong)
