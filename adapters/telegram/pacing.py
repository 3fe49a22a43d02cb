"""When the next call into a chat may be made.

Telegram's bounds (its bot FAQ): one message a second in a chat, twenty a minute in a group, thirty a second overall;
edits count. They are kept here and not by the library's own limiter, which lets a burst of twenty be followed by twenty
more within the minute, makes everybody wait for one flooded chat, and holds a card until it is out of date. Here
a wait of more than a moment is `Temporary`: the card is drawn when its time has come, as it looks then.

Edits leave a part of a group's minute to answers and notices, so that a busy card never silences the thread.
"""

from bisect import insort
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from adapters.telegram.place import Place
from bot.ports.clock import Clock
from bot.ports.errors import Temporary

MOMENT = 2.0
"""Seconds that a call waits for its turn itself."""
EDITS = 14
"""Of a group's twenty calls a minute, those that edits may be."""
_SLACK = 1.02
"""Windows are kept a little wider than Telegram's: calls do not arrive as evenly as they leave."""


@dataclass(frozen=True, slots=True)
class Window:
    """At most so many calls in so many seconds."""

    calls: int
    seconds: float

    def free(self, taken: list[float]) -> float:
        """The first time at which one more call fits."""
        return taken[-self.calls] + self.seconds * _SLACK if len(taken) >= self.calls else 0.0


OVERALL = Window(30, 1.0)
CHAT = Window(1, 1.0)
GROUP = Window(20, 60.0)
GROUP_EDITS = Window(EDITS, 60.0)


@dataclass
class Pacing:
    """Turns are taken in the order in which they are asked for; a turn that is taken is kept."""

    clock: Clock
    _all: list[float] = field(default_factory=list)
    _taken: Mapping[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    _closed: dict[int, float] = field(default_factory=dict)

    async def turn(self, place: Place, edit: bool = False) -> None:
        """Return when the call may be made. Raises `Temporary` where that is further off than a moment."""
        now = self.clock.elapsed()
        wait = self._free(place, edit) - now
        if wait > MOMENT:
            raise Temporary("Telegram takes no more messages in this chat for now", retry_after=wait)
        self._take(place, now + max(0.0, wait), now)
        await self.clock.sleep(timedelta(seconds=wait))

    def close(self, place: Place, seconds: float) -> None:
        """Telegram has said that it takes nothing in this chat for so long."""
        self._closed[place.chat] = self.clock.elapsed() + seconds

    def _free(self, place: Place, edit: bool) -> float:
        taken = self._taken[place.chat]
        windows = [CHAT, *([GROUP] if place.group else []), *([GROUP_EDITS] if place.group and edit else [])]
        return max(OVERALL.free(self._all), self._closed.get(place.chat, 0.0), *(one.free(taken) for one in windows))

    def _take(self, place: Place, when: float, now: float) -> None:
        for times, seconds in ((self._all, OVERALL.seconds), (self._taken[place.chat], GROUP.seconds)):
            insort(times, when)
            while times[0] < now - seconds * _SLACK:
                del times[0]
