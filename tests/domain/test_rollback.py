"""What a rollback leads to, and each press that came too late."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain import commands as c
from bot.domain.board import Board, Head, head_of
from bot.domain.decide import decide
from bot.domain.events import (
    AbortRequested,
)
from bot.domain.picture import Begin, Decision, Picture, Tell
from bot.domain.plan import RunKind, StepKind
from bot.domain.refusal import Code
from bot.domain.values import Live, Outcome, Snapshot
from tests.fakes import estates
from tests.fakes.asking import NEW, ask, begun, code, played, refused, told
from tests.fakes.estates import EVE, NOON, OTHER_RUN, RUN, actor, board, head
from tests.fakes.walk import How, Script

OPEN = head(outcome=None)
DONE = head()
UNDONE = head(OTHER_RUN, RunKind.ROLLBACK, number=1, at=NOON + timedelta(hours=1))


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
    waiting = head(NEW, outcome=None)
    decision = ask(command, board([replace(OPEN, touched=True), waiting], [head(OTHER_RUN)]), by=EVE, run=run)
    assert told(decision) == AbortRequested(actor(EVE), NOON)
    assert isinstance(decision, Tell)
    assert decision.expected == run.seq
    assert decision.stops == (NEW,), "what waits must not go live after it"


@pytest.mark.parametrize("command", [c.RollBack("canary"), c.RollBack("canary", drawn=OTHER_RUN)])
def test_a_rollback_past_a_run_that_has_changed_nothing_stops_it_and_goes_back(command: c.Command) -> None:
    decision = ask(command, board([OPEN], [head(OTHER_RUN)]), by=EVE, run=estates.started())
    assert isinstance(decision, Begin)
    assert decision.event.plan.goal == head(OTHER_RUN).way_back
    assert decision.stops == (OPEN.run,)


def test_a_rollback_to_a_release_stops_the_run_under_way() -> None:
    past = (head(OTHER_RUN),)
    decision = ask(c.RollBack("canary", to="cccccc2"), board([OPEN], past), by=EVE, run=estates.started(), past=past)
    assert isinstance(decision, Begin)
    assert decision.stops == (OPEN.run,)


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
        board(standing=[UNDONE]),
        board(standing=[head(OTHER_RUN, number=3)]),
    ],
    ids=["pressed twice", "rolled back", "deployed since"],
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


def test_a_head_says_where_its_run_is() -> None:
    assert head_of(estates.run()).state == "queued"
    assert head_of(estates.started()).state == "checkout"
    assert head_of(played({}, until=StepKind.HEALTH)).state == "health"
    assert head_of(played({StepKind.BUILD: How.TROUBLE})).state == "ended"
    succeeded = head_of(played({}))
    assert (succeeded.state, succeeded.release, succeeded.touched) == ("ended", estates.release(2), True)
    assert succeeded.subject == f"{estates.commit(2).short} Say hello in Welsh"
    assert head_of(estates.run()).subject == "main"


def test_roll_back_on_the_earlier_card_stops_the_run_that_is_changing_what_is_live() -> None:
    run = estates.started()
    on = board([replace(OPEN, touched=True)], [head(OTHER_RUN)])
    decision = ask(c.RollBack("canary", drawn=OTHER_RUN), on, by=EVE, run=run)
    assert told(decision) == AbortRequested(actor(EVE), NOON)
