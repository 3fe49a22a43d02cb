"""Every verdict is one plain sentence with its numbers."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.analysis.compare import Comparison, Rates, Times
from bot.domain.analysis.counts import Counts, Poll
from bot.domain.analysis.judge import Judgement, Lack, judge
from bot.domain.analysis.tolerance import Tolerance
from bot.domain.analysis.trouble import Trouble
from bot.domain.analysis.words import evidence_words, verdict_words
from bot.domain.values import Mark
from tests.domain.analysis.worlds import BOTH, ERRORS_ONLY, at, bake, latencies, poll, polls

ERRORS = Rates(8100, 8, 900, 22, 24.75, 7.9, 90.0)
SEEN = Comparison("traffic", 10, ERRORS)
FAILED = Judgement(Mark.FAIL, settled=True, evidence=953.7, source="traffic", metric="errors", comparison=SEEN)


def words(some: list[Poll], tolerance: Tolerance = ERRORS_ONLY) -> str:
    return verdict_words(judge(some, bake(), tolerance, some[-1].at))


def test_a_fail_tells_both_rates_their_numbers_and_how_sure() -> None:
    assert verdict_words(FAILED) == (
        "the canary fails more: 2.4 % errors against 0.099 % (22 of 900 requests against 8 of 8,100; "
        "95 % sure of more than 7.9 times the rate). Of 950 releases that do no harm, one at most ever looks this bad"
    )


def test_a_slow_canary_tells_the_middle_and_the_tail_that_differs_more() -> None:
    slow = replace(SEEN, canary_times=Times(900, 0.162, 0.45, 2.1), baseline_times=Times(8100, 0.135, 0.37, 0.56))
    said = verdict_words(replace(FAILED, metric="latency", comparison=slow, evidence=112))
    assert said.startswith(
        "the canary is slower: half within 162 ms against 135 ms, 99 of 100 within 2.1 s against 560 ms. Of 110 "
    )


def test_a_counter_is_called_by_its_name() -> None:
    seen = replace(SEEN, extra=(("lost_carts", Rates(8100, 8, 900, 22, 24.75, 7.9, 90.0)),))
    assert verdict_words(replace(FAILED, metric="lost_carts", comparison=seen)).startswith(
        "the canary counts more lost_carts: 2.4 in 100 requests against 0.099 (22 in 900 requests against 8 in 8,100; "
    )


def test_a_counter_that_rises_twice_in_a_request_is_no_share() -> None:
    seen = replace(SEEN, extra=(("queries", Rates(100, 200, 10, 25)),))
    said = verdict_words(Judgement(Mark.PASS, True, 0.5, comparison=seen))
    assert said.endswith(", 250 queries in 100 requests against 200 (25 in 10 requests against 200 in 100)")


def test_a_pass_tells_what_it_is_made_of() -> None:
    assert words(polls(12, (300, 0), (2700, 3))) == (
        "the canary does as well as the baseline: 0 % errors against 0.11 % (0 of 3,600 requests against 36 of "
        "32,400; 95 % sure that it is no higher)"
    )


def test_too_little_traffic_says_how_much_longer() -> None:
    assert words(polls(4, (20, 0), (180, 0))) == (
        "not enough traffic to tell: 0 % errors against 0 % (0 of 80 requests against 0 of 720); "
        "about 13 minutes more at this rate"
    )


@pytest.mark.parametrize(
    ("minutes", "end"),
    [
        (None, "how long it will take cannot be said yet"),
        (0.2, "about a minute more at this rate"),
        (14.4, "about 14 minutes more at this rate"),
        (200.0, "about 3 hours more at this rate"),
        (9_000.0, "days more at this rate"),
    ],
)
def test_times_are_as_rough_as_they_are(minutes: float | None, end: str) -> None:
    lacking = Judgement(Mark.INCONCLUSIVE, False, 0.5, Lack.EVIDENCE, comparison=SEEN, minutes_more=minutes)
    assert verdict_words(lacking).endswith(end)


def test_no_traffic_names_the_weight() -> None:
    assert words(polls(3, (0, 0), (100, 0))) == "no request has reached the canary at 10 % yet"
    assert verdict_words(judge([], bake(), ERRORS_ONLY, at(10))) == "no request has reached the canary yet"


def test_nothing_measured_names_who_is_silent() -> None:
    assert verdict_words(judge([], bake(), ERRORS_ONLY, at(999))) == (
        "nothing could be measured: no numbers lately from traffic; nothing goes on so"
    )


def test_one_silent_source_of_two_is_added() -> None:
    two = replace(ERRORS_ONLY, sources=("traffic", "tail"))
    assert words(polls(20, (300, 0), (2700, 3)), two).endswith("; no numbers lately from tail")


def test_an_outage_of_both_is_not_blamed_on_the_canary() -> None:
    trouble = Trouble("traffic", 0.385, 0.402, 0.001)
    judged = Judgement(Mark.INCONCLUSIVE, False, 0.4, Lack.SHARED_TROUBLE, comparison=SEEN, trouble=trouble)
    assert verdict_words(judged) == (
        "both sides fail: 40 % errors of the canary, 38 % of the baseline, 0.1 % before. What both of them use may be "
        "in trouble, so this need not be the canary's fault; nothing goes on until it is over"
    )


def test_a_suspicion_is_called_one() -> None:
    said = verdict_words(Judgement(Mark.INCONCLUSIVE, False, 9.0, Lack.SUSPICION, comparison=SEEN))
    assert said.startswith("the canary may be worse, but that can still be chance: 2.4 % errors against 0.099 %")


def test_too_early_is_not_yet_good() -> None:
    judged = Judgement(Mark.INCONCLUSIVE, False, 0.4, Lack.TIME, comparison=SEEN, minutes_more=1.0)
    assert verdict_words(judged).startswith("good so far, but too early to go on: ")


@pytest.mark.parametrize(
    ("hits", "requests", "shown"),
    [(0, 10, "0 %"), (10, 10, "100 %"), (9_999, 10_000, "over 99 %"), (1, 100_000, "0.001 %"), (0, 0, "no errors")],
)
def test_a_share_is_never_rounded_to_what_it_is_not(hits: int, requests: int, shown: str) -> None:
    seen = Comparison("traffic", 10, Rates(100, 0, requests, hits))
    said = verdict_words(Judgement(Mark.PASS, True, 0.5, comparison=seen))
    assert said.startswith(f"the canary does as well as the baseline: {shown}")


def test_nobody_is_promised_more_than_a_million() -> None:
    assert "Of 1,000,000 releases" in verdict_words(replace(FAILED, evidence=1e40))


def test_a_row_of_the_card_has_few_words() -> None:
    assert evidence_words(FAILED) == "900 canary requests, 22 errors"
    assert evidence_words(replace(FAILED, comparison=None)) == "no requests yet"


counts = st.builds(
    lambda fine, errors, slow: Counts(fine + errors, errors, latencies(-20, slow)),
    st.integers(0, 400),
    st.integers(0, 40),
    st.sampled_from([0, 10, 100]),
)


@given(st.lists(st.tuples(counts, counts), min_size=1, max_size=8))
@settings(max_examples=60)
def test_whatever_was_counted_it_is_one_sentence(pairs: list[tuple[Counts, Counts]]) -> None:
    said = words([poll(n, canary, baseline) for n, (canary, baseline) in enumerate(pairs)], BOTH)
    assert said[0].islower()
    assert not said.endswith(".")
    assert "None" not in said
    assert "nan" not in said
    assert len(said) < 400
