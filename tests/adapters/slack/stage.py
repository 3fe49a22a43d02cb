"""The adapter against the stand-in, with what a test wants to look at."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from adapters.slack.client import Slack, opened
from adapters.slack.settings import Settings
from bot.domain.commands import Intent
from bot.ports.chat import Intake
from bot.ports.clock import Clock
from bot.view.notice import Notice
from tests.fakes.intake import Keeps
from tests.vendors.slack.people import People
from tests.vendors.slack.server import Server
from tests.vendors.slack.workspace import APP_TOKEN, BOT_TOKEN

ROOM = "C0OPS"


@dataclass
class Heard(Keeps):
    """An intake that keeps what it was asked, and answers what it is told to. `held`: it waits for `go` first."""

    intents: list[Intent] = field(default_factory=list)
    answer: Sequence[Notice] = ()
    held: bool = False
    go: asyncio.Event = field(default_factory=asyncio.Event)
    done: int = 0

    async def __call__(self, intent: Intent) -> Sequence[Notice]:
        self.intents.append(intent)
        if self.held:
            await self.go.wait()
        self.done += 1
        return self.answer


def settings_for(server: Server, **more: object) -> Settings:
    """Socket Mode against that server; quick to notice that a line is dead."""
    made = Settings(BOT_TOKEN, APP_TOKEN, base_url=server.url, timeout=5.0, ping=0.2, deaf=20.0, grace=2.0)
    return replace(made, **more)  # type: ignore[arg-type]  # a test names the fields


@asynccontextmanager
async def talking(settings: Settings, clock: Clock, intake: Intake) -> AsyncIterator[Slack]:
    """The adapter listening, and stopped as the bot stops it."""
    async with opened(settings, clock) as chat, asyncio.TaskGroup() as group:
        task = group.create_task(chat.listen(intake))
        try:
            async with asyncio.timeout(20):
                await chat.connected.wait()
            yield chat
        finally:
            task.cancel()


async def until(what: Callable[[], bool], seconds: float = 30.0) -> None:
    """Return once it is so."""
    async with asyncio.timeout(seconds):
        while not what():  # noqa: ASYNC110 - another program's state is what is polled
            await asyncio.sleep(0.005)


__all__ = ["ROOM", "Heard", "People", "settings_for", "talking", "until"]
