"""The log of what was refused: one line for each kind and source a minute, however much of it comes (`domain.once`)."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog

from bot.domain.once import SPAN, Line, Once, What
from bot.domain.refusal import Code, Unheard
from bot.ports.clock import Clock

log = structlog.get_logger("refusals")

HARMLESS = frozenset({*Code, Unheard.HEARD_BEFORE}) - {Code.UNKNOWN_PERSON, Code.NOT_ALLOWED}
"""Slips of people who may be here, and what platforms repeat by themselves; all else is a warning."""


class Refusals:
    """Takes note of refusals, from wherever they come."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._once = Once()
        self._some = asyncio.Event()

    def note(self, code: Code | Unheard, platform: str, source: str) -> None:
        """It was refused, and nothing was done. `source`: the account, or the address, that it came from."""
        self._tell(self._once.came(What(code.value, platform, source), self._clock.elapsed()))
        self._some.set()

    async def serve(self) -> None:
        """Tell what was counted, at the end of each minute, until cancelled."""
        while True:
            await self._some.wait()
            await self._clock.sleep(timedelta(seconds=SPAN))
            self._tell(self._once.due(self._clock.elapsed()))
            if not self._once.open:
                self._some.clear()

    def _tell(self, lines: Sequence[Line]) -> None:
        for line in lines:
            what = line.what
            tell = log.info if what.code in HARMLESS else log.warning
            tell("refused", code=what.code, platform=what.platform, source=what.source, times=line.times)
