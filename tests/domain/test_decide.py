"""What commands lead to, case by case: each refusal that the decisions can give, and each press that came too late."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain import commands as c
from bot.domain.board import Board, Head, fold_board, head_of
from bot.domain.decide import decide
from bot.domain.events import (
    AbortRequested,
    Approved,
    BoardEvent,
    Event,
    Frozen,
    Locked,
    Rejected,
    SecretsAccepted,
    Unfrozen,
    Unlocked,
)
from bot.domain.picture import Begin, Decision, Note, Picture, Tell
from bot.domain.plan import Plan, RunKind, StepKind
from bot.domain.refusal import Code, Refusal
from bot.domain.run import Run
from bot.domain.targets import Estate, Strategy
from bot.domain.values import Actor, Live, Outcome, Person, RunId, Snapshot
from tests.fakes import estates
from tests.fakes.estates import ANA, BOB, EVE, MAX, NOON, OTHER_RUN, RUN, actor, board, head, target
from tests.fakes.walk import How, Script, Walk

NEW = RunId("0000new1")
OPEN = head(outcome=None)
DONE = head()
UNDONE = head(OTHER_RUN, RunKind.ROLLBACK, number=1, at=NOON + timedelta(hours=1))
LIVE_THERE = head(OTHER_RUN, RunKind.PROMOTE, "production")
FREEZE = Frozen(actor(MAX), "an incident", NOON)


def ask(
    command: c.Command,
    on: Board | None = None,
    by: Person = ANA,
    of: Estate | None = None,
    run: Run | None = None,
    past: tuple[Head, ...] = (),
) -> Decision:
    given = estates.picture(command, on, of, run, past)
    return decide(estates.asked(command, actor(by)), given, NEW)


def refused(decision: Decision) -> Refusal:
    assert isinstance(decision, Refusal)
    return decision


def code(decision: Decision) -> Code:
    return refused(decision).code


def begun(decision: Decision) -> Plan:
    assert isinstance(decision, Begin)
    assert decision.event.run == NEW
    return decision.event.plan


def told(decision: Decision) -> Event:
    assert isinstance(decision, Tell)
    assert decision.run == RUN
    return decision.event


def gradual(place: str) -> Estate:
    changed = [replace(one, strategy=Strategy.GRADUAL) if one.name == place else one for one in target().environments]
    return estates.estate([target(environments=changed)])


# ---------------------------------------------------------------- deploy and verify


def test_a_deploy_begins_a_run_by_whoever_asked() -> None:
    decision = ask(c.Deploy("canary", ref="v1.2"), by=BOB)
    assert isinstance(decision, Begin)
    assert decision.event.plan == replace(estates.deploying(), ref="v1.2")
    assert decision.event.actor == actor(BOB)
    assert decision.event.key == "key-asked"
    assert decision.event.at == NOON


def test_a_deploy_without_a_ref_takes_the_targets_branch() -> None:
    assert begun(ask(c.Deploy("canary"))) == estates.deploying()


def test_a_deploy_of_an_unknown_component_is_refused() -> None:
    refusal = refused(ask(c.Deploy("canary", only=("worker", "nope"))))
    assert refusal == Refusal(Code.UNKNOWN_COMPONENT, {"component": "nope", "target": "moltworker", "known": "worker"})


def test_a_gradual_environment_is_refused_for_now() -> None:
    assert code(ask(c.Deploy("canary"), of=gradual("canary"))) is Code.GRADUAL_NOT_READY
    assert code(ask(c.Promote(), board(standing=[DONE]), of=gradual("production"))) is Code.GRADUAL_NOT_READY


def test_promise_9_a_deploy_behind_another_begins_and_waits_its_turn() -> None:
    begun(ask(c.Deploy("canary"), board([OPEN])))
    on = board([OPEN, head(OTHER_RUN, outcome=None), head(NEW, outcome=None)])
    assert [on.place(run) for run in (RUN, OTHER_RUN, NEW)] == [0, 1, 2]


def test_promise_9_a_verify_waits_for_nobody_and_holds_nobody_up() -> None:
    measuring = head(OTHER_RUN, RunKind.VERIFY, outcome=None)
    on = board([OPEN, measuring, head(NEW, outcome=None)])
    assert begun(ask(c.Verify("canary"), on)).kind is RunKind.VERIFY
    assert [on.place(run) for run in (RUN, OTHER_RUN, NEW)] == [0, 0, 1]


def test_promise_9_environments_do_not_wait_for_each_other() -> None:
    on = board([OPEN, head(OTHER_RUN, place="production", outcome=None), head(NEW, of="website", outcome=None)])
    assert [on.place(run) for run in (RUN, OTHER_RUN, NEW)] == [0, 0, 0]


# ---------------------------------------------------------------- locks and freezes

LOCKED = board(standing=[DONE], locks=[estates.locked(actor(BOB))])
FROZEN = board(standing=[DONE], freeze=FREEZE)


@pytest.mark.parametrize(("on", "expected"), [(LOCKED, Code.LOCKED), (FROZEN, Code.FROZEN)], ids=["locked", "frozen"])
def test_promise_9_locks_and_freezes_hold_a_deploy_but_never_a_rollback(on: Board, expected: Code) -> None:
    refusal = refused(ask(c.Deploy("canary"), on))
    assert refusal.code is expected
    assert refusal.says["who"] in ("bob", "max")
    for command in (c.RollBack("canary"), c.RollBack(drawn=RUN)):
        assert begun(ask(command, on)).kind is RunKind.ROLLBACK
    assert begun(ask(c.Verify("canary"), on)).kind is RunKind.VERIFY


def test_promise_9_locks_and_freezes_hold_a_promotion() -> None:
    locks = [estates.locked(actor(BOB), "production")]
    assert code(ask(c.Promote(), board(standing=[DONE], locks=locks))) is Code.LOCKED
    assert code(ask(c.Promote(), FROZEN)) is Code.FROZEN


@pytest.mark.parametrize("on", [LOCKED, FROZEN], ids=["locked", "frozen"])
def test_a_hold_does_not_keep_anybody_from_an_abort(on: Board) -> None:
    run = estates.started()
    assert isinstance(told(ask(c.Abort(RUN), on, run=run)), AbortRequested)


def test_whoever_holds_the_lock_goes_on_on_any_platform() -> None:
    on = board(locks=[estates.locked(actor(ANA, "telegram"))])
    begun(ask(c.Deploy("canary"), on))


def test_a_freeze_ends_by_itself() -> None:
    on = board(freeze=replace(FREEZE, until=NOON))
    begun(ask(c.Deploy("canary"), on))
    over = replace(FREEZE, until=NOON + timedelta(seconds=1))
    assert code(ask(c.Deploy("canary"), board(freeze=over))) is Code.FROZEN


@pytest.mark.parametrize(
    ("command", "by", "on", "expected"),
    [
        (c.Lock("canary", "mine"), ANA, board(), Locked("moltworker", "canary", actor(), "mine", NOON)),
        (c.Lock("canary"), BOB, LOCKED, Locked("moltworker", "canary", actor(BOB), "", NOON)),
        (c.Lock("canary"), ANA, LOCKED, Code.LOCKED),
        (c.Unlock("canary"), BOB, LOCKED, Unlocked("moltworker", "canary", actor(BOB), NOON)),
        (c.Unlock("canary"), ANA, LOCKED, Code.LOCKED),
        (c.Unlock("canary"), MAX, LOCKED, Unlocked("moltworker", "canary", actor(MAX), NOON)),
        (c.Unlock("canary"), ANA, board(), Code.NOT_LOCKED),
        (c.Freeze(None, "an incident"), MAX, board(), FREEZE),
        (c.Unfreeze(), ANA, FROZEN, Unfrozen(actor(), NOON)),
        (c.Unfreeze(), ANA, board(), Code.NOT_FROZEN),
        (c.Unfreeze(), ANA, board(freeze=replace(FREEZE, until=NOON)), Code.NOT_FROZEN),
    ],
)
def test_locks_and_freezes(command: c.Command, by: Person, on: Board, expected: object) -> None:
    decision = ask(command, on, by)
    assert (decision.event if isinstance(decision, Note) else code(decision)) == expected


def test_the_board_is_the_fold_of_its_facts() -> None:
    lock = estates.locked(actor())
    other = estates.locked(actor(), "production")
    facts: list[BoardEvent] = [lock, other, FREEZE]
    on = fold_board(board(), facts)
    assert on == board(locks=[lock, other], freeze=FREEZE)
    undone: list[BoardEvent] = [Unlocked("moltworker", "canary", actor(), NOON), Unfrozen(actor(), NOON)]
    assert fold_board(on, undone) == board(locks=[other])
    assert fold_board(board(), undone) == board()


# ---------------------------------------------------------------- promote


@pytest.mark.parametrize("command", [c.Promote(), c.Promote(drawn=RUN)])
def test_promise_2_pinned_promotion_ships_the_verified_release(command: c.Command) -> None:
    plan = begun(ask(command, board(standing=[DONE])))
    assert plan == estates.promoting(what=DONE.release)
    assert plan.commit == estates.commit(2)
    assert plan.ref == ""


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (board(), Code.NOTHING_TO_PROMOTE),
        (board([OPEN], [DONE]), Code.STILL_WATCHED),
        (board(standing=[UNDONE]), Code.ROLLED_BACK_SINCE),
        (board(standing=[replace(DONE, release=None)]), Code.ROLLED_BACK_SINCE),
        (board(standing=[DONE, LIVE_THERE]), Code.ALREADY_LIVE),
    ],
)
def test_a_promotion_is_refused(on: Board, expected: Code) -> None:
    assert code(ask(c.Promote(), on)) is expected


def test_a_target_without_a_next_environment_has_no_promotion() -> None:
    alone = estates.estate([target(environments=[estates.PRODUCTION])])
    assert code(ask(c.Promote(), board(), of=alone)) is Code.NO_NEXT_ENVIRONMENT
    astray = estates.estate([target(environments=[estates.CANARY])])
    assert code(ask(c.Promote(), board(standing=[DONE]), of=astray)) is Code.NO_NEXT_ENVIRONMENT


def test_a_promoted_release_that_was_rolled_back_there_may_be_promoted_again() -> None:
    gone = head(OTHER_RUN, RunKind.ROLLBACK, "production", number=1)
    begun(ask(c.Promote(), board(standing=[DONE, gone])))


def test_another_part_of_the_same_commit_is_not_live_yet() -> None:
    pair = estates.estate([target(components=[estates.component("api"), estates.component()])])
    there = replace(LIVE_THERE, release=estates.release(2, ["api"]))
    plan = begun(ask(c.Promote(), board(standing=[DONE, there]), of=pair))
    assert [one.name for one in plan.components] == ["worker"]


def test_what_was_verified_together_is_not_promoted_in_part() -> None:
    both = replace(DONE, release=estates.release(2, ["worker", "gone"]))
    assert refused(ask(c.Promote(), board(standing=[both]))).says["component"] == "gone"


def test_promise_8_a_promote_button_pressed_twice_begins_one_run() -> None:
    first = head(NEW, RunKind.PROMOTE, "production", outcome=None)
    refusal = refused(ask(c.Promote(drawn=RUN), board([first], [DONE])))
    assert refusal.code is Code.STALE_PRESS
    assert "by ana" in refusal.says["reason"]
    done = head(NEW, RunKind.PROMOTE, "production")
    assert code(ask(c.Promote(drawn=RUN), board(standing=[DONE, done]))) is Code.ALREADY_LIVE


def test_a_promote_button_holds_while_the_next_deploy_is_already_under_way() -> None:
    begun(ask(c.Promote(drawn=RUN), board([head(OTHER_RUN, outcome=None, number=3)], [DONE])))


# ---------------------------------------------------------------- rollback


@pytest.mark.parametrize("command", [c.RollBack(), c.RollBack("canary"), c.RollBack(drawn=RUN)])
def test_promise_3_a_rollback_goes_to_the_pinned_way_back_point(command: c.Command) -> None:
    plan = begun(ask(command, board(standing=[DONE]), by=EVE))
    assert plan.goal == DONE.way_back == estates.snapshot()
    pressed = isinstance(command, c.RollBack) and command.drawn is not None
    assert bool(plan.undoes) is pressed
    if pressed:
        assert plan.undoes[0].same_traffic(estates.live(number=2))


def test_a_rollback_knows_the_release_that_it_goes_to() -> None:
    earlier = head(OTHER_RUN, number=1)
    plan = begun(ask(c.RollBack("canary"), board(standing=[DONE]), past=(DONE, earlier)))
    assert plan.release == estates.release(1)
    assert begun(ask(c.RollBack("canary"), board(standing=[DONE]), past=(DONE,))).release is None


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        ([], Code.NOTHING_TO_ROLL_BACK),
        ([UNDONE], Code.NO_WAY_BACK),
        ([replace(DONE, way_back=None)], Code.NO_WAY_BACK),
        ([head(way_back=Snapshot((Live("worker"),)))], Code.NO_WAY_BACK),
    ],
    ids=["nothing", "rolled back already", "unknown", "a first deploy"],
)
def test_a_rollback_is_refused(standing: list[Head], expected: Code) -> None:
    assert code(ask(c.RollBack("canary"), board(standing=standing))) is expected


def test_a_rollback_after_a_rollback_says_who_was_first() -> None:
    says = refused(ask(c.RollBack("canary"), board(standing=[UNDONE]))).says
    assert says["reason"] == "ana rolled it back already, Wed 18 Nov 13:05 UTC"


@pytest.mark.parametrize("command", [c.RollBack("canary"), c.RollBack(), c.RollBack(drawn=RUN)])
def test_a_rollback_during_a_run_aborts_it(command: c.Command) -> None:
    run = estates.started()
    decision = ask(command, board([OPEN], [head(OTHER_RUN)]), by=EVE, run=run)
    assert told(decision) == AbortRequested(actor(EVE), NOON)
    assert isinstance(decision, Tell)
    assert decision.expected == run.seq


def test_a_second_rollback_during_a_run_does_nothing() -> None:
    aborting = estates.started(AbortRequested(actor(EVE), NOON))
    assert code(ask(c.RollBack("canary"), board([OPEN]), run=aborting)) is Code.ALREADY_ABORTING
    rolling = head(kind=RunKind.ROLLBACK, outcome=None)
    run = estates.started(plan=estates.rolling_back())
    assert code(ask(c.RollBack("canary"), board([rolling], [DONE]), run=run)) is Code.ALREADY_ABORTING


@pytest.mark.parametrize(
    "on",
    [
        board([head(NEW, RunKind.ROLLBACK, outcome=None)], [DONE]),
        board([head(NEW, outcome=None)], [DONE]),
        board(standing=[UNDONE]),
        board(standing=[head(OTHER_RUN, number=3)]),
    ],
    ids=["pressed twice", "another run under way", "rolled back", "deployed since"],
)
def test_promise_8_a_late_or_second_press_of_rollback_begins_nothing(on: Board) -> None:
    assert code(decide_pressed(c.RollBack(drawn=RUN), on)) is Code.STALE_PRESS


def decide_pressed(command: c.Command, on: Board) -> Decision:
    """Also where `locate` would have refused it before: the decision does not lean on that."""
    site = estates.picture(c.RollBack("canary"), on).site
    return decide(estates.asked(command), Picture(estates.estate(), on, site), NEW)


def test_promise_8_a_stale_press_says_who_did_what_when() -> None:
    reason = refused(decide_pressed(c.RollBack(drawn=RUN), board(standing=[UNDONE]))).says["reason"]
    assert reason == "rollback 0000run2 by ana (Wed 18 Nov 13:05 UTC) came after it"


def test_a_rollback_to_a_named_release() -> None:
    past = (DONE, head(OTHER_RUN, number=1), head(OTHER_RUN, number=5, outcome=Outcome.ROLLED_BACK))
    on = board(standing=[DONE])
    sha = estates.commit(1).sha
    for name in (sha, sha[:7], sha[:7].upper()):
        plan = begun(ask(c.RollBack("canary", to=name), on, past=past))
        assert plan.release == estates.release(1)
        assert plan.goal is not None
        assert plan.goal.lives[0].same_traffic(estates.live())
    refusal = refused(ask(c.RollBack("canary", to="ffffff"), on, past=past))
    assert refusal.code is Code.UNKNOWN_RELEASE
    assert refusal.says["known"] == "cccccc2, cccccc1"


def test_after_a_failed_way_back_a_rollback_goes_to_that_runs_way_back_point() -> None:
    """Not past it, to the one before."""
    three = estates.snapshot(number=3)
    broken = replace(head(OTHER_RUN, outcome=Outcome.NEEDS_HANDS), way_back=three, touched=True)
    tried = head(NEW, RunKind.ROLLBACK, outcome=Outcome.NEEDS_HANDS)
    restored = head(NEW, outcome=Outcome.ROLLED_BACK)
    on = board(standing=[DONE])
    for past in ((broken, DONE), (tried, broken, DONE), (restored, broken, DONE)):
        assert begun(ask(c.RollBack("canary"), on, past=past)).goal == three
    for past in ((DONE, broken), (restored, DONE), (tried, DONE)):
        assert begun(ask(c.RollBack("canary"), on, past=past)).goal == DONE.way_back


def test_a_head_keeps_the_way_back_point_where_a_rollback_may_go() -> None:
    script: Script = {StepKind.HEALTH: How.FAIL}
    assert head_of(played(script)).way_back is None
    assert head_of(played({**script, StepKind.RESTORE: How.TROUBLE})).way_back == estates.snapshot()
    assert head_of(played({})).way_back == estates.snapshot()
    assert head_of(played({}, estates.rolling_back())).way_back is None


def played(script: Script, plan: Plan | None = None, until: StepKind | None = None) -> Run:
    return Walk(plan or estates.deploying(), script).go(until)


def test_a_head_says_where_its_run_is() -> None:
    assert head_of(estates.run()).state == "queued"
    assert head_of(estates.started()).state == "checkout"
    assert head_of(played({}, until=StepKind.HEALTH)).state == "health"
    assert head_of(played({StepKind.BUILD: How.TROUBLE})).state == "ended"
    succeeded = head_of(played({}))
    assert (succeeded.state, succeeded.release, succeeded.touched) == ("ended", estates.release(2), True)
    assert succeeded.subject == f"{estates.commit(2).short} Say hello in Welsh"
    assert head_of(estates.run()).subject == "main"


# ---------------------------------------------------------------- abort, approve, reject


def waiting(by: Actor | None = None, approvals: int = 1) -> Run:
    """A promotion that waits for its approval."""
    place = replace(estates.PRODUCTION, approvals=approvals)
    walked = Walk(estates.promoting(target(environments=[estates.CANARY, place])))
    walked.go(approve=False)
    return replace(walked.run, actor=by or actor())


def asking() -> Run:
    """A run whose way back asks about secrets."""
    walked = Walk(estates.deploying(), {StepKind.HEALTH: How.FAIL, StepKind.RESTORE: How.QUESTION})
    return walked.go(agree=False)


IN_PRODUCTION = board([head(kind=RunKind.PROMOTE, place="production", outcome=None)])


@pytest.mark.parametrize("command", [c.Abort(RUN), c.Approve(RUN), c.Reject(RUN)])
def test_a_run_that_is_not_known_or_over_is_refused(command: c.Command) -> None:
    assert code(ask(command)) is Code.UNKNOWN_RUN
    ended = played({})
    refusal = refused(ask(command, run=ended))
    assert refusal.code is Code.RUN_ENDED
    assert refusal.says["outcome"] == "succeeded"


def test_an_abort_is_heard_once() -> None:
    run = estates.started()
    assert told(ask(c.Abort(RUN), run=run)) == AbortRequested(actor(), NOON)
    aborting = estates.started(AbortRequested(actor(EVE), NOON))
    assert refused(ask(c.Abort(RUN), run=aborting)).says["who"] == "eve"
    back = played({StepKind.HEALTH: How.FAIL}, until=StepKind.RESTORE)
    assert refused(ask(c.Abort(RUN), run=back)).says["who"] == "the bot itself"


def test_a_second_person_lets_it_go() -> None:
    assert told(ask(c.Approve(RUN), IN_PRODUCTION, EVE, run=waiting())) == Approved(actor(EVE), NOON)
    assert told(ask(c.Approve(RUN, "release"), IN_PRODUCTION, MAX, run=waiting())) == Approved(actor(MAX), NOON)


@pytest.mark.parametrize("platform", estates.PLATFORMS)
def test_promise_10_own_approval_is_refused_from_every_account(platform: str) -> None:
    command = c.Approve(RUN)
    asked = estates.asked(command, actor(ANA, platform))
    decision = decide(asked, estates.picture(command, IN_PRODUCTION, told=waiting(by=actor(ANA, "slack"))), NEW)
    assert code(decision) is Code.OWN_APPROVAL


@pytest.mark.parametrize("platform", estates.PLATFORMS)
def test_promise_10_one_person_approves_once_from_however_many_accounts(platform: str) -> None:
    run = replace(waiting(approvals=2), approvals=(actor(EVE, "slack"),))
    command = c.Approve(RUN)
    decision = decide(
        estates.asked(command, actor(EVE, platform)), estates.picture(command, IN_PRODUCTION, told=run), NEW
    )
    assert code(decision) is Code.ALREADY_APPROVED


def test_a_deployer_is_no_second_pair_of_eyes() -> None:
    assert code(ask(c.Approve(RUN), IN_PRODUCTION, BOB, run=waiting())) is Code.NOT_ALLOWED


def test_somebody_who_lost_the_role_cannot_approve_any_more() -> None:
    demoted = estates.estate(people=[ANA, Person("eve", EVE.accounts, frozenset())])
    assert code(ask(c.Approve(RUN), IN_PRODUCTION, EVE, demoted, waiting())) is Code.NOT_ALLOWED


@pytest.mark.parametrize("drawn", [None, "release", "secrets"])
def test_an_approval_of_what_does_not_wait_is_refused(drawn: str | None) -> None:
    assert code(ask(c.Approve(RUN, drawn), by=EVE, run=estates.started())) is Code.NOT_WAITING
    if drawn == "secrets":
        assert code(ask(c.Approve(RUN, drawn), by=EVE, run=waiting())) is Code.NOT_WAITING
    if drawn == "release":
        assert code(ask(c.Approve(RUN, drawn), by=EVE, run=asking())) is Code.NOT_WAITING


def test_an_approval_that_comes_after_its_time_is_refused() -> None:
    """The bot may have been down when it expired, and hears the press first."""
    run = waiting()
    late = replace(estates.asked(c.Approve(RUN), actor(EVE)), at=NOON + timedelta(hours=4))
    assert code(decide(late, estates.picture(late.command, IN_PRODUCTION, told=run), NEW)) is Code.NOT_WAITING
    early = replace(late, at=NOON + timedelta(hours=4, seconds=-1))
    assert isinstance(decide(early, estates.picture(late.command, IN_PRODUCTION, told=run), NEW), Tell)


def test_promise_9_no_approval_lets_a_run_go_through_a_freeze_or_a_lock() -> None:
    frozen = replace(IN_PRODUCTION, freeze=FREEZE)
    assert code(ask(c.Approve(RUN), frozen, EVE, run=waiting())) is Code.FROZEN
    held = replace(IN_PRODUCTION, locks={("moltworker", "production"): estates.locked(actor(BOB), "production")})
    assert code(ask(c.Approve(RUN), held, EVE, run=waiting())) is Code.LOCKED
    assert isinstance(told(ask(c.Approve(RUN), held, EVE, run=waiting(by=actor(BOB)))), Approved)
    assert isinstance(told(ask(c.Reject(RUN), frozen, EVE, run=waiting())), Rejected)
    assert isinstance(told(ask(c.Approve(RUN), frozen, EVE, run=asking())), SecretsAccepted)


@pytest.mark.parametrize("by", [ANA, BOB, EVE, MAX])
@pytest.mark.parametrize("drawn", [None, "secrets"])
def test_whoever_may_roll_back_may_agree_about_secrets(by: Person, drawn: str | None) -> None:
    assert told(ask(c.Approve(RUN, drawn), by=by, run=asking())) == SecretsAccepted(actor(by), NOON)


def test_a_no_is_heard_where_something_waits() -> None:
    for run in (waiting(), asking()):
        assert told(ask(c.Reject(RUN), run=run)) == Rejected(actor(), NOON)
    assert code(ask(c.Reject(RUN), run=estates.started())) is Code.NOT_WAITING


# ---------------------------------------------------------------- the rest


@pytest.mark.parametrize("command", [c.Pause(), c.Resume(), c.Advance(), c.SetWeight(10)])
def test_what_only_a_rollout_knows_is_refused(command: c.Command) -> None:
    assert code(ask(command, board([OPEN]), run=estates.started())) is Code.NOT_A_ROLLOUT


@pytest.mark.parametrize("command", [c.ShowHelp(), c.WhoAmI(), c.ShowStatus(), c.ShowHistory(), c.ShowPlan("canary")])
def test_what_only_asks_leads_to_nothing(command: c.Command) -> None:
    assert code(ask(command)) is Code.UNKNOWN_VERB


@pytest.mark.parametrize("command", [c.Deploy("nope"), c.Promote("nope"), c.RollBack("nope"), c.Verify("nope")])
def test_a_place_that_was_not_found_begins_nothing(command: c.Command) -> None:
    assert code(ask(command)) is Code.NO_TARGET


def test_the_same_question_has_the_same_answer() -> None:
    for command in (c.Deploy("canary"), c.RollBack(), c.Promote()):
        assert ask(command, board(standing=[DONE])) == ask(command, board(standing=[DONE]))
