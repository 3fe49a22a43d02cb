"""When the next call into a chat may be made.

Telegram's bounds (its bot FAQ): one message a second in a chat, twenty a minute in a group, thirty a second overall;
edits count. They are kept here and not by the library's own limiter, which lets a burst of twenty be followed by twenty
more within the minute, makes everybody wait for one flooded chat, and holds a card until it is out of date. Here
a wait of more than a moment is `Temporary`: the card is drawn when its time has come, as it looks then.

The calls into one chat are made one after another and counted when they have come back, so that they are as far apart
for Telegram as they are here, however long each is on its way. Edits leave a part of a group's minute to answers and
notices: a busy card never silences the thread.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from adapters.telegram.place import Place
from bot.ports.clock import Clock
from bot.ports.errors import Temporary

MOMENT = 2.0
"""Seconds that a call waits for its turn itself."""
SECOND, MINUTE = 1.02, 60.5
"""A little more than Telegram's, whose clock is not ours."""
GROUP = 20
EDITS = 14
"""Of a group's twenty calls a minute, those that edits may be."""
OVERALL = 30


@dataclass
class Turns:
    """One chat's."""

    calls: deque[float] = field(default_factory=lambda: deque(maxlen=GROUP))
    closed: float = 0.0
    """Telegram takes nothing before this."""
    waiting: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def free(self, group: bool, edit: bool) -> float:
        """The first time at which one more call fits."""
        times = [self.closed]
        if self.calls:
            times.append(self.calls[-1] + SECOND)
        most = EDITS if edit else GROUP
        if group and len(self.calls) >= most:
            times.append(self.calls[-most] + MINUTE)
        return max(times)


@dataclass
class Pacing:
    """Turns are had in the order in which they were asked for."""

    clock: Clock
    _overall: deque[float] = field(default_factory=lambda: deque(maxlen=OVERALL))
    _turns: Mapping[int, Turns] = field(default_factory=lambda: defaultdict(Turns))

    @asynccontextmanager
    async def turn(self, place: Place, edit: bool = False) -> AsyncIterator[None]:
        """Make one call inside. Raises `Temporary` where its turn is further off than a moment."""
        turns = self._turns[place.chat]
        self._wait(turns, place, edit)
        turns.waiting += 1
        try:
            async with turns.lock:
                wait = self._wait(turns, place, edit, ahead=0)
                await self.clock.sleep(timedelta(seconds=wait))
                self._overall.append(self.clock.elapsed())
                try:
                    yield
                finally:
                    turns.calls.append(self.clock.elapsed())
        finally:
            turns.waiting -= 1

    def close(self, place: Place, seconds: float) -> None:
        """Telegram has said that it takes nothing in this chat for so long."""
        self._turns[place.chat].closed = self.clock.elapsed() + seconds

    def _wait(self, turns: Turns, place: Place, edit: bool, ahead: int | None = None) -> float:
        """Seconds until the turn; `ahead`: calls that come before."""
        now = self.clock.elapsed()
        first = max(turns.free(place.group, edit), self._overall[0] + SECOND if len(self._overall) == OVERALL else 0.0)
        wait = max(0.0, first - now) + SECOND * (turns.waiting if ahead is None else ahead)
        if wait > MOMENT:
            raise Temporary("Telegram takes no more messages in this chat for now", retry_after=wait)
        return wait
