"""The question about secrets, and rollbacks, which meet it most."""

from dataclasses import replace

import pytest

from bot.domain.action import Action
from bot.domain.events import (
    AbortRequested,
    Rejected,
    SecretsAccepted,
)
from bot.domain.items import wanted_versions
from bot.domain.plan import Plan, StepKind
from bot.domain.values import Outcome
from tests.fakes import estates
from tests.fakes.walk import PAIR, How, Script, Walk, begun, stopped_at, walk

ABORT = AbortRequested(estates.actor(), estates.NOON)


BACK: Script = {StepKind.HEALTH: How.FAIL, StepKind.RESTORE: How.QUESTION}
ROLLBACK = estates.rolling_back(PAIR)
YES = SecretsAccepted(estates.actor(estates.EVE), estates.NOON)
NO = Rejected(estates.actor(estates.EVE), estates.NOON)


def asking(plan: Plan, script: Script) -> Walk:
    walked = Walk(plan, script)
    walked.go(agree=False)
    assert walked.run.question
    return walked


def finish(walked: Walk, *hows: tuple[StepKind, str, How]) -> list[Action]:
    """Land these acts in that way, one after the other; the actions that were given for them."""
    given = []
    for step, item, how in hows:
        walked.settle()
        given.append(walked.flight[step, item])
        walked.land((step, item), how)
    return given


def test_a_way_back_that_asks_shows_the_secrets_of_every_component() -> None:
    walked = asking(estates.deploying(PAIR), BACK)
    assert walked.run.question == ("WORKER_KEY", "API_KEY")
    assert walked.settle().wake is None


def test_a_way_back_goes_on_once_a_person_agrees() -> None:
    walked = asking(estates.deploying(PAIR), BACK)
    walked.append(YES)
    given = finish(walked, (StepKind.RESTORE, "worker", How.PASS), (StepKind.RESTORE, "api", How.PASS))
    assert given == [
        Action(StepKind.RESTORE, "worker", 2, force=True),
        Action(StepKind.RESTORE, "api", 2, force=True),
    ]
    assert walked.go().outcome is Outcome.ROLLED_BACK


def test_a_no_about_secrets_leaves_it_to_people() -> None:
    walked = asking(estates.deploying(PAIR), BACK)
    walked.append(NO)
    assert walked.go(agree=False).outcome is Outcome.NEEDS_HANDS


def test_an_agreement_does_not_cover_secrets_that_nobody_was_shown() -> None:
    walked = asking(ROLLBACK, {(StepKind.SWITCH, "worker"): How.QUESTION})
    assert walked.run.question == ("WORKER_KEY",)
    walked.append(YES)
    given = finish(walked, (StepKind.SWITCH, "worker", How.PASS), (StepKind.SWITCH, "api", How.QUESTION))
    assert [one.force for one in given] == [True, False]
    assert walked.run.question == ("API_KEY",)
    walked.append(YES)
    assert finish(walked, (StepKind.SWITCH, "api", How.PASS)) == [Action(StepKind.SWITCH, "api", 2, force=True)]
    assert walked.go().outcome is Outcome.SUCCEEDED


def test_an_agreement_outlives_a_crash_and_a_second_question_is_a_failure() -> None:
    walked = asking(estates.deploying(), BACK)
    walked.append(YES)
    walked.settle()
    walked.crash()
    assert walked.settle().actions == (Action(StepKind.RESTORE, "worker", 2, resumed=True, force=True),)
    walked.land((StepKind.RESTORE, "worker"), How.QUESTION)
    assert walked.run.question == ()
    assert walked.go(agree=False).outcome is Outcome.NEEDS_HANDS


def test_a_rollback_aborted_while_it_asks_asks_nobody_any_more() -> None:
    walked = asking(ROLLBACK, {(StepKind.SWITCH, "api"): How.QUESTION})
    walked.append(ABORT)
    assert walked.go(agree=False).outcome is Outcome.ABORTED
    assert begun(walked, StepKind.RESTORE) == ["api", "worker"]


# ---------------------------------------------------------------- rollback and verify


def test_a_rollback_switches_callers_before_the_called() -> None:
    walked = walk(ROLLBACK)
    assert walked.run.outcome is Outcome.SUCCEEDED
    assert begun(walked, StepKind.SWITCH) == ["worker", "api"]


@pytest.mark.parametrize("step", [StepKind.SWITCH, StepKind.HEALTH, StepKind.VERIFY])
def test_a_rollback_that_fails_needs_hands_and_does_not_bring_the_bad_release_back(step: StepKind) -> None:
    walked = walk(ROLLBACK, {step: How.TROUBLE})
    assert walked.run.outcome is Outcome.NEEDS_HANDS
    assert begun(walked, StepKind.RESTORE) == []


def test_promise_8_a_pressed_rollback_stops_where_something_else_is_live() -> None:
    drawn_for = (estates.live(number=7),)
    run = walk(estates.rolling_back(undoes=drawn_for)).run
    assert run.outcome is Outcome.STOPPED
    assert "is not what this button was drawn for" in run.reason


def test_promise_8_a_pressed_rollback_goes_where_its_release_is_still_live() -> None:
    run = walk(estates.rolling_back(undoes=(replace(estates.live(number=2), author="", deployment=""),))).run
    assert run.outcome is Outcome.SUCCEEDED


def test_a_rollback_goes_over_a_gradual_deployment() -> None:
    assert walk(estates.rolling_back(), {StepKind.SNAPSHOT: How.SPLIT}).run.outcome is Outcome.SUCCEEDED


def test_a_verify_wants_what_is_live_and_touches_nothing() -> None:
    walked = stopped_at(estates.verifying(), StepKind.VERIFY)
    assert wanted_versions(walked.run, StepKind.VERIFY) == (estates.version(number=1),)
    assert walked.go().outcome is Outcome.SUCCEEDED
    assert walked.run.touched == ()


@pytest.mark.parametrize("how", [How.FAIL, How.ERROR, How.INCONCLUSIVE])
def test_a_verify_that_does_not_pass_goes_back_nowhere(how: How) -> None:
    assert walk(estates.verifying(), {StepKind.VERIFY: how}).run.outcome is Outcome.STOPPED


def test_a_verify_of_a_split_environment_takes_an_answer_of_either_version() -> None:
    walked = stopped_at(estates.verifying(), StepKind.VERIFY, {StepKind.SNAPSHOT: How.SPLIT})
    assert wanted_versions(walked.run, StepKind.VERIFY) == (estates.version(number=8), estates.version(number=9))
