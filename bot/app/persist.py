"""Trying again: what may be repeated is repeated after a pause, what is in doubt is asked about first."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import structlog

from bot.ports.clock import Clock
from bot.ports.errors import Doubtful, Temporary

Answer = TypeVar("Answer")

FORWARD = timedelta(minutes=6)
"""How long a passing trouble may hold up the way forward before the step fails: longer than the five minutes for which
Cloudflare turns away who has asked too much.
"""
BACKWARD = timedelta(minutes=30)
"""How long the way back is tried: giving up means that a person has to get up."""
PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between tries; the last one from then on."""
PATIENT = timedelta(seconds=10)
"""Trouble that passes sooner is not worth a word."""
DOUBTS = 5
"""How often what is in doubt is tried on the way forward, where a try may be a whole build and going back is safe."""

log = structlog.get_logger("persist")


def ignore(_reason: str) -> None:
    """For an act whose trouble is told when it has failed."""


async def persist(
    clock: Clock,
    patience: timedelta,
    attempt: Callable[[], Awaitable[Answer]],
    hindered: Callable[[str], None] = ignore,
) -> Answer:
    """Repeat `attempt` while it raises `Temporary`, until `patience` is over; then let the trouble through.

    `hindered` is called with the reason at each trouble that holds it up for `PATIENT` or longer, before it is waited
    out: who is told to come back in five minutes says so now.

    Only for what is safe to repeat: `Temporary` promises that nothing was done. Who says when to come back is obeyed,
    but never asked without any pause: some say "at once" for as long as they are in trouble.
    """
    begun, tries = clock.elapsed(), 0
    while True:
        try:
            return await attempt()
        except Temporary as trouble:
            pause = _pause(tries) if trouble.retry_after is None else max(trouble.retry_after, PAUSES[0])
            if clock.elapsed() - begun + pause > patience.total_seconds():
                raise
            tries += 1
            if clock.elapsed() - begun + pause >= PATIENT.total_seconds():
                hindered(trouble.reason)
            log.warning("in trouble; trying again", reason=trouble.reason, seconds=pause)
            await clock.sleep(timedelta(seconds=pause))


async def settle(
    clock: Clock,
    patience: timedelta,
    attempt: Callable[[], Awaitable[Answer]],
    ask: Callable[[], Awaitable[Answer | None]],
    asked_first: bool = False,
    doubts: int | None = DOUBTS,
    hindered: Callable[[str], None] = ignore,
) -> Answer:
    """Do something that must happen once: `ask` says whether it has (None: no), `attempt` does it.

    A doubtful attempt is never repeated before `ask` has said that it did not happen; an answer that is in doubt itself
    is asked for again. `asked_first` is for an act that an earlier life of the bot began. `doubts`: after how many it
    is given up, None for as many as `patience` allows.
    """
    begun, doubt = clock.elapsed(), asked_first
    tries = 0
    while True:
        try:
            if doubt and (answer := await persist(clock, patience, ask, hindered)) is not None:
                return answer
            return await persist(clock, patience, attempt, hindered)
        except Doubtful as trouble:
            tries += 1
            if clock.elapsed() - begun > patience.total_seconds() or tries == doubts:
                raise
            doubt, pause = True, _pause(tries)
            if clock.elapsed() - begun + pause >= PATIENT.total_seconds():
                hindered(trouble.reason)
            log.warning("in doubt; asking what became of it", reason=trouble.reason, seconds=pause)
            await clock.sleep(timedelta(seconds=pause))


def _pause(tries: int) -> float:
    return PAUSES[min(tries, len(PAUSES) - 1)]
