"""The machine's clock, and names by its secure source of chance: implements `bot.ports.clock.Clock`.

A machine's wall clock may be set back by hours (a wrong one that is corrected after the start). Everything that is due
at a time of day would then stand still for as long: no look at a canary, no round of a watch. So `now` never goes back:
where the wall clock has, it goes on from what was told before, at nine tenths of the pace, until the wall clock has
caught up. Forward it is followed at once: a laptop that slept tells the time.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bot.domain.values import RunId

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no i, l, o and u, which people read or hear as something else."""


PACE = 0.9
"""Of time, while the wall clock is behind what was told."""


def _wall() -> datetime:
    return datetime.now(UTC)


class SystemClock:
    """The only place where the clock is read."""

    def __init__(self, wall: Callable[[], datetime] = _wall, steady: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._steady = steady
        self._told = wall()
        self._at = steady()

    def now(self) -> datetime:
        """The wall clock, UTC, but never earlier than it was before."""
        at = self._steady()
        went = self._told + timedelta(seconds=(at - self._at) * PACE)
        self._told, self._at = max(self._wall(), went), at
        return self._told

    def elapsed(self) -> float:
        """Seconds on the monotonic clock."""
        return self._steady()

    async def sleep(self, span: timedelta) -> None:
        """Return after that span; at once where it is not positive."""
        if span > timedelta(0):
            await asyncio.sleep(span.total_seconds())

    def new_run(self) -> RunId:
        """Forty random bits, as eight characters."""
        return RunId("".join(secrets.choice(_DIGITS) for _ in range(8)))
