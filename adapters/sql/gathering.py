"""Deliveries that come at once are kept in one commit: each waits for the disk once, and not for all before it.

While one commit is under way, those that come gather; the first of them then takes all along. What fails, fails for
each that was in it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.commands import Intent


@dataclass(eq=False)
class Kept:
    """A delivery on its way to the disk: `new` or `fault` is set once it is known."""

    intent: Intent
    at: datetime
    new: bool | None = None
    fault: Exception | None = None


class Gathering:
    """`write` keeps some deliveries in one commit, and says of each whether it was new."""

    def __init__(self, write: Callable[[Sequence[Kept]], Awaitable[Sequence[bool]]]) -> None:
        self._write = write
        self._waiting: list[Kept] = []
        self._turn = asyncio.Lock()

    async def keep(self, intent: Intent, at: datetime) -> bool:
        """True where it was new. Raises what writing raised."""
        one = Kept(intent, at)
        self._waiting.append(one)
        async with self._turn:
            if one in self._waiting:
                await self._all()
        if one.fault is not None:
            raise one.fault
        return bool(one.new)

    async def _all(self) -> None:
        gathered, self._waiting = self._waiting, []
        try:
            found = await self._write(gathered)
        except Exception as fault:
            for one in gathered:
                one.fault = fault
        else:
            for one, new in zip(gathered, found, strict=True):
                one.new = new

    async def settle(self) -> None:
        """Wait for the commit that is under way."""
        async with self._turn:
            pass
