"""The adapter with the real library, connected to the stand-in, and an intake that answers by a script."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from adapters.discord.client import Discord
from adapters.discord.settings import Settings
from adapters.system.clock import SystemClock
from bot.domain.commands import Intent, Origin
from bot.domain.targets import Estate
from bot.domain.values import Actor, Room
from bot.domain.verbs import VERBS, Kind
from bot.view.notice import Notice
from tests.fakes.estates import estate
from tests.fakes.intake import Keeps
from tests.vendors.discord.server import DiscordServer


class QuickClock(SystemClock):
    """Waits a hundredth of what it is asked to, and remembers what that was."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    async def sleep(self, span: timedelta) -> None:
        self.slept.append(span.total_seconds())
        await super().sleep(span / 100)


@dataclass
class Intake(Keeps):
    """Keeps what it hears, and answers each with `answers`; `hold` makes it wait."""

    answers: Sequence[Notice] = (Notice("begun", "Run k3v9x2mq: deploy moltworker.", run="k3v9x2mq"),)
    heard: list[Intent] = field(default_factory=list)
    hold: asyncio.Event | None = None

    async def __call__(self, intent: Intent) -> Sequence[Notice]:
        self.heard.append(intent)
        if self.hold is not None:
            await self.hold.wait()
        return self.answers


@dataclass
class Talk:
    """Everything a test needs."""

    server: DiscordServer
    chat: Discord
    intake: Intake
    clock: QuickClock
    listening: asyncio.Task[None]

    @property
    def room(self) -> str:
        return str(self.server.room.id)

    async def heard(self, number: int) -> None:
        await self.server.until(lambda: len(self.intake.heard) >= number)


def estate_at(address: str) -> Estate:
    """The usual estate, told in that channel."""
    return estate(rooms=(Room("ops", {"discord": address}),))


async def recent(kind: Kind, actor: Actor, origin: Origin) -> Sequence[str]:
    return ("k3v9x2mq", "z0z0z0z0") if kind is Kind.RUN else ("3f9c2d1",)


@asynccontextmanager
async def talking(
    server: DiscordServer,
    intake: Intake | None = None,
    offered: int = len(VERBS),
    token: str | None = None,
) -> AsyncIterator[Talk]:
    """Connected, with the commands offered; ended by cancellation, with nothing left behind."""
    before = asyncio.all_tasks()
    clock, hears = QuickClock(), intake or Intake()
    settings = Settings(token or server.world.token, server.base_url)
    chat = Discord(settings, estate_at(str(server.room.id)), clock, recent)
    sessions = server.gateway.identified
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(chat.listen(hears), name="listen")
        async with asyncio.timeout(30):
            await server.gateway.ready(sessions + 1)
        await server.until(lambda: len(server.world.commands) >= offered)
        yield Talk(server, chat, hears, clock, listening)
        listening.cancel()
    assert ours(before) == []


def ours(before: set[asyncio.Task[object]]) -> list[str]:
    """Names of tasks that were not there before, without the server's own."""
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    return [task.get_name() + " " + repr(task.get_coro()) for task in left if "aiohttp/web" not in _where(task)]


def _where(task: asyncio.Task[object]) -> str:
    code = getattr(task.get_coro(), "cr_code", None)
    return code.co_filename if code else ""
