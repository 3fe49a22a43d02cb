"""Turns at a rate: nobody is told "too many requests" who asked in turn.

Each name has a bucket that lets a few through at once and then one after every interval. Who would have to wait for
long is sent away with the time to come back at, so that a card is drawn with what is true by then.
"""

from dataclasses import dataclass
from datetime import timedelta

from bot.ports.clock import Clock
from bot.ports.errors import Temporary

PATIENCE = 5.0
"""Seconds that a turn is waited for."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` at once, then one every `every` seconds; so at most `burst + 60 / every` in any minute."""

    every: float
    burst: int


# Slack's documentation of rate limits: posts about one a second in a channel, short bursts pass; tier 3 is 50 a
# minute, tier 4 is 100 a minute, each for the whole workspace.
POSTS = Rate(1.0, 4)
TIER_3 = Rate(1.5, 10)
TIER_4 = Rate(0.75, 20)


class Pace:
    """Buckets by name, on the clock's elapsed seconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._full: dict[str, float] = {}
        """Name -> when its bucket is as it was in the beginning."""

    async def turn(self, name: str, rate: Rate) -> None:
        """Return when it is one's turn. Raises `Temporary` at once where that takes longer than `PATIENCE`."""
        now = self._clock.elapsed()
        full = max(self._full.get(name, now), now)
        wait = full - now - rate.every * (rate.burst - 1)
        if wait > PATIENCE:
            raise Temporary("Slack takes no more for the moment", retry_after=wait)
        self._full[name] = full + rate.every
        if wait > 0:
            await self._clock.sleep(timedelta(seconds=wait))

    def close(self, name: str, rate: Rate, seconds: float) -> None:
        """The platform said that this long nothing more is taken."""
        until = self._clock.elapsed() + seconds + rate.every * (rate.burst - 1)
        self._full[name] = max(self._full.get(name, 0.0), until)
