"""The order of things in a run, case by case: what happens where something goes wrong at the worst moment."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.action import Action, Next
from bot.domain.events import (
    AbortRequested,
    CommitPinned,
    StepEnded,
    WayBackStarted,
)
from bot.domain.items import other_versions, wanted_versions
from bot.domain.plan import StepKind
from bot.domain.run import Way
from bot.domain.steps import advance
from bot.domain.values import Outcome
from bot.domain.watching import ROUND
from tests.fakes import estates
from tests.fakes.walk import PAIR, How, Script, Walk, begun, stopped_at, walk

ABORT = AbortRequested(estates.actor(), estates.NOON)


def test_promise_1_every_act_is_in_the_journal_before_it_is_done() -> None:
    """A fresh action always comes with an `ActStarted` to append; what is started and not ended comes back resumed."""
    walked = stopped_at(estates.deploying(PAIR), StepKind.DEPLOY)
    assert begun(walked, StepKind.DEPLOY) == ["api"]
    walked.crash()
    assert walked.settle().actions == (Action(StepKind.DEPLOY, "api", 1, resumed=True),)
    assert begun(walked, StepKind.DEPLOY) == ["api"]


def test_promise_2_a_ref_is_resolved_once() -> None:
    walked = walk(estates.deploying())
    assert walked.run.commit == estates.commit(2)
    assert [one for one in walked.events if isinstance(one, CommitPinned)][1:] == []


def test_promise_2_a_checkout_of_another_commit_does_not_ship() -> None:
    walked = stopped_at(estates.promoting(), StepKind.CHECKOUT)
    other = CommitPinned(StepKind.CHECKOUT, "source", walked.now, estates.commit(3))
    walked.flight.clear()
    walked.append(other)
    run = walked.go()
    assert run.outcome is Outcome.STOPPED
    assert "is pinned" in run.reason


def test_promise_3_a_component_whose_live_version_could_not_be_read_stops_the_run() -> None:
    walked = walk(estates.deploying(PAIR), {(StepKind.SNAPSHOT, "worker"): How.TROUBLE})
    assert walked.run.outcome is Outcome.STOPPED
    assert begun(walked, StepKind.BUILD) == []


def test_promise_3_the_way_back_is_the_snapshot() -> None:
    run = walk(estates.deploying(PAIR), {StepKind.HEALTH: How.FAIL}).run
    assert run.outcome is Outcome.ROLLED_BACK
    assert run.restored == tuple(reversed(run.snapshot.lives))


def test_promise_4_health_after_a_deploy_wants_the_new_version_and_knows_the_earlier_one() -> None:
    run = stopped_at(estates.deploying(), StepKind.HEALTH).run
    assert wanted_versions(run, StepKind.HEALTH) == (estates.version(number=2),)
    assert other_versions(run, StepKind.HEALTH) == (estates.version(number=1),)


def test_promise_4_after_the_way_back_the_earlier_version_is_wanted() -> None:
    run = stopped_at(estates.deploying(), StepKind.RECHECK, {StepKind.HEALTH: How.FAIL}).run
    assert wanted_versions(run, StepKind.RECHECK) == (estates.version(number=1),)
    assert other_versions(run, StepKind.RECHECK) == (estates.version(number=2),)


@pytest.mark.parametrize("how", [How.FAIL, How.ERROR, How.INCONCLUSIVE, How.TROUBLE])
@pytest.mark.parametrize("step", [StepKind.GATES, StepKind.HEALTH, StepKind.VERIFY])
def test_promise_5_only_a_pass_moves_forward(step: StepKind, how: How) -> None:
    walked = walk(estates.deploying(), {step: how})
    assert walked.run.outcome is (Outcome.STOPPED if step is StepKind.GATES else Outcome.ROLLED_BACK)
    ended = [one.step for one in walked.events if isinstance(one, StepEnded) and not one.verdict.passed]
    assert ended == [step]


@pytest.mark.parametrize("how", [How.FAIL, How.ERROR, How.INCONCLUSIVE])
def test_promise_5_a_watch_that_never_sees_a_good_answer_goes_back(how: How) -> None:
    run = walk(estates.deploying(), {StepKind.WATCH: how}).run
    assert run.outcome is Outcome.ROLLED_BACK
    assert run.reason.startswith("watch: ")


def test_promise_6_a_bad_watch_goes_back_without_anybody() -> None:
    walked = Walk(estates.deploying(), {StepKind.WATCH: How.FAIL})
    run = walked.go(approve=False, agree=False)
    assert run.outcome is Outcome.ROLLED_BACK
    assert len([act for act in run.acts_of(StepKind.WATCH) if act.item.startswith(ROUND)]) == 2


# ---------------------------------------------------------------- the end of a run


def test_a_journal_cut_after_a_failed_step_does_not_go_on() -> None:
    walked = stopped_at(estates.deploying(), StepKind.HEALTH)
    walked.land((StepKind.HEALTH, "health"), How.FAIL)
    answer = advance(walked.run, walked.now)
    assert [type(one) for one in answer.events] == [StepEnded]
    walked.append(*answer.events)
    assert [type(one) for one in advance(walked.run, walked.now).events] == [WayBackStarted]


def test_nothing_comes_after_the_end() -> None:
    walked = walk(estates.deploying())
    assert walked.run.way is Way.ENDED
    assert advance(walked.run, walked.now + timedelta(days=1)) == Next()


def test_a_run_that_waits_for_its_turn_does_nothing() -> None:
    walked = Walk(estates.deploying(), ahead=1)
    assert not walked.settle().actions
    assert walked.run.way is Way.QUEUED
    walked.ahead = 0
    assert walked.go().outcome is Outcome.SUCCEEDED


def test_a_queued_run_can_be_aborted() -> None:
    walked = Walk(estates.deploying(), ahead=1)
    walked.append(ABORT)
    assert walked.go().outcome is Outcome.STOPPED


def test_a_first_deploy_that_fails_has_no_way_back_and_says_so() -> None:
    """Nothing was live before: the restore act cannot be done."""
    script: Script = {StepKind.SNAPSHOT: How.NEVER, StepKind.HEALTH: How.FAIL, StepKind.RESTORE: How.TROUBLE}
    run = walk(estates.deploying(), script).run
    assert run.outcome is Outcome.NEEDS_HANDS
    assert run.snapshot.blocked == "worker had no earlier release"
    assert run.reason.startswith("health: ")
    assert "; then restore: " in run.reason


def test_where_the_second_deploy_fails_both_go_back_the_second_first() -> None:
    walked = walk(estates.deploying(PAIR), {(StepKind.DEPLOY, "worker"): How.TROUBLE})
    assert walked.run.outcome is Outcome.ROLLED_BACK
    assert begun(walked, StepKind.RESTORE) == ["worker", "api"]


def test_what_was_migrated_first_but_deployed_last_goes_back_first() -> None:
    of = estates.target(components=[estates.component("api"), estates.component("worker", d1=("db",))])
    walked = walk(estates.deploying(of), {StepKind.HEALTH: How.FAIL})
    assert begun(walked, StepKind.RESTORE) == ["worker", "api"]


def test_a_failed_migration_takes_back_what_it_touched() -> None:
    walked = walk(estates.deploying(PAIR), {StepKind.MIGRATE: How.TROUBLE})
    assert walked.run.outcome is Outcome.ROLLED_BACK
    assert begun(walked, StepKind.RESTORE) == ["api"]


@pytest.mark.parametrize("broken", ["api", "worker"])
def test_a_restore_that_fails_does_not_keep_the_other_from_going_back(broken: str) -> None:
    script: Script = {StepKind.HEALTH: How.FAIL, (StepKind.RESTORE, broken): How.TROUBLE}
    walked = walk(estates.deploying(PAIR), script)
    assert walked.run.outcome is Outcome.NEEDS_HANDS
    assert begun(walked, StepKind.RESTORE) == ["worker", "api"]
    assert [one.component for one in walked.run.restored] == [name for name in ("worker", "api") if name != broken]


def test_a_way_back_that_does_not_answer_needs_hands() -> None:
    run = walk(estates.deploying(), {StepKind.HEALTH: How.FAIL, StepKind.RECHECK: How.INCONCLUSIVE}).run
    assert run.outcome is Outcome.NEEDS_HANDS


def test_a_deploy_that_was_refused_untouched_leaves_somebody_elses_alone() -> None:
    walked = walk(estates.deploying(), {StepKind.DEPLOY: How.CONFLICT})
    assert walked.run.outcome is Outcome.STOPPED
    assert begun(walked, StepKind.RESTORE) == []


def test_a_gradual_deployment_of_somebody_elses_stops_a_deploy() -> None:
    run = walk(estates.deploying(), {StepKind.SNAPSHOT: How.SPLIT}).run
    assert run.outcome is Outcome.STOPPED
    assert "somebody@acme.example" in run.reason


def test_only_touches_the_named_components() -> None:
    walked = walk(estates.deploying(PAIR, only=("worker",)), {StepKind.HEALTH: How.FAIL})
    assert walked.run.touched == ("worker",)
    assert begun(walked, StepKind.SNAPSHOT) == ["api", "worker"], "who answers may be one of the others"
    assert begun(walked, StepKind.RESTORE) == ["worker"]


def test_gates_run_side_by_side_and_every_reason_is_known() -> None:
    gates = [replace(estates.TESTS, name=name) for name in ("tests", "types")]
    walked = stopped_at(estates.deploying(estates.target(gates=gates)), StepKind.GATES)
    assert set(walked.flight) == {(StepKind.GATES, "tests"), (StepKind.GATES, "types")}
    for key in list(walked.flight):
        walked.land(key, How.FAIL)
    assert "tests says fail" in walked.go().reason
    assert "types says fail" in walked.run.reason
