"""What the judge says where sources have nothing, too little, or trouble of their own."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.analysis.counts import Counts
from bot.domain.analysis.judge import Lack, judge
from bot.domain.analysis.tolerance import ERRORS
from bot.domain.values import Mark
from tests.domain.analysis.worlds import BAD, BASELINE, ERRORS_ONLY, GOOD, at, bake, judged, poll, polls


def test_a_canary_without_traffic_never_passes() -> None:
    found = judged(polls(100, (0, 0), (3000, 3)))
    assert (found.mark, found.lack, found.settled) == (Mark.INCONCLUSIVE, Lack.NO_TRAFFIC, True)


def test_a_baseline_without_traffic_blames_nobody() -> None:
    found = judged(polls(30, (3000, 100), (0, 0)))
    assert found.mark is Mark.INCONCLUSIVE
    assert found.evidence <= 1


def test_nothing_at_all_is_not_healthy() -> None:
    before = judge([], bake(), ERRORS_ONLY, at(60))
    after = judge([], bake(), ERRORS_ONLY, at(200))
    assert (before.mark, before.lack, before.comparison) == (Mark.INCONCLUSIVE, Lack.NO_TRAFFIC, None)
    assert (after.mark, after.lack, after.silent) == (Mark.ERROR, Lack.MEASURED_NOTHING, ("traffic",))


def test_a_source_that_died_is_named_and_the_other_goes_on() -> None:
    two = replace(ERRORS_ONLY, sources=("tail", "analytics"))
    alive, dead = polls(20, GOOD, BASELINE, source="tail"), polls(3, GOOD, BASELINE, source="analytics")
    found = judged(dead + alive, two)
    assert (found.mark, found.silent) == (Mark.PASS, ("analytics",))
    bad = judged(dead + polls(20, BAD, BASELINE, source="tail"), two)
    assert (bad.mark, bad.source, bad.silent) == (Mark.FAIL, "tail", ("analytics",))


def test_when_all_sources_died_it_is_an_error_whatever_was_good_before() -> None:
    some = polls(20, GOOD, BASELINE)
    assert judge(some, bake(), ERRORS_ONLY, some[-1].at).mark is Mark.PASS
    assert judge(some, bake(), ERRORS_ONLY, at(20 * 30 + 181)).mark is Mark.ERROR


def test_a_source_that_is_always_late_is_not_silent_and_its_outage_is_seen() -> None:
    late = replace(ERRORS_ONLY, lags={"traffic": timedelta(minutes=3)})
    some = polls(10, GOOD, BASELINE) + polls(4, (300, 120), (2700, 1080), first=10)
    now = at(14 * 30 + 200)
    assert judge(some, bake(), ERRORS_ONLY, now).mark is Mark.ERROR
    assert judge(some, bake(), late, now).lack is Lack.SHARED_TROUBLE


def test_probes_are_judged_at_no_weight_at_all() -> None:
    found = judged(polls(20, (30, 30), (30, 0), weight=0))
    assert (found.mark, found.metric) == (Mark.FAIL, ERRORS)


def test_a_fail_stays_a_fail_when_the_source_dies() -> None:
    some = polls(10, BAD, BASELINE)
    assert judge(some, bake(), ERRORS_ONLY, at(5_000)).mark is Mark.FAIL


def test_each_source_more_costs_a_little_time_and_no_certainty() -> None:
    alone = judged(polls(8, BAD, BASELINE, source="tail"), replace(ERRORS_ONLY, sources=("tail",)))
    beside = judged(polls(8, BAD, BASELINE, source="tail"), replace(ERRORS_ONLY, sources=("tail", "b", "c")))
    assert beside.evidence == pytest.approx(alone.evidence / 3 + 2 / 3, rel=1e-6)


def test_polls_of_an_unknown_source_are_refused() -> None:
    with pytest.raises(ValueError, match="nobody said"):
        judged(polls(1, GOOD, BASELINE, source="surprise"))


def test_polls_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="reaches back"):
        judged([poll(0, Counts(1), Counts(1)), poll(0, Counts(1), Counts(1))])


def test_both_sides_failing_is_not_the_canarys_fault_and_is_said() -> None:
    found = judged(polls(10, GOOD, BASELINE) + polls(4, (300, 120), (2700, 1080), first=10))
    assert (found.mark, found.lack) == (Mark.INCONCLUSIVE, Lack.SHARED_TROUBLE)
    assert found.trouble is not None
    assert found.trouble.canary == pytest.approx(0.4)
    assert found.trouble.baseline == pytest.approx(0.4)
    assert found.trouble.before == pytest.approx(3 / 2700)


def test_when_the_outage_is_over_it_goes_on() -> None:
    outage = polls(2, GOOD, BASELINE) + polls(4, (300, 120), (2700, 1080), first=2)
    assert judged(outage + polls(10, GOOD, BASELINE, first=6)).mark is Mark.PASS


def test_a_canary_that_is_worse_in_the_outage_is_found() -> None:
    assert judged(polls(8, (300, 180), (2700, 810))).mark is Mark.FAIL


def test_a_canary_that_alone_is_good_while_the_baseline_fails_may_pass() -> None:
    found = judged(polls(10, GOOD, (2700, 1080)))
    assert (found.mark, found.trouble) == (Mark.PASS, None)
