"""Reading a list until it has stopped changing: after a lost answer a request may still be on its way."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from bot.ports.clock import Clock
from bot.ports.errors import Doubtful

PAUSE = timedelta(seconds=1)
SETTLE = 3
"""Readings in a row, one pause apart, that must be the same."""
LONGEST_SETTLE = 30
"""Readings after which a list that keeps changing is given up."""
SHOWS_WITHIN = 8
"""Readings, one pause apart, in which a change must show."""
T = TypeVar("T")


async def settled(read: Callable[[], Awaitable[T]], clock: Clock, what: str) -> T:
    """What was read once it has stayed the same for `SETTLE` readings; `Doubtful` names `what` keeps changing."""
    before = await read()
    same = 1
    for _ in range(LONGEST_SETTLE):
        if same >= SETTLE:
            return before
        await clock.sleep(PAUSE)
        now = await read()
        same = same + 1 if now == before else 1
        before = now
    raise Doubtful(f"{what} keeps changing.")
