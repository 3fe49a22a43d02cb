"""Locks and freezes: what they hold, and what they never hold."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain import commands as c
from bot.domain.board import Board, fold_board
from bot.domain.board_events import BoardEvent, Frozen, Locked, Unfrozen, Unlocked
from bot.domain.events import AbortRequested
from bot.domain.picture import Begin, Note
from bot.domain.plan import RunKind
from bot.domain.refusal import Code
from bot.domain.values import Person, RunId
from tests.fakes import estates
from tests.fakes.asking import ask, begun, code, refused, told
from tests.fakes.estates import ANA, BOB, MAX, NOON, OTHER_RUN, RUN, actor, board, head

OPEN = head(outcome=None)
DONE = head()
UNDONE = head(OTHER_RUN, RunKind.ROLLBACK, number=1, at=NOON + timedelta(hours=1))
FREEZE = Frozen(actor(MAX), "an incident", NOON)


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


def test_a_lock_stops_only_what_it_holds_when_its_owner_deploys() -> None:
    touched = replace(head(RUN, outcome=None), touched=True)
    rolling_back = head(OTHER_RUN, RunKind.ROLLBACK, outcome=None)
    waits, own = (replace(head(RunId(name), outcome=None), actor=actor(BOB)) for name in ("0000run7", "0000run8"))
    on = board([touched, rolling_back, waits, replace(own, actor=actor(ANA))], locks=[estates.locked(actor(ANA))])
    decision = ask(c.Deploy("canary"), replace(on, runs=(replace(touched, actor=actor(BOB)), *on.runs[1:])))
    assert isinstance(decision, Begin)
    assert decision.stops == (waits.run,)
    unlocked = ask(c.Deploy("canary"), replace(on, locks={}))
    assert isinstance(unlocked, Begin)
    assert unlocked.stops == ()
