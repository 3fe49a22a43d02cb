"""A release that somebody takes back where it was verified is not promoted from there."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain import commands as c
from bot.domain.board import Head
from bot.domain.picture import Begin, Tell
from bot.domain.plan import RunKind
from bot.domain.refusal import Code
from bot.domain.values import Outcome, RunId
from tests.fakes import estates
from tests.fakes.asking import NEW, ask, begun, code, refused
from tests.fakes.estates import BOB, NOON, OTHER_RUN, RUN, actor, board, head

DONE = head()
BACK = replace(head(OTHER_RUN, RunKind.ROLLBACK, outcome=None, at=NOON + timedelta(hours=1)), actor=actor(BOB))
TRIED = replace(BACK, outcome=Outcome.NEEDS_HANDS, ended_at=NOON + timedelta(hours=2))


def promotion(number: int = 2, touched: bool = False, name: RunId = OTHER_RUN) -> Head:
    return replace(head(name, RunKind.PROMOTE, "production", outcome=None, number=number), touched=touched)


def test_promise_2_no_release_is_promoted_while_it_is_rolled_back() -> None:
    on = board([BACK], [DONE])
    assert code(ask(c.Promote(), on)) is Code.STILL_WATCHED
    refusal = refused(ask(c.Promote(drawn=RUN), on))
    assert refusal.code is Code.STALE_PRESS
    assert refusal.says["reason"] == "rollback 0000run2 by bob (Wed 18 Nov 13:00 UTC) is under way"


@pytest.mark.parametrize("drawn", [None, RUN])
def test_promise_2_no_release_is_promoted_after_a_rollback_of_it_that_failed(drawn: str | None) -> None:
    refusal = refused(ask(c.Promote(drawn=drawn), board(standing=[DONE]), past=(TRIED, DONE)))
    assert refusal.code is (Code.STALE_PRESS if drawn else Code.TRIED_BACK)
    begun(ask(c.Promote(drawn=drawn), board(standing=[DONE]), past=(DONE, TRIED)))
    begun(ask(c.Promote(drawn=drawn), board(standing=[DONE]), past=(replace(TRIED, environment="staging"), DONE)))


@pytest.mark.parametrize("command", [c.RollBack("canary"), c.RollBack(drawn=RUN), c.RollBack("canary", to="cccccc1")])
def test_promise_2_a_rollback_stops_the_promotion_that_leans_on_what_it_undoes(command: c.Command) -> None:
    past = (DONE, head(NEW, number=1))
    decision = ask(command, board([promotion()], [DONE]), past=past)
    assert isinstance(decision, Begin)
    assert decision.stops == (OTHER_RUN,)


@pytest.mark.parametrize("other", [promotion(touched=True), promotion(number=1)], ids=["under way", "another release"])
def test_a_rollback_leaves_other_promotions_alone(other: Head) -> None:
    """One that has changed something has evidence of its own, and an abort of its own."""
    decision = ask(c.RollBack("canary"), board([other], [DONE]))
    assert isinstance(decision, Begin)
    assert decision.stops == ()


def test_an_abort_in_canary_leaves_promotions_of_what_was_there_before() -> None:
    under_way = replace(head(RUN, outcome=None, number=3), touched=True)
    on = board([under_way, promotion()], [head(RunId("0000run7"))])
    decision = ask(c.RollBack("canary"), on, run=estates.started())
    assert isinstance(decision, Tell)
    assert decision.stops == ()
