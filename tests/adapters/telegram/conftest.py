"""The real client library over sockets, against a Telegram on this machine; both live by one virtual clock."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from adapters.telegram.client import Telegram, opened
from adapters.telegram.settings import Settings
from bot.domain.commands import Intent
from bot.ports.chat import Intake
from bot.ports.errors import Temporary
from bot.view.notice import Notice
from tests.fakes.intake import Keeps
from tests.fakes.world import VirtualClock
from tests.vendors.telegram.server import TOKEN, Chat, TelegramServer

GROUP = -1001234567890
FORUM = -1009876543210
TOPIC = 7
SECRET = "hook_secret-1"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
async def server(clock: VirtualClock) -> AsyncIterator[TelegramServer]:
    async with TelegramServer(lambda: clock.now().timestamp()).serving() as one:
        yield one


@pytest.fixture
def group(server: TelegramServer) -> Chat:
    return server.chat(GROUP)


@pytest.fixture
async def telegram(server: TelegramServer, group: Chat, clock: VirtualClock) -> AsyncIterator[Telegram]:
    async with opened(settings(server), clock) as chat:
        yield chat


def settings(server: TelegramServer, token: str = TOKEN, secret: str = "", webhook: str = "") -> Settings:
    rooms = (str(GROUP), f"{FORUM}/{TOPIC}")
    return Settings(server.url, token, webhook_secret=secret, webhook_url=webhook, rooms=rooms, poll=5)


@dataclass
class Hearing(Keeps):
    """An intake that keeps what it hears, answers as told, and waits where it is told to."""

    answer: tuple[Notice, ...] = ()
    intents: list[Intent] = field(default_factory=list)
    hold: asyncio.Event | None = None

    async def __call__(self, intent: Intent) -> tuple[Notice, ...]:
        if self.hold is not None:
            await self.hold.wait()
        self.intents.append(intent)
        return self.answer


@asynccontextmanager
async def listening(chat: Telegram, intake: Intake) -> AsyncIterator[None]:
    """The platform listens until the block ends; then nothing of it is left."""
    before = asyncio.all_tasks()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(chat.listen(intake))
        try:
            yield
        finally:
            task.cancel()
    assert {one for one in asyncio.all_tasks() - before if (one.get_name() or "").startswith("update")} == set()


async def until(holds: Callable[[], object], seconds: float = 30.0) -> None:
    """Return when it holds; fail where it does not within that time."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - what is waited for happens in a server that knows no event of ours
            await asyncio.sleep(0.002)


async def persist(call: Callable[[], Awaitable[object]], clock: VirtualClock) -> int:
    """Do what the feed does with `Temporary`: wait as long as it says, and try again. How often it took."""
    for tries in range(1, 200):
        try:
            await call()
        except Temporary as trouble:
            await clock.sleep(timedelta(seconds=1.0 if trouble.retry_after is None else trouble.retry_after))
        else:
            return tries
    raise AssertionError("it never worked")
