"""Asks the decisions, and reads their answers."""

from bot.domain import commands as c
from bot.domain.board import Board, Head
from bot.domain.decide import decide
from bot.domain.events import Event
from bot.domain.picture import Begin, Decision, Tell
from bot.domain.plan import Plan, StepKind
from bot.domain.refusal import Code, Refusal
from bot.domain.run import Run
from bot.domain.targets import Estate
from bot.domain.values import Person, RunId
from tests.fakes import estates
from tests.fakes.estates import ANA, RUN, actor
from tests.fakes.walk import Script, Walk

NEW = RunId("0000new1")


def ask(
    command: c.Command,
    on: Board | None = None,
    by: Person = ANA,
    of: Estate | None = None,
    run: Run | None = None,
    past: tuple[Head, ...] = (),
) -> Decision:
    """What the command leads to, asked in the room `ops`; a new run would be called `NEW`."""
    given = estates.picture(command, on, of, run, past)
    return decide(estates.asked(command, actor(by)), given, NEW)


def refused(decision: Decision) -> Refusal:
    """The refusal that it must be."""
    assert isinstance(decision, Refusal)
    return decision


def code(decision: Decision) -> Code:
    """The code of the refusal that it must be."""
    return refused(decision).code


def begun(decision: Decision) -> Plan:
    """The plan of the run that it must begin."""
    assert isinstance(decision, Begin)
    assert decision.event.run == NEW
    return decision.event.plan


def told(decision: Decision) -> Event:
    """The fact that it must tell the run `RUN`."""
    assert isinstance(decision, Tell)
    assert decision.run == RUN
    return decision.event


def played(script: Script, plan: Plan | None = None, until: StepKind | None = None) -> Run:
    """The run after going as far as it goes, or to that step."""
    return Walk(plan or estates.deploying(), script).go(until)
