"""Turns of the cards of one conversation: platforms count edits there, whichever message is edited.

A turn is held while a card is drawn, so that what comes meanwhile is drawn by the next one. Cards of runs that are over
come after those of runs under way: the card of a rollback never waits for the tidying up behind it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from bot.ports.clock import Clock


class Turns:
    """Had in the order in which they were asked for, `distance` apart."""

    def __init__(self, clock: Clock, distance: timedelta) -> None:
        self._clock = clock
        self._distance = distance
        self._free: datetime = clock.now()
        self._waiting = 0
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def turn(self, over: bool = False) -> AsyncIterator[None]:
        """Wait for the next one. `over`: for a card of a run that is over. Not counted until it is `used`."""
        if over:
            await self._clock.sleep(self._distance)
            while self._waiting:
                await self._clock.sleep(self._distance)
        self._waiting += not over
        try:
            async with self._lock:
                await self._clock.sleep(self._free - self._clock.now())
                yield
        finally:
            self._waiting -= not over

    def used(self) -> None:
        """A card was drawn, or tried to be."""
        self._free = self._clock.now() + self._distance
