"""What is acknowledged was kept, whatever becomes of the link."""

import asyncio

from slack_bolt.context.ack.async_ack import AsyncAck

from adapters.slack.hearing import Hearing
from adapters.slack.inbound import Way
from bot.domain.commands import Intent
from bot.domain.refusal import Unheard
from tests.vendors.slack.people import People
from tests.vendors.slack.server import Server


async def test_what_comes_while_the_link_ends_is_kept_before_it_is_acknowledged(server: Server) -> None:
    """Whoever keeps it takes it up by himself where the link does not work on it any more."""
    ack = AsyncAck()  # type: ignore[no-untyped-call]  # the library has no types there
    happened: list[str] = []

    async def keep(intent: Intent) -> bool:
        happened.append("kept" if ack.response is None else "acknowledged before")
        return True

    async def work(intent: Intent, to: Way) -> None:
        happened.append("worked on")

    def refuse(why: Unheard, source: str) -> None:
        raise AssertionError(why, source)

    hearing, body = Hearing(keep, work, refuse), People(server).slash("/outrider-status")
    async with asyncio.TaskGroup() as group:
        hearing.begin(group)
        await hearing.end(1.0)
        await hearing.hear(ack, body)
    assert happened == ["kept"]
    assert ack.response is not None
