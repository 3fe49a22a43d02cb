"""The adapter against the stand-in, each reaching the other over HTTP, with what a test wants to look at."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from aiohttp import web

from adapters.mattermost.client import Mattermost, opened
from adapters.mattermost.inbound import COMMANDS, PRESSES
from adapters.mattermost.settings import Settings
from bot.domain.commands import Intent
from bot.ports.chat import Intake
from bot.ports.clock import Clock
from bot.view.notice import Notice
from tests.fakes.intake import Keeps
from tests.vendors.mattermost.server import MattermostServer
from tests.vendors.mattermost.state import TOKEN, id_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Heard(Keeps):
    """An intake that keeps what it was asked, and answers what it is told to. `held`: it waits for `go` first."""

    answer: Sequence[Notice] = ()
    intents: list[Intent] = field(default_factory=list)
    held: bool = False
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, intent: Intent) -> Sequence[Notice]:
        self.intents.append(intent)
        if self.held:
            await self.go.wait()
        return self.answer


@asynccontextmanager
async def opened_at(server: MattermostServer, clock: Clock, **more: object) -> AsyncIterator[Mattermost]:
    """The adapter with its paths mounted on an HTTP server, as the bot mounts them; `more` are its settings."""
    handlers: dict[str, Handler] = {}

    async def handle(request: web.Request) -> web.StreamResponse:
        return await handlers[request.path](request)

    app = web.Application()
    for path in (COMMANDS, PRESSES):
        app.router.add_post(path, handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.callback = f"http://127.0.0.1:{runner.addresses[0][1]}"
        settings = Settings(server.url, TOKEN, server.callback, (id_of("command"),), timeout=5.0, ping=0.3, grace=2.0)
        async with opened(replace(settings, **more), clock) as chat:  # type: ignore[arg-type]  # a test names the fields
            handlers |= {COMMANDS: chat.command, PRESSES: chat.press}
            yield chat
    finally:
        await runner.cleanup()


@asynccontextmanager
async def talking(server: MattermostServer, clock: Clock, intake: Intake, **more: object) -> AsyncIterator[Mattermost]:
    """The adapter listening, and stopped as the bot stops it."""
    async with opened_at(server, clock, **more) as chat, asyncio.TaskGroup() as group:
        task = group.create_task(chat.listen(intake))
        try:
            async with asyncio.timeout(30):
                await chat.connected.wait()
            yield chat
        finally:
            task.cancel()


async def until(what: Callable[[], object], seconds: float = 30.0) -> None:
    """Return once it is so."""
    async with asyncio.timeout(seconds):
        while not what():  # noqa: ASYNC110 - another program's state is what is polled
            await asyncio.sleep(0.005)
