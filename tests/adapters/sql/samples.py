"""Plain runs and events to write, told apart by a number."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from bot.domain import events
from bot.domain.board import Head
from bot.domain.board_events import BoardEvent
from bot.domain.plan import Plan, RunKind, StepKind
from bot.domain.targets import Component, Environment, Target
from bot.domain.values import Actor, Outcome, RunId

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ANA = Actor("console", "ana", "ana")
PLACE = Environment("canary", "https://moltworker-canary.acme.workers.dev")
PLAN = Plan(
    RunKind.DEPLOY,
    Target("moltworker", "https://github.com/acme/moltworker", "ops", (Component("worker"),), (PLACE,)),
    PLACE,
    (Component("worker"),),
    (StepKind.CHECKOUT, StepKind.DEPLOY),
    ref="main",
)

EVENT_CLASSES: tuple[type[Any], ...] = (*get_args(events.Event), *get_args(BoardEvent))


def run(number: int) -> RunId:
    return RunId(f"{number:08x}")


def at(number: int) -> datetime:
    return START + timedelta(seconds=number)


def requested(number: int, key: str = "") -> events.RunRequested:
    return events.RunRequested(run(number), PLAN, ANA, at(number), key)


def ended(number: int, outcome: Outcome = Outcome.SUCCEEDED) -> events.RunEnded:
    return events.RunEnded(outcome, "", at(number + 1))


def head(
    number: int,
    outcome: Outcome | None = None,
    target: str = "moltworker",
    environment: str = "canary",
    kind: RunKind = RunKind.DEPLOY,
    key: str = "",
) -> Head:
    over = at(number + 1) if outcome else None
    return Head(run(number), kind, target, environment, ANA, at(number), key, outcome=outcome, ended_at=over)
