"""What the judge says of the cases that sources and releases come up with."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bot.domain.analysis.counts import Counts, Poll
from bot.domain.analysis.evidence import Evidence, harm, scatter, weights
from bot.domain.analysis.judge import Judgement, Lack, judge, judge_evidence
from bot.domain.analysis.tolerance import ALARM, ERRORS, LATENCY, Bake, Tolerance
from bot.domain.values import Mark
from tests.bench.analysis.streams import Scenario
from tests.domain.analysis.worlds import (
    BAD,
    BASELINE,
    BEGUN,
    BOTH,
    ERRORS_ONLY,
    GOOD,
    at,
    bake,
    judged,
    latencies,
    poll,
    polls,
    simulated,
)


def first_settled(some: list[Poll], tolerance: Tolerance = ERRORS_ONLY) -> tuple[float, Judgement]:
    """After how many seconds it is a pass or a fail, looking at every poll."""
    for count in range(1, len(some) + 1):
        found = judged(some[:count], tolerance)
        if found.mark in (Mark.PASS, Mark.FAIL):
            return (some[count - 1].at - BEGUN).total_seconds(), found
    return float("inf"), judged(some, tolerance)


def test_a_good_canary_passes_early_but_not_at_once() -> None:
    seconds, found = first_settled(polls(30, GOOD, BASELINE))
    assert found.mark is Mark.PASS
    assert found.early
    assert 180 <= seconds <= 300


def test_a_bad_canary_fails() -> None:
    seconds, found = first_settled(polls(30, BAD, BASELINE))
    assert (found.mark, found.metric, found.settled) == (Mark.FAIL, ERRORS, True)
    assert found.evidence >= ALARM
    assert seconds <= 120
    assert found.comparison is not None
    assert found.comparison.errors.above > 2


def test_no_single_poll_decides_the_usual_way() -> None:
    found = judged(polls(1, (300, 28), (2700, 0)))
    assert (found.mark, found.lack) == (Mark.INCONCLUSIVE, Lack.SUSPICION)
    assert judged(polls(2, (300, 28), (2700, 0))).mark is Mark.FAIL


def test_the_fast_lane_needs_one_poll() -> None:
    found = judged(polls(1, (300, 300), BASELINE))
    assert (found.mark, found.fast, found.metric) == (Mark.FAIL, True, ERRORS)


def test_about_thirty_failing_requests_are_enough_for_the_fast_lane() -> None:
    assert judged(polls(1, (31, 31), (279, 0))).mark is Mark.FAIL
    assert judged(polls(1, (8, 8), (72, 0))).mark is Mark.INCONCLUSIVE


def test_a_clean_baseline_is_no_obstacle() -> None:
    seconds, found = first_settled(polls(30, (300, 3), (2700, 0)))
    assert found.mark is Mark.FAIL
    assert seconds <= 180


def test_harmless_differences_trouble_nobody() -> None:
    below_the_floor = first_settled(polls(100, (30_000, 12), (270_000, 54)))[1]
    hardly_more = first_settled(polls(100, (3_000, 157), (27_000, 1_350)))[1]
    assert (below_the_floor.mark, hardly_more.mark) == (Mark.PASS, Mark.PASS)


def test_a_late_regression_is_found_after_a_long_good_record() -> None:
    some = polls(60, GOOD, BASELINE) + polls(10, BAD, BASELINE, first=60)
    assert judged(some).mark is Mark.FAIL


def test_evidence_is_carried_over_a_change_of_the_weight_and_good_is_shown_anew() -> None:
    some = polls(10, GOOD, BASELINE) + polls(2, (1500, 0), (1500, 2), first=10, weight=50)
    assert judged(some, over=bake(since=300)).mark is Mark.INCONCLUSIVE
    before, after = polls(3, (300, 2), BASELINE), polls(2, (1500, 5), (1500, 2), first=3, weight=50)
    assert judged(before).mark is Mark.INCONCLUSIVE
    assert judged(after).mark is Mark.INCONCLUSIVE
    assert judged(before + after, over=bake(since=90)).evidence > 1.5 * judged(before).evidence


def test_a_suspect_is_not_promoted() -> None:
    suspected = polls(4, (300, 2), BASELINE)
    found = judged(suspected)
    assert (found.mark, found.lack) == (Mark.INCONCLUSIVE, Lack.SUSPICION)
    assert judge(suspected, bake(ends=60), ERRORS_ONLY, at(150)).lack is Lack.SUSPICION


def test_the_end_of_the_bake_asks_for_less_and_the_latest_end_asks_a_person() -> None:
    thin = polls(90, (20, 0), (180, 0))
    during, after = judged(thin[:20]), judged(thin[:30])
    assert (during.mark, during.settled) == (Mark.INCONCLUSIVE, False)
    assert (after.mark, after.early) == (Mark.PASS, False)
    thinner = polls(90, (1, 0), (9, 0))
    assert [judged(thinner[:count]).settled for count in (30, 89, 90)] == [False, False, True]


def test_latency_is_judged_apart_and_after_warming_up() -> None:
    fine, slow = latencies(-20, 900), latencies(-17, 100)
    some = [poll(n, Counts(100, 0, slow), Counts(900, 0, fine)) for n in range(8)]
    assert judged(some[:2], BOTH).evidence <= 1
    found = judged(some, BOTH)
    assert (found.mark, found.metric) == (Mark.FAIL, LATENCY)


def test_a_tenth_slower_is_no_harm() -> None:
    fine, slow = latencies(-20, 900), latencies(-19, 100)
    some = [poll(n, Counts(100, 0, slow), Counts(900, 0, fine)) for n in range(40)]
    assert judged(some, BOTH).evidence < 1


def test_without_latencies_nothing_passes_where_latency_is_judged() -> None:
    found = judged(polls(60, GOOD, BASELINE), BOTH)
    assert (found.mark, found.metric, found.minutes_more) == (Mark.INCONCLUSIVE, LATENCY, None)


def test_an_applications_own_counter_is_judged_like_errors() -> None:
    tolerance = replace(ERRORS_ONLY, extra={"lost_carts": 0.001})
    some = [
        poll(n, Counts(300, 0, extra={"lost_carts": 9}), Counts(2700, 0, extra={"lost_carts": 3})) for n in range(12)
    ]
    found = judged(some, tolerance)
    assert (found.mark, found.metric) == (Mark.FAIL, "lost_carts")
    assert dict(found.comparison.extra if found.comparison else ())["lost_carts"].canary == pytest.approx(0.03)
    unknown = judged(polls(30, GOOD, BASELINE), tolerance)
    assert (unknown.mark, unknown.metric) == (Mark.INCONCLUSIVE, "lost_carts")


def test_a_counter_may_count_several_times_a_request() -> None:
    tolerance = replace(ERRORS_ONLY, extra={"retries": 0.5})
    same = [
        poll(n, Counts(300, 0, extra={"retries": 900}), Counts(2700, 0, extra={"retries": 8100})) for n in range(30)
    ]
    assert judged(same, tolerance).mark is Mark.PASS


@pytest.mark.parametrize("tolerance", [ERRORS_ONLY, BOTH, replace(BOTH, extra={"a": 0.1, "b": 0.2})])
def test_the_whole_stake_is_shared_out_once(tolerance: Tolerance) -> None:
    assert sum(weights(tolerance).values()) == pytest.approx(1)
    evidence = Evidence.of(tolerance, polls(5, (0, 0), (0, 0)))
    parts = harm(evidence, BEGUN, scatter(evidence))
    assert sum(one.weight for one in parts) == pytest.approx(1)
    assert sum(one.fast_weight for one in parts) == pytest.approx(1)
    assert [one.wealth for one in parts] == pytest.approx([1.0] * len(parts))


@given(st.lists(st.integers(0, 20), min_size=2, max_size=25))
@settings(max_examples=30)
def test_one_by_one_is_the_same_as_all_at_once(errors: list[int]) -> None:
    some = [poll(n, Counts(100, one), Counts(900, 2)) for n, one in enumerate(errors)]
    evidence = Evidence(ERRORS_ONLY)
    for one in some:
        evidence = evidence.add(one)
    assert evidence == Evidence.of(ERRORS_ONLY, some)
    assert judge_evidence(evidence, bake(), some[-1].at) == judged(some)


def test_polls_come_back_from_a_journal_as_they_were() -> None:
    some = simulated(Scenario("journal", 20, 0.02), 1, 8)
    adapter = TypeAdapter(list[Poll])
    back = adapter.validate_json(adapter.dump_json(some))
    assert back == some
    assert judged(back, BOTH) == judged(some, BOTH)


@given(st.integers(0, 9), st.integers(0, 30), st.integers(1, 5))
@settings(max_examples=40)
def test_more_errors_of_the_canary_are_never_less_evidence(errors: int, others: int, more: int) -> None:
    fewer = judged(polls(6, (100, errors), (900, others)))
    worse = judged(polls(6, (100, errors + more), (900, others)))
    assert worse.evidence >= fewer.evidence - 1e-9


@given(st.integers(0, 20), st.integers(0, 60))
@settings(max_examples=40)
def test_equal_polls_cut_finer_say_nearly_the_same(canary: int, baseline: int) -> None:
    """Half as long, half the numbers, twice as many: the very same splits, a little less doubt about bursts."""
    whole = polls(4, (200, 2 * canary), (1800, 2 * baseline))
    halves = [poll(n, Counts(100, canary), Counts(900, baseline), every=15) for n in range(8)]
    one, other = judged(whole), judged(halves)
    assert other.evidence >= 0.6 * min(one.evidence, 1.0)
    if one.mark is Mark.FAIL:
        assert other.mark is Mark.FAIL


def test_the_forecast_is_about_right_and_comes_down() -> None:
    some = polls(60, (1000, 1), (9000, 9))
    seconds, _ = first_settled(some)
    told = [judged(some[:count]).minutes_more for count in range(1, int(seconds / 30))]
    known = [minutes for minutes in told if minutes is not None]
    assert len(known) == len(told)
    assert known[-1] < 1.5
    assert known[0] == pytest.approx(seconds / 60, rel=0.4)


def test_a_tiny_worker_is_told_that_it_takes_hours() -> None:
    found = judged(polls(10, (1, 0), (5, 0)))
    assert found.minutes_more is not None
    assert 10 < found.minutes_more < 60 * 24


def test_tolerances_that_promise_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="name each source"):
        Tolerance(())
    with pytest.raises(ValueError, match="floor"):
        Tolerance(("a",), rate=0.5)
    with pytest.raises(ValueError, match="may not be called"):
        Tolerance(("a",), extra={"latency": 0.1})
    with pytest.raises(ValueError, match="in this order"):
        Bake(at(1), at(0), at(2), at(3))
