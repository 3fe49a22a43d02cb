"""A real adapter's link, kept by the bot in real time, with short intervals."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from tempfile import TemporaryDirectory

from adapters.sql.journal import open_journal
from adapters.system.clock import SystemClock
from bot.app.links import Links, Pace
from bot.domain.link import Link, LinkState
from bot.domain.values import Room
from bot.ports.chat import Chat, Intake
from tests.fakes.chat import FakeChat
from tests.fakes.estates import estate
from tests.fakes.world import fake_world


def span(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


QUICK = Pace(
    interval=span(0.1),
    again=span(0.05),
    settling=span(0.02),
    patience=span(5),
    deadline=span(8),
    pause=span(0.05),
    longest=span(0.2),
)

NEVER = timedelta(days=3650)
CALM = Pace(interval=NEVER, patience=NEVER, deadline=NEVER)
"""For real sockets on a virtual clock, whose minutes are over before a real answer can have come."""


@dataclass
class Kept:
    """The link of `platform`, and another platform, `console`, that tells the same room."""

    platform: str
    links: Links
    other: FakeChat

    @property
    def link(self) -> Link:
        return self.links.now[self.platform]

    async def until(self, state: LinkState, seconds: float = 20.0) -> None:
        async with asyncio.timeout(seconds):
            while self.link.state is not state:  # noqa: ASYNC110 - a value that anybody may read has no event
                await asyncio.sleep(0.005)

    async def told(self, *codes: str) -> None:
        """Return once exactly this was said on the other platform."""
        async with asyncio.timeout(20):
            while self.other.codes() != list(codes):  # noqa: ASYNC110 - a fake's list has no event
                await asyncio.sleep(0.005)


@asynccontextmanager
async def kept(chat: Chat, intake: Intake) -> AsyncIterator[Kept]:
    """Keep the link until the block ends."""
    other = FakeChat("console")
    room = Room("ops", {chat.platform: "here", "console": "there"})
    with TemporaryDirectory() as folder:
        async with open_journal(f"sqlite:///{folder}/journal.db") as journal:
            world = replace(fake_world(estate(rooms=(room,)), journal).world, clock=SystemClock())
            links = Links(world, [chat, other], QUICK)
            async with asyncio.TaskGroup() as group:
                task = group.create_task(links.serve(intake))
                try:
                    yield Kept(chat.platform, links, other)
                finally:
                    task.cancel()
