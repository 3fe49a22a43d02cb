"""Waiting for news, or for a time, whichever comes first; by the injected clock."""

import asyncio
from datetime import timedelta

from bot.ports.clock import Clock


async def wait(clock: Clock, changed: asyncio.Event, span: timedelta | None) -> None:
    """Return once `changed` is set; after `span` it is set here. None waits for news alone."""
    if span is None:
        await changed.wait()
        return
    async with asyncio.TaskGroup() as group:
        alarm = group.create_task(_ring(clock, changed, span))
        await changed.wait()
        alarm.cancel()


async def _ring(clock: Clock, changed: asyncio.Event, span: timedelta) -> None:
    await clock.sleep(span)
    changed.set()
