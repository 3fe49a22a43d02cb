"""Buttons that outlived what they were drawn for: the same run, in another state."""

from dataclasses import replace

from bot.domain import commands as c
from bot.domain.events import Rejected
from bot.domain.fold import evolve
from bot.domain.press import parse_token
from bot.domain.refusal import Code
from bot.domain.rollout_events import Overtaken, Resumed
from bot.domain.run import Run
from bot.view.card import card
from tests.domain.moments import rolling
from tests.domain.test_answers import asking, waiting
from tests.fakes.asking import ask, code, told
from tests.fakes.estates import ANA, EVE, NOON, RUN, actor
from tests.fakes.rolling import theirs

SHOWN = "0000rxn1"
"""A name as the clock draws it, in place of the one that reads well in tests."""


def button(run: Run, verb: str) -> c.Command:
    """What that button of the card means."""
    drawn = [one.token for one in card(run, NOON).buttons if one.token.startswith(f"{verb}:")]
    assert len(drawn) == 1
    command = parse_token(drawn[0].replace(RUN, SHOWN))
    assert isinstance(command, c.Reject | c.Resume)
    return replace(command, run=RUN)


def test_promise_8_a_no_to_a_release_is_no_no_to_its_way_back() -> None:
    """A run that was approved, went wrong and asks about secrets on its way back: the late press must not strand it."""
    drawn = button(waiting(), "reject")
    assert told(ask(drawn, by=EVE, run=waiting())) == Rejected(actor(EVE), NOON)
    assert code(ask(drawn, by=EVE, run=asking())) is Code.NOT_WAITING
    about = button(asking(), "reject")
    assert told(ask(about, by=EVE, run=asking())) == Rejected(actor(EVE), NOON)
    assert code(ask(about, by=EVE, run=waiting())) is Code.NOT_WAITING


def test_a_typed_no_means_whatever_waits() -> None:
    for run in (waiting(), asking()):
        assert told(ask(c.Reject(run.id), by=EVE, run=run)) == Rejected(actor(EVE), NOON)


def test_promise_8_resume_of_a_pause_does_not_go_on_over_somebody_elses_deploy() -> None:
    """What is live was taken back by hand meanwhile: that somebody wanted to go on before says nothing of that."""
    paused = rolling("paused", c.Pause()).run
    drawn = button(paused, "resume")
    assert told(ask(drawn, by=ANA, run=paused)) == Resumed(actor(ANA), NOON)
    taken = taken_over(paused)
    assert code(ask(drawn, by=ANA, run=taken)) is Code.STALE_PRESS
    assert isinstance(told(ask(button(taken, "resume"), by=ANA, run=taken)), Resumed)
    assert code(ask(button(taken, "resume"), by=ANA, run=paused)) is Code.STALE_PRESS
    assert isinstance(told(ask(c.Resume(), by=ANA, run=taken)), Resumed)


def taken_over(run: Run) -> Run:
    """The run after somebody else's deploy was found."""
    return evolve(run, Overtaken(theirs("worker"), NOON))
