"""The port `Metrics` at Cloudflare: the kinds of this folder by name, alive as long as the context.

`cloudflare` stands in `analytics.py`, `tail` in `tails.py`.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp

from adapters.cloudflare.analytics import Analytics
from adapters.cloudflare.client import opened, trusted
from adapters.cloudflare.left import Left
from adapters.cloudflare.settings import CloudflareSettings
from adapters.cloudflare.tailing import Line, Pace
from adapters.cloudflare.tails import Tails
from bot.ports.clock import Clock
from bot.ports.metrics import Metrics

PACE = Pace()


@asynccontextmanager
async def metrics(
    settings: CloudflareSettings, clock: Clock, pace: Pace = PACE
) -> AsyncIterator[Mapping[str, Metrics]]:
    """What counts for sources of the kinds `cloudflare` and `tail`. Tails that are open at the end are taken away, and
    at the beginning those that an earlier life has left.
    """
    async with opened(settings) as client, aiohttp.ClientSession(trust_env=False) as session:
        line = Line(session, trusted(settings), settings.proxy, Left(settings.workspace))
        trouble: Exception | None = None
        async with asyncio.TaskGroup() as group:
            tails = Tails(client, line, clock, group, pace)
            tails.sweep()
            try:
                yield {"cloudflare": Analytics(client, clock), "tail": tails}
            except Exception as raised:
                trouble = raised
            finally:
                tails.stop()
        # Raised inside of the group it would come out as a group of exceptions, which nobody outside expects.
        if trouble is not None:
            raise trouble
