"""The watch after a deploy, and what the state of a run keeps."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.action import Action
from bot.domain.events import (
    ActFailed,
    SnapshotTaken,
    StepStarted,
)
from bot.domain.plan import RunKind, StepKind
from bot.domain.values import Mark, Outcome
from tests.fakes import estates
from tests.fakes.walk import PAIR, How, Walk, stopped_at, walk


def watched(hows: Sequence[How], span: timedelta = timedelta(minutes=2)) -> Walk:
    """A run whose watch has these rounds, as far as it asks for them; then all is well."""
    of = estates.target(environments=[estates.environment(watch=span)])
    walked = stopped_at(estates.deploying(of), StepKind.WATCH)
    for how in hows:
        answer = walked.settle()
        if answer.wake is not None:
            walked.now = answer.wake
            walked.settle()
        for key in [key for key in walked.flight if key[0] is StepKind.WATCH]:
            walked.land(key, how)
    return walked


@pytest.mark.parametrize(
    ("hows", "outcome"),
    [
        ([How.FAIL, How.FAIL], Outcome.ROLLED_BACK),
        ([How.FAIL, How.PASS, How.FAIL], Outcome.SUCCEEDED),
        ([How.INCONCLUSIVE] * 4, Outcome.SUCCEEDED),
        ([How.INCONCLUSIVE] * 20, Outcome.ROLLED_BACK),
        ([How.ERROR] * 20, Outcome.ROLLED_BACK),
    ],
)
def test_a_watch_ends_on_two_failures_or_on_a_pass(hows: Sequence[How], outcome: Outcome) -> None:
    assert watched(hows).go().outcome is outcome


def test_a_watch_lasts_as_long_as_was_asked() -> None:
    walked = watched([])
    begun = walked.now
    assert walked.go().outcome is Outcome.SUCCEEDED
    assert timedelta(minutes=2) <= walked.now - begun <= timedelta(minutes=2, seconds=30)


def test_an_outage_does_not_make_two_rounds_in_one_breath() -> None:
    walked = watched([How.PASS], span=timedelta(hours=1))
    walked.crash()
    walked.now += timedelta(minutes=20)
    walked.settle()
    walked.land((StepKind.WATCH, "round 2"), How.FAIL)
    assert walked.settle().wake == walked.now + timedelta(seconds=30)


@pytest.mark.parametrize(
    ("before", "then", "outcome"),
    [
        ([], How.PASS, Outcome.SUCCEEDED),
        ([How.PASS], How.PASS, Outcome.SUCCEEDED),
        ([How.PASS], How.FAIL, Outcome.ROLLED_BACK),
        ([How.FAIL], How.PASS, Outcome.SUCCEEDED),
        ([How.FAIL], How.FAIL, Outcome.ROLLED_BACK),
    ],
)
def test_what_was_measured_before_an_outage_does_not_end_the_watch(
    before: Sequence[How], then: How, outcome: Outcome
) -> None:
    walked = watched(before)
    walked.crash()
    walked.now += timedelta(hours=1)
    walked.settle()
    walked.land((StepKind.WATCH, f"round {len(before) + 1}"), then)
    assert walked.go().outcome is outcome


def test_a_round_that_a_crash_cut_off_is_taken_up() -> None:
    walked = stopped_at(estates.deploying(), StepKind.WATCH)
    walked.crash()
    assert walked.settle().actions == (Action(StepKind.WATCH, "round 1", 1, resumed=True),)


# ---------------------------------------------------------------- what the state keeps


def test_facts_that_do_not_fit_are_counted_and_change_nothing() -> None:
    run = estates.started()
    twice = estates.started(estates.requested())
    assert replace(twice, seq=run.seq) == run
    stray = estates.started(StepStarted(StepKind.SWITCH, estates.NOON))
    assert replace(stray, seq=run.seq) == run


def test_the_snapshot_is_in_the_order_of_the_plan_whoever_answered_first() -> None:
    walked = stopped_at(estates.deploying(PAIR), StepKind.SNAPSHOT)
    for item in ("worker", "api"):
        walked.land((StepKind.SNAPSHOT, item))
    assert [one.component for one in walked.run.snapshot.lives] == ["api", "worker"]
    assert all(isinstance(act.end, SnapshotTaken) for act in walked.run.acts_of(StepKind.SNAPSHOT))


def test_a_failed_act_keeps_its_log() -> None:
    run = walk(estates.deploying(), {StepKind.BUILD: How.TROUBLE}).run
    assert run.log == ("line 1", "line 2")
    assert isinstance(run.acts[StepKind.BUILD, "worker"].end, ActFailed)
    verdict = run.acts[StepKind.BUILD, "worker"].verdict
    assert verdict is not None
    assert verdict.mark is Mark.FAIL


@pytest.mark.parametrize("kind", [RunKind.DEPLOY, RunKind.PROMOTE])
def test_the_release_is_what_was_read_back(kind: RunKind) -> None:
    plan = estates.deploying(PAIR) if kind is RunKind.DEPLOY else estates.promoting(PAIR)
    release = walk(plan).run.release
    assert release == estates.release(2, ("api", "worker"))
