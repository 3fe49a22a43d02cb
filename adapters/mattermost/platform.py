"""Mattermost, as the bot gets to know of it: its variables, the forms of its ids, and how it is opened."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.mattermost.inbound import COMMANDS, PRESSES
from adapters.mattermost.settings import Settings
from bot.ports.platform import ADDRESS, ChatPlatform, Form, Given, Opened, Variable

_ID = "[a-z0-9]{26}"
VARIABLES = (
    Variable("MATTERMOST_URL", "Where your Mattermost is, such as https://chat.example.com", form=ADDRESS),
    Variable(
        "MATTERMOST_BOT_TOKEN",
        "The bot account's access token.",
        secret=True,
        form=Form(_ID, "is no access token", "Take the token itself, 26 letters and digits, and not its id."),
    ),
    Variable(
        "MATTERMOST_CALLBACK_URL",
        "Where Mattermost reaches this bot's HTTP server, for buttons and slash commands.",
        form=ADDRESS,
    ),
    Variable(
        "MATTERMOST_COMMAND_TOKENS",
        "The tokens of the slash commands, with commas. Without them people mention the bot.",
        secret=True,
        form=Form(f"{_ID}( *, *{_ID})*", "is no list of tokens", "Write 26 letters and digits each, with commas."),
    ),
)


@asynccontextmanager
async def _opened(given: Given) -> AsyncIterator[Opened]:
    from adapters.mattermost.client import opened  # noqa: PLC0415 - loaded only where Mattermost is on

    tokens = given.values["MATTERMOST_COMMAND_TOKENS"].split(",")
    own = Settings(
        url=given.values["MATTERMOST_URL"],
        bot_token=given.values["MATTERMOST_BOT_TOKEN"],
        callback_url=given.values["MATTERMOST_CALLBACK_URL"],
        command_tokens=tuple(one.strip() for one in tokens if one.strip()),
        proxy=given.proxy,
        certificates=given.certificates,
    )
    async with opened(own, given.clock) as mattermost:
        yield Opened(mattermost, ((COMMANDS, mattermost.command), (PRESSES, mattermost.press)))


PLATFORM = ChatPlatform(
    name="mattermost",
    account=Form(_ID, "is no person's id in Mattermost", "Mention the bot with whoami: the id is what it says."),
    address=Form(_ID, "is no channel's id in Mattermost", "Channel name, View Info, at the bottom: 26 characters."),
    about="Mattermost: on with its address, a bot token and the bot's own address",
    variables=VARIABLES,
    needs=(("MATTERMOST_URL",), ("MATTERMOST_BOT_TOKEN",), ("MATTERMOST_CALLBACK_URL",)),
    open=_opened,
)
