from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.targets import Check
from bot.domain.values import Mark, Measurement, Verdict
from bot.domain.verdict import LONGEST_PAUSE, judge, overall, pause, settled, watch_verdict

PASS = Verdict(Mark.PASS)
FAIL = Verdict(Mark.FAIL, "503, wanted 200")
UNKNOWN = Verdict(Mark.INCONCLUSIVE, "the name does not resolve")
ERROR = Verdict(Mark.ERROR, "there is no token")
NEW = "9f8e7d6c-0000-4000-8000-000000000001"
OLD = "1a2b3c4d-0000-4000-8000-000000000002"

verdicts = st.sampled_from([PASS, FAIL, UNKNOWN, ERROR])
spans = st.timedeltas(timedelta(milliseconds=1), timedelta(minutes=10))
checks = st.builds(
    Check,
    name=st.just("http"),
    channel=st.just("http"),
    deadline=spans,
    max_latency=st.none() | spans,
    proof=st.booleans(),
)
measurements = st.builds(
    Measurement,
    verdict=verdicts,
    latency=st.none() | st.floats(0, 700),
    version=st.sampled_from([None, NEW, OLD]),
)


def check(proof: bool = True, seconds: float | None = None) -> Check:
    limit = None if seconds is None else timedelta(seconds=seconds)
    return Check("http", "http", max_latency=limit, proof=proof)


@pytest.mark.parametrize("verdict", [FAIL, UNKNOWN, ERROR])
def test_what_is_no_pass_goes_through(verdict: Verdict) -> None:
    assert judge(check(), Measurement(verdict, 0.1, NEW), [NEW]) == verdict


def test_a_proven_quick_pass_passes() -> None:
    assert judge(check(seconds=2), Measurement(PASS, 1.9, NEW), [NEW]) == PASS


def test_a_slow_pass_fails_with_both_numbers() -> None:
    verdict = judge(check(seconds=2), Measurement(PASS, 3.214, NEW), [NEW])
    assert verdict == Verdict(Mark.FAIL, "took 3.21 s, allowed 2 s")


@pytest.mark.parametrize(
    ("latency", "limit", "said"),
    [
        (2.001, 2, "took 2.001 s, allowed 2 s"),
        (2.0000004, 2, "took over 2 s, allowed 2 s"),
        (0.004, 0.002, "took 0.004 s, allowed 0.002 s"),
        (130.0, 120, "took 130 s, allowed 120 s"),
    ],
)
def test_the_two_numbers_never_read_alike(latency: float, limit: float, said: str) -> None:
    assert judge(check(seconds=limit), Measurement(PASS, latency, NEW), [NEW]).reason == said


def test_a_pass_without_a_latency_does_not_meet_a_limit() -> None:
    assert judge(check(seconds=2), Measurement(PASS, None, NEW), [NEW]).mark is Mark.INCONCLUSIVE


def test_an_answer_that_names_no_version_says_what_to_do() -> None:
    verdict = judge(check(), Measurement(PASS, 0.1), [NEW])
    assert verdict.mark is Mark.INCONCLUSIVE
    assert "version_metadata" in verdict.reason
    assert "proof = false" in verdict.reason


def test_an_answer_of_another_version_names_both() -> None:
    verdict = judge(check(seconds=1), Measurement(PASS, 5, OLD), [NEW])
    assert verdict == Verdict(Mark.INCONCLUSIVE, "answered by version 1a2b3c4d, not 9f8e7d6c")


def test_without_proof_any_version_will_do() -> None:
    assert judge(check(proof=False), Measurement(PASS, 0.1, OLD), [NEW]) == PASS
    assert judge(check(proof=False), Measurement(PASS, 0.1), []) == PASS


def test_nothing_is_proven_where_no_version_is_known() -> None:
    assert judge(check(), Measurement(PASS, 0.1, OLD), []).mark is Mark.INCONCLUSIVE
    assert judge(check(), Measurement(PASS, 0.1), []).mark is Mark.INCONCLUSIVE


@given(checks, measurements, st.sets(st.sampled_from([NEW, OLD])))
def test_a_judged_pass_was_a_pass_proven_and_in_time(
    asked: Check, measurement: Measurement, wanted: set[str]
) -> None:
    if not judge(asked, measurement, wanted).passed:
        return
    assert measurement.verdict.passed
    assert not asked.proof or measurement.version in wanted
    if asked.max_latency is not None:
        assert measurement.latency is not None
        assert measurement.latency <= asked.max_latency.total_seconds()


@given(checks, measurements, st.sets(st.sampled_from([NEW, OLD])))
def test_what_is_no_plain_pass_has_a_reason(asked: Check, taken: Measurement, wanted: set[str]) -> None:
    verdict = judge(asked, taken, wanted)
    assert verdict.passed or verdict.reason


