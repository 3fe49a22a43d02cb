"""The order of things in a run, case by case: what happens where something goes wrong at the worst moment."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.events import (
    AbortRequested,
    ActFailed,
    ActStarted,
    Approved,
    CommitPinned,
    Event,
    Rejected,
    SecretsAccepted,
    SnapshotTaken,
    StepEnded,
    StepStarted,
    WayBackStarted,
)
from bot.domain.plan import Plan, RunKind, StepKind
from bot.domain.run import Way
from bot.domain.steps import Action, Next, advance, other_versions, wanted_versions
from bot.domain.values import Mark, Outcome
from tests.fakes import estates
from tests.fakes.walk import How, Script, Walk, walk

PAIR = estates.target(components=[estates.component("api", d1=("db",)), estates.component("worker")])
ABORT = AbortRequested(estates.actor(), estates.NOON)


def started(walked: Walk, step: StepKind) -> list[str]:
    return [one.item for one in walked.events if isinstance(one, ActStarted) and one.step is step]


def stopped_at(plan: Plan, until: StepKind, script: Script | None = None) -> Walk:
    """A run that has begun the acts of that step and ended none of them."""
    walked = walk(plan, script, until)
    assert walked.run.current is not None
    assert walked.run.current.kind is until
    return walked


# ---------------------------------------------------------------- promises


def test_promise_1_every_act_is_in_the_journal_before_it_is_done() -> None:
    """A fresh action always comes with an `ActStarted` to append; what is started and not ended comes back resumed."""
    walked = stopped_at(estates.deploying(PAIR), StepKind.DEPLOY)
    assert started(walked, StepKind.DEPLOY) == ["api"]
    walked.crash()
    assert walked.settle().actions == (Action(StepKind.DEPLOY, "api", 1, resumed=True),)
    assert started(walked, StepKind.DEPLOY) == ["api"]


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
    assert started(walked, StepKind.BUILD) == []


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
    assert len(run.acts_of(StepKind.WATCH)) == 2


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
    assert started(walked, StepKind.RESTORE) == ["worker", "api"]


def test_what_was_migrated_first_but_deployed_last_goes_back_first() -> None:
    of = estates.target(components=[estates.component("api"), estates.component("worker", d1=("db",))])
    walked = walk(estates.deploying(of), {StepKind.HEALTH: How.FAIL})
    assert started(walked, StepKind.RESTORE) == ["worker", "api"]


def test_a_failed_migration_takes_back_what_it_touched() -> None:
    walked = walk(estates.deploying(PAIR), {StepKind.MIGRATE: How.TROUBLE})
    assert walked.run.outcome is Outcome.ROLLED_BACK
    assert started(walked, StepKind.RESTORE) == ["api"]


@pytest.mark.parametrize("broken", ["api", "worker"])
def test_a_restore_that_fails_does_not_keep_the_other_from_going_back(broken: str) -> None:
    script: Script = {StepKind.HEALTH: How.FAIL, (StepKind.RESTORE, broken): How.TROUBLE}
    walked = walk(estates.deploying(PAIR), script)
    assert walked.run.outcome is Outcome.NEEDS_HANDS
    assert started(walked, StepKind.RESTORE) == ["worker", "api"]
    assert [one.component for one in walked.run.restored] == [name for name in ("worker", "api") if name != broken]


def test_a_way_back_that_does_not_answer_needs_hands() -> None:
    run = walk(estates.deploying(), {StepKind.HEALTH: How.FAIL, StepKind.RECHECK: How.INCONCLUSIVE}).run
    assert run.outcome is Outcome.NEEDS_HANDS


def test_a_deploy_that_was_refused_untouched_leaves_somebody_elses_alone() -> None:
    walked = walk(estates.deploying(), {StepKind.DEPLOY: How.CONFLICT})
    assert walked.run.outcome is Outcome.STOPPED
    assert started(walked, StepKind.RESTORE) == []


def test_a_gradual_deployment_of_somebody_elses_stops_a_deploy() -> None:
    run = walk(estates.deploying(), {StepKind.SNAPSHOT: How.SPLIT}).run
    assert run.outcome is Outcome.STOPPED
    assert "somebody@acme.example" in run.reason


def test_only_touches_the_named_components() -> None:
    walked = walk(estates.deploying(PAIR, only=("worker",)), {StepKind.HEALTH: How.FAIL})
    assert walked.run.touched == ("worker",)
    assert started(walked, StepKind.SNAPSHOT) == ["worker"]
    assert started(walked, StepKind.RESTORE) == ["worker"]


def test_gates_run_side_by_side_and_every_reason_is_known() -> None:
    gates = [replace(estates.TESTS, name=name) for name in ("tests", "types")]
    walked = stopped_at(estates.deploying(estates.target(gates=gates)), StepKind.GATES)
    assert set(walked.flight) == {(StepKind.GATES, "tests"), (StepKind.GATES, "types")}
    for key in list(walked.flight):
        walked.land(key, How.FAIL)
    assert "tests says fail" in walked.go().reason
    assert "types says fail" in walked.run.reason


# ---------------------------------------------------------------- abort


@pytest.mark.parametrize("step", estates.deploying(PAIR).steps)
def test_an_abort_at_any_step_stops_or_goes_back(step: StepKind) -> None:
    walked = stopped_at(estates.deploying(PAIR), step)
    touched = walked.run.touched
    before = len(walked.asked)
    walked.append(ABORT)
    run = walked.go()
    assert run.outcome is (Outcome.ABORTED if touched else Outcome.STOPPED)
    assert all(one.step in (StepKind.RESTORE, StepKind.RECHECK) for _, one in walked.asked[before:])
    assert started(walked, StepKind.RESTORE) == list(reversed(touched))


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
    assert started(walked, StepKind.DEPLOY) == ["worker"]


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
    assert started(walked, StepKind.RESTORE) == ["worker"]


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
    assert started(walked, StepKind.SNAPSHOT) == []
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
    assert walked.go(approve=False).outcome is outcome


def test_an_approval_expires() -> None:
    walked = waiting()
    walked.now += ASKED.environment.approval_expires
    assert walked.go(approve=False).outcome is Outcome.STOPPED
    assert walked.run.reason == "approval: nobody approved in time"


# ---------------------------------------------------------------- secrets

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
    assert started(walked, StepKind.RESTORE) == ["api", "worker"]


# ---------------------------------------------------------------- rollback and verify


def test_a_rollback_switches_callers_before_the_called() -> None:
    walked = walk(ROLLBACK)
    assert walked.run.outcome is Outcome.SUCCEEDED
    assert started(walked, StepKind.SWITCH) == ["worker", "api"]


@pytest.mark.parametrize("step", [StepKind.SWITCH, StepKind.HEALTH, StepKind.VERIFY])
def test_a_rollback_that_fails_needs_hands_and_does_not_bring_the_bad_release_back(step: StepKind) -> None:
    walked = walk(ROLLBACK, {step: How.TROUBLE})
    assert walked.run.outcome is Outcome.NEEDS_HANDS
    assert started(walked, StepKind.RESTORE) == []


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


# ---------------------------------------------------------------- watch


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
