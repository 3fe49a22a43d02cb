"""Telegram, as the bot gets to know of it: its variables, the forms of its ids, and how it is opened."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.telegram.settings import Settings
from bot.ports.platform import ADDRESS, ChatPlatform, Form, Given, Opened, Variable

VARIABLES = (
    Variable(
        "TELEGRAM_BOT_TOKEN",
        "The token that BotFather gave.",
        secret=True,
        form=Form(r"[0-9]+:[\w-]+", "is no bot token", "Take what BotFather wrote: digits, a colon, letters."),
    ),
    Variable(
        "TELEGRAM_WEBHOOK_SECRET",
        "Checks webhooks: 1 to 256 letters, digits, _ and -. Without it the bot polls.",
        secret=True,
        form=Form(r"[A-Za-z0-9_-]{1,256}", "has other characters", "Use up to 256 letters, digits, _ and -."),
    ),
    Variable(
        "TELEGRAM_WEBHOOK_URL",
        "Public address of the webhook, https://HOST/telegram/webhook: the bot registers it at each start. Empty:"
        " somebody has registered it, see adapters/telegram/README.md. Needs the secret.",
        form=Form(
            r"https://[^/\s?#:]+(:(443|80|88|8443))?/\S+",
            "is no address of a webhook",
            "Begin it with https:// and name the path; of ports Telegram calls 443, 80, 88 and 8443 alone.",
        ),
        guard="TELEGRAM_WEBHOOK_SECRET",
        unguarded="anybody could post there",
    ),
    Variable("TELEGRAM_API_BASE_URL", "Where Telegram's Bot API is.", "https://api.telegram.org", form=ADDRESS),
)

WEBHOOK = "/telegram/webhook"
"""Path of the bot's own HTTP server."""


@asynccontextmanager
async def _opened(given: Given) -> AsyncIterator[Opened]:
    from adapters.telegram.client import opened  # noqa: PLC0415 - the library is loaded only where Telegram is on

    own = Settings(
        base_url=given.values["TELEGRAM_API_BASE_URL"],
        bot_token=given.values["TELEGRAM_BOT_TOKEN"],
        webhook_secret=given.values["TELEGRAM_WEBHOOK_SECRET"],
        webhook_url=given.values["TELEGRAM_WEBHOOK_URL"],
        rooms=tuple(room.addresses["telegram"] for room in given.estate.rooms if "telegram" in room.addresses),
        proxy=given.proxy,
        certificates=given.certificates,
    )
    async with opened(own, given.clock) as telegram:
        yield Opened(telegram, ((WEBHOOK, telegram.webhook),) if own.webhook_secret else ())


PLATFORM = ChatPlatform(
    name="telegram",
    account=Form("[0-9]{1,19}", "is no account's id in Telegram", "Type /whoami there: the number is what it says."),
    address=Form(
        "-?[0-9]{1,19}(/(?!0*1$)[0-9]{1,10})?",
        "is no chat's id in Telegram",
        "Give its number, such as -1001234567890, with /7 behind it for topic 7 and nothing for the general one.",
    ),
    about="Telegram: on with a bot token",
    variables=VARIABLES,
    needs=(("TELEGRAM_BOT_TOKEN",),),
    open=_opened,
)
