"""A way in which something comes from a chat platform, with what should never be obeyed on it.

`ana` may deploy, `vic` only looks, and a stranger is nobody. What cannot be on a way is named in `not_here`, with the
reason.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from bot.domain.targets import Estate
from bot.domain.values import Person, Role, Room
from bot.ports.chat import Chat
from bot.ports.platform import Handler
from tests.fakes.estates import estate

FORGED = "rollback:00000000"
"""What a button of a run that never was would carry."""
NO_REQUESTS = "nobody sends requests: the bot opened the connection itself, with its token"


@dataclass(frozen=True)
class Attempt:
    """`code`: what it is refused as. `act` does it once more each time, and says whether the platform was answered as
    it should be; `shown` counts how often a person read why.
    """

    code: str
    act: Callable[[], Awaitable[bool]]
    shown: Callable[[], int] | None = None
    many: int = 1
    """Deliveries each time."""


@dataclass(frozen=True)
class Way:
    """`attempts`: name -> how; `not_here`: name -> why not."""

    chat: Chat
    estate: Estate
    begin: Callable[[], Awaitable[object]]
    """What comes before them: something that is obeyed, and comes again in `a replay`."""
    ready: Callable[[], Awaitable[object]]
    attempts: Mapping[str, Attempt]
    not_here: Mapping[str, str]


def people(platform: str, ana: str, vic: str, address: str) -> Estate:
    """An estate of two people and a room on that platform."""
    roles = {"ana": (ana, Role.DEPLOYER), "vic": (vic, Role.VIEWER)}
    found = [Person(name, {platform: account}, frozenset({role})) for name, (account, role) in roles.items()]
    return estate(people=found, rooms=(Room("ops", {platform: address}),))


@asynccontextmanager
async def mounted(handler: Handler) -> AsyncIterator[str]:
    """An HTTP server with that one handler; its address."""
    app = web.Application()
    app.router.add_post("/hook", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    finally:
        await runner.cleanup()
