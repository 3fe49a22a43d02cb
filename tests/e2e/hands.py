"""People who steer a run while it is under way, one deed after another, whether the bot lives just then or not.

What is typed while the bot is dead stands in the room until its next life reads it, as on a platform that keeps what
was not acknowledged. So each deed is one delivery, however often the bot dies over it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.domain.evidence import held_since
from bot.domain.plan import StepKind
from bot.domain.run import Run
from tests.e2e.play import Play

PATIENCE = 1800.0
"""Seconds in which a run must have come so far, though the bot may be killed dozens of times before that."""


@dataclass(frozen=True)
class Hand:
    """Somebody types this once the run has come so far."""

    when: Callable[[Run], bool]
    text: str


def at(weight: int) -> Callable[[Run], bool]:
    """The canary has that weight, read back, and something was measured."""
    return lambda run: run.rollout.weight == weight and held_since(run) is not None and bool(run.rollout.looks)


def held(weight: int) -> Callable[[Run], bool]:
    """Somebody holds the canary at that weight, read back."""
    return lambda run: at(weight)(run) and run.rollout.held_by is not None


def let_go(weight: int) -> Callable[[Run], bool]:
    """Nobody holds the canary at that weight any more."""
    return lambda run: at(weight)(run) and run.rollout.held_by is None


def asks_about_secrets(run: Run) -> bool:
    """A person has to agree before the older secrets come back."""
    return bool(run.question)


def deploying(run: Run) -> bool:
    """Wrangler is at it, or was when the bot died."""
    return any(act.step is StepKind.DEPLOY for act in run.open_acts)


@asynccontextmanager
async def steered(play: Play, key: str, hands: tuple[Hand, ...]) -> AsyncIterator[None]:
    """Somebody does each of these, in their order, while the block lasts."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(_steer(play, key, hands))
        yield
        task.cancel()


async def _steer(play: Play, key: str, hands: tuple[Hand, ...]) -> None:
    for hand in hands:

        async def so_far(hand: Hand = hand) -> bool | None:
            run = play.state(key)
            return True if run is not None and hand.when(run) else None

        await play.until(so_far, PATIENCE)
        play.type(hand.text)
