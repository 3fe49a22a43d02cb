"""Discord, as the bot gets to know of it: its variables, the forms of its ids, and how it is opened."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.discord.settings import Settings
from bot.ports.platform import ADDRESS, ChatPlatform, Form, Given, Opened, Variable

VARIABLES = (
    Variable("DISCORD_BOT_TOKEN", "The bot's token.", secret=True),
    Variable("DISCORD_API_BASE_URL", "Where Discord's API is.", "https://discord.com/api/v10", form=ADDRESS),
)
_COPY = "Switch on Developer Mode (Settings, Advanced), and copy the id: digits alone."


@asynccontextmanager
async def _opened(given: Given) -> AsyncIterator[Opened]:
    from adapters.discord.client import Discord  # noqa: PLC0415 - the library is loaded only where Discord is on

    own = Settings(
        bot_token=given.values["DISCORD_BOT_TOKEN"],
        base_url=given.values["DISCORD_API_BASE_URL"],
        proxy=given.proxy,
        certificates=given.certificates,
    )
    yield Opened(Discord(own, given.estate, given.clock, given.recent))


PLATFORM = ChatPlatform(
    name="discord",
    account=Form("[0-9]{1,20}", "is no account's id in Discord", _COPY),
    address=Form("[0-9]{1,20}", "is no channel's id in Discord", _COPY),
    about="Discord: on with a bot token",
    variables=VARIABLES,
    needs=(("DISCORD_BOT_TOKEN",),),
    open=_opened,
)
