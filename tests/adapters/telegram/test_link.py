"""The library's pools: what a cancelled call leaves behind."""

import asyncio

from adapters.telegram.link import Link
from tests.vendors.telegram.server import TOKEN, TelegramServer

STEPS = 24
"""Turns of the event loop within which a call is connected, sent and answered."""


async def asked(link: Link, server: TelegramServer, hold: int) -> int:
    """Status of a question for updates, held open for so long."""
    url = f"{server.url}/bot{TOKEN}/getUpdates?timeout={hold}"
    status, _ = await link.do_request(url, "POST", read_timeout=20.0, pool_timeout=1.0)
    return status


async def test_a_call_that_is_cancelled_at_any_moment_leaves_the_place_in_the_pool(server: TelegramServer) -> None:
    """A link is ended and begun anew with the same pool; one whose only place is taken would be deaf for ever."""
    link = Link(1)
    for steps in range(STEPS):
        async with asyncio.TaskGroup() as group:
            call = group.create_task(asked(link, server, 5))
            for _ in range(steps):
                await asyncio.sleep(0)
            call.cancel()
        assert await asked(link, server, 0) == 200, f"cancelled after {steps} steps"
    await link.shutdown()


async def test_calls_beside_a_cancelled_one_are_answered(server: TelegramServer) -> None:
    link = Link(2)
    async with asyncio.TaskGroup() as group:
        other = group.create_task(asked(link, server, 0))
        cancelled = group.create_task(asked(link, server, 5))
        await asyncio.sleep(0)
        cancelled.cancel()
    assert other.result() in {200, 409}
    assert await asked(link, server, 0) == 200
    await link.shutdown()
