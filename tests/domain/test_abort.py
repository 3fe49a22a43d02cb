"""Stopping a run: at any step, in mid-act, with a crash on top; and people who are asked whether it may go on."""

from dataclasses import replace

import pytest

from bot.domain.action import Action
from bot.domain.events import (
    AbortRequested,
    Approved,
    Event,
    Rejected,
)
from bot.domain.plan import StepKind
from bot.domain.steps import advance
from bot.domain.values import Outcome
from tests.fakes import estates
from tests.fakes.walk import PAIR, How, Walk, begun, stopped_at

ABORT = AbortRequested(estates.actor(), estates.NOON)


@pytest.mark.parametrize("step", estates.deploying(PAIR).steps)
def test_an_abort_at_any_step_stops_or_goes_back(step: StepKind) -> None:
    walked = stopped_at(estates.deploying(PAIR), step)
    touched = walked.run.touched
    before = len(walked.asked)
    walked.append(ABORT)
    run = walked.go()
    assert run.outcome is (Outcome.ABORTED if touched else Outcome.STOPPED)
    assert all(one.step in (StepKind.RESTORE, StepKind.RECHECK) for _, one in walked.asked[before:])
    assert begun(walked, StepKind.RESTORE) == list(reversed(touched))


def test_an_abort_cancels_what_is_in_flight_and_waits_for_what_became_of_it() -> None:
    walked = stopped_at(estates.deploying(), StepKind.DEPLOY)
    walked.append(ABORT)
    answer = advance(walked.run, walked.now)
    assert answer.cancel
    assert answer.actions == (Action(StepKind.DEPLOY, "worker", 1, resumed=True),)
    assert not answer.events
    walked.land((StepKind.DEPLOY, "worker"), How.PASS)
    assert walked.go().outcome is Outcome.ABORTED


def test_an_abort_and_a_crash_in_the_middle_of_a_deploy_goes_back() -> None:
    walked = stopped_at(estates.deploying(), StepKind.DEPLOY)
    walked.append(ABORT)
    walked.crash()
    walked.settle()
    walked.land((StepKind.DEPLOY, "worker"), How.TROUBLE)
    assert walked.go().outcome is Outcome.ABORTED
    assert begun(walked, StepKind.DEPLOY) == ["worker"]


def test_an_abort_after_the_last_step_still_counts() -> None:
    walked = stopped_at(replace(estates.deploying(), steps=(StepKind.SNAPSHOT, StepKind.DEPLOY)), StepKind.DEPLOY)
    walked.land((StepKind.DEPLOY, "worker"))
    walked.append(*advance(walked.run, walked.now).events, ABORT)
    assert walked.run.current is None
    assert walked.go().outcome is Outcome.ABORTED


def test_an_abort_while_the_bot_goes_back_by_itself_changes_its_name_only() -> None:
    walked = stopped_at(estates.deploying(), StepKind.RESTORE, {StepKind.HEALTH: How.FAIL})
    walked.append(ABORT)
    assert walked.go().outcome is Outcome.ABORTED
    assert begun(walked, StepKind.RESTORE) == ["worker"]


# ---------------------------------------------------------------- approval

ASKED = estates.promoting()


def waiting() -> Walk:
    walked = Walk(ASKED)
    walked.go(approve=False)
    return walked


def test_nothing_is_built_or_changed_before_the_approval() -> None:
    walked = waiting()
    assert walked.run.current is not None
    assert walked.run.current.kind is StepKind.APPROVAL
    assert begun(walked, StepKind.SNAPSHOT) == []
    answer = walked.settle()
    assert answer.wake == walked.now + ASKED.environment.approval_expires


@pytest.mark.parametrize(
    ("says", "outcome"),
    [
        (Approved(estates.actor(estates.EVE), estates.NOON), Outcome.SUCCEEDED),
        (Rejected(estates.actor(estates.EVE), estates.NOON), Outcome.STOPPED),
        (ABORT, Outcome.STOPPED),
    ],
)
def test_an_approval_lets_it_go_and_a_no_stops_it(says: Event, outcome: Outcome) -> None:
    walked = waiting()
    walked.append(says)
    before = walked.now
    assert walked.go(approve=False).outcome is outcome
    if outcome is Outcome.STOPPED:
        assert walked.run.ended_at == before


def test_an_approval_expires() -> None:
    walked = waiting()
    walked.now += ASKED.environment.approval_expires
    assert walked.go(approve=False).outcome is Outcome.STOPPED
    assert walked.run.reason == "approval: nobody approved in time"
