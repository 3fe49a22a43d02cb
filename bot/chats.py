"""The chat platforms that are on, opened together.

Each library is loaded only where its platform is on: one that is off costs neither memory nor start-up time.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from bot.app.http import Handler
from bot.ports.chat import Chat
from bot.ports.clock import Clock
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Opened:
    """The platforms, and what they want to hear over HTTP: path -> handler of its POST requests."""

    chats: tuple[Chat, ...] = ()
    hooks: tuple[tuple[str, Handler], ...] = ()


@asynccontextmanager
async def opened_chats(settings: Settings, clock: Clock) -> AsyncIterator[Opened]:
    """Every platform that the settings turn on, until the block ends."""
    on = {platform.name for platform in settings.platforms if platform.on}
    async with AsyncExitStack() as stack:
        found = [
            await stack.enter_async_context(enter(settings, clock))
            for name, enter in (("slack", _slack), ("discord", _discord), ("telegram", _telegram))
            if name in on
        ]
        yield Opened(
            tuple(chat for one in found for chat in one.chats), tuple(hook for one in found for hook in one.hooks)
        )


@asynccontextmanager
async def _slack(settings: Settings, clock: Clock) -> AsyncIterator[Opened]:
    from adapters.slack.client import opened  # noqa: PLC0415 - see the head of this module
    from adapters.slack.settings import Settings as SlackSettings  # noqa: PLC0415 - see the head of this module

    own = SlackSettings(
        settings.slack.bot_token,
        settings.slack.app_token,
        settings.slack.signing_secret,
        settings.slack.base_url,
        settings.proxy,
        settings.certificates,
    )
    async with opened(own, clock) as slack:
        yield Opened((slack,), () if own.app_token else (("/slack/events", slack.webhook),))


@asynccontextmanager
async def _discord(settings: Settings, clock: Clock) -> AsyncIterator[Opened]:
    from adapters.discord.client import Discord  # noqa: PLC0415 - see the head of this module
    from adapters.discord.settings import Settings as DiscordSettings  # noqa: PLC0415 - see the head of this module

    own = DiscordSettings(settings.discord.bot_token, settings.discord.base_url, settings.proxy, settings.certificates)
    yield Opened((Discord(own, settings.estate, clock),))


@asynccontextmanager
async def _telegram(settings: Settings, clock: Clock) -> AsyncIterator[Opened]:
    from adapters.telegram.client import opened  # noqa: PLC0415 - see the head of this module
    from adapters.telegram.settings import Settings as TelegramSettings  # noqa: PLC0415 - see the head of this module

    own = TelegramSettings(
        settings.telegram.base_url,
        settings.telegram.bot_token,
        settings.telegram.webhook_secret,
        settings.telegram.webhook_url,
        rooms=tuple(room.addresses["telegram"] for room in settings.estate.rooms if "telegram" in room.addresses),
        proxy=settings.proxy,
    )
    async with opened(own, clock) as telegram:
        yield Opened((telegram,), (("/telegram/webhook", telegram.webhook),) if own.webhook_secret else ())
