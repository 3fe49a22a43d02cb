"""The chat platforms that are on, opened together.

Each library is loaded only where its platform is on: one that is off costs neither memory nor start-up time.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from bot.app.recent import Recents
from bot.app.world import World
from bot.ports.chat import Chat
from bot.ports.platform import Given, Handler
from bot.settings import Platform, Settings, chat_platforms


@dataclass(frozen=True, slots=True)
class Chats:
    """The platforms, and what they want to hear over HTTP: path -> handler of its POST requests."""

    chats: tuple[Chat, ...] = ()
    hooks: tuple[tuple[str, Handler], ...] = ()


@asynccontextmanager
async def opened_chats(settings: Settings, world: World) -> AsyncIterator[Chats]:
    """Every platform that the settings turn on, until the block ends."""
    on = {platform.name: platform for platform in settings.platforms if platform.on}
    async with AsyncExitStack() as stack:
        found = [
            await stack.enter_async_context(one.open(_given(on[one.name], settings, world)))
            for one in chat_platforms()
            if one.open is not None and one.name in on
        ]
        yield Chats(tuple(one.chat for one in found), tuple(hook for one in found for hook in one.hooks))


def _given(platform: Platform, settings: Settings, world: World) -> Given:
    return Given(
        values=platform.values,
        estate=settings.estate,
        clock=world.clock,
        recent=Recents(world),
        proxy=settings.proxy,
        certificates=settings.certificates,
    )
