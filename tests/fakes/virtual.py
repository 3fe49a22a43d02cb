"""Time that jumps: hours in milliseconds."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from bot.domain.values import RunId


class VirtualClock:
    """Time that jumps: a sleep ends as soon as nothing else can run, in the order in which the sleepers are due."""

    def __init__(self, start: datetime = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)) -> None:
        self._now = start
        self._begun = start
        self._runs = 0
        self._free = asyncio.Event()
        self._free.set()

    @contextmanager
    def held(self) -> Iterator[None]:
        """No sleep ends within the block. A minute lasts 60 ms otherwise: less than a socket may take, or a file."""
        self._free.clear()
        try:
            yield
        finally:
            self._free.set()

    def now(self) -> datetime:
        return self._now

    def elapsed(self) -> float:
        return (self._now - self._begun).total_seconds()

    async def sleep(self, span: timedelta) -> None:
        due = self._now + max(span, timedelta(0))
        await asyncio.sleep(max(span.total_seconds(), 0) / 1000)
        await self._free.wait()
        self._now = max(self._now, due)

    def new_run(self) -> RunId:
        self._runs += 1
        return RunId(f"{self._runs:0>8}")