def test_a_pass_and_an_error_are_settled() -> None:
    assert [settled(one) for one in (PASS, FAIL, UNKNOWN, ERROR)] == [True, False, False, True]


@given(checks, verdicts, st.integers(0, 100_000), st.timedeltas(timedelta(0), timedelta(minutes=12)))
def test_pauses_are_short_and_end_before_the_deadline(
    asked: Check, verdict: Verdict, samples: int, elapsed: timedelta
) -> None:
    wait = pause(asked, verdict, samples, elapsed)
    if wait is None:
        assert settled(verdict) or elapsed + LONGEST_PAUSE >= asked.deadline
    else:
        assert timedelta(0) < wait <= LONGEST_PAUSE
        assert elapsed + wait < asked.deadline


def test_pauses_grow_from_a_quarter_of_a_second_to_five() -> None:
    asked = Check("http", "http", deadline=timedelta(minutes=2))
    waits = [pause(asked, FAIL, samples, timedelta(0)) for samples in range(1, 8)]
    assert waits == [timedelta(seconds=s) for s in (0.25, 0.5, 1, 2, 4, 5, 5)]


def test_all_pass_is_a_pass() -> None:
    assert overall({"a": PASS, "b": Verdict(Mark.PASS, "204")}) == PASS


def test_no_verdicts_at_all_are_inconclusive() -> None:
    assert overall({}).mark is Mark.INCONCLUSIVE


def test_a_fail_is_named_before_everything_else() -> None:
    found = {"kv": ERROR, "site": FAIL, "api": FAIL, "d1": UNKNOWN, "r2": PASS}
    assert overall(found) == Verdict(Mark.FAIL, "api: 503, wanted 200; site: 503, wanted 200")


def test_an_error_comes_before_what_is_not_known() -> None:
    assert overall({"a": UNKNOWN, "b": ERROR, "c": PASS}) == Verdict(Mark.ERROR, "b: there is no token")
    assert overall({"a": UNKNOWN, "c": PASS}).mark is Mark.INCONCLUSIVE


def test_a_long_list_is_cut_and_counted() -> None:
    assert overall(dict.fromkeys("abcde", FAIL)).reason.endswith("c: 503, wanted 200; and 2 more")


@given(st.dictionaries(st.sampled_from("abcd"), verdicts))
def test_the_order_of_a_steps_verdicts_does_not_matter(found: dict[str, Verdict]) -> None:
    said = {overall(dict(order)) for order in permutations(found.items())}
    assert len(said) == 1


@given(st.dictionaries(st.sampled_from("abcd"), verdicts))
def test_a_step_passes_only_where_something_passed_and_nothing_else_came(found: dict[str, Verdict]) -> None:
    assert overall(found).passed == (bool(found) and all(one.passed for one in found.values()))


def test_one_bad_sample_in_a_watch_is_forgiven_two_are_not() -> None:
    assert watch_verdict([PASS, FAIL, PASS, FAIL]) is None
    assert watch_verdict([PASS, FAIL, FAIL]) == Verdict(Mark.FAIL, "failed twice in a row: 503, wanted 200")


def test_samples_that_tell_nothing_do_not_break_the_row() -> None:
    verdict = watch_verdict([FAIL, UNKNOWN, ERROR, FAIL])
    assert verdict is not None
    assert verdict.mark is Mark.FAIL


@pytest.mark.parametrize("last", [FAIL, UNKNOWN, ERROR])
def test_a_watch_ends_as_its_last_sample(last: Verdict) -> None:
    assert watch_verdict([PASS, PASS, last]) is None
    assert watch_verdict([PASS, PASS, last], ended=True) == last
    assert watch_verdict([last, PASS], ended=True) == PASS


def test_a_watch_that_measured_nothing_is_inconclusive() -> None:
    assert watch_verdict([]) is None
    ended = watch_verdict([], ended=True)
    assert ended is not None
    assert ended.mark is Mark.INCONCLUSIVE


@given(st.lists(verdicts, max_size=30))
def test_a_watch_never_passes_before_its_end_nor_with_a_bad_last_sample(history: list[Verdict]) -> None:
    early, final = watch_verdict(history), watch_verdict(history, ended=True)
    assert early is None or early.mark is Mark.FAIL
    assert final is not None
    assert not final.passed or (history[-1].passed and early is None)


@given(st.lists(verdicts, max_size=30), st.lists(verdicts, max_size=5))
def test_a_watch_that_failed_stays_failed(before: list[Verdict], later: list[Verdict]) -> None:
    history = [*before, FAIL, FAIL]
    assert watch_verdict([*history, *later], ended=True) == watch_verdict(history)
