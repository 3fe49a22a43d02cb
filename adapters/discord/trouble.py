"""What can go wrong at Discord, as the ports' decisions.

Code numbers are Discord's (developer documentation, "Opcodes and Status Codes").
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import discord

from bot.ports.errors import Permanent, Temporary, Trouble

UNKNOWN_CHANNEL = 10003
UNKNOWN_MESSAGE = 10008
OLD_EDITS = 30046
"""A message older than one hour was edited too often."""
ACKNOWLEDGED = 40060
ARCHIVED = 50083
NO_HISTORY = 160002
"""A message may be answered only by who may read the channel's history."""
THREAD_EXISTS = 160004
NETWORK = (OSError, TimeoutError, asyncio.IncompleteReadError, aiohttp.ClientError)
"""The request went out, and nobody knows whether it arrived."""
RIGHTS = "view the channel, send messages, also in threads, create public threads, and attach files"


@contextmanager
def translated() -> Iterator[None]:
    """Errors of the library leave this block as `Temporary` or `Permanent`."""
    try:
        yield
    except (discord.DiscordException, *NETWORK) as error:
        raise trouble_of(error) from error


def trouble_of(error: BaseException) -> Trouble:
    """What the error means for the one who asked."""
    match error:
        case discord.RateLimited():
            return Temporary("Discord asks to wait", retry_after=error.retry_after)
        case discord.HTTPException():
            return _refused(error)
        case discord.LoginFailure() | discord.PrivilegedIntentsRequired() | discord.ConnectionClosed():
            return Permanent(f"Discord does not let the bot in: {_why(error)}")
        case _:
            return Temporary("Discord did not answer")


def _refused(error: discord.HTTPException) -> Trouble:
    match error.status:
        case 429:
            return Temporary("Discord asks to wait", retry_after=_retry_after(error))
        case status if status >= 500:
            return Temporary(f"Discord answered {status}")
        case 401:
            return Permanent("Discord does not take the bot's token: set DISCORD_BOT_TOKEN anew")
        case 403:
            return Permanent(f"Discord forbids it (code {error.code}): give the bot the rights to {RIGHTS}")
        case 404:
            return Permanent(f"Discord does not know this place (code {error.code}): look at the room's discord id")
        case status:
            return Permanent(f"Discord refuses the message ({status}, code {error.code})")


def _retry_after(error: discord.HTTPException) -> float | None:
    """Seconds that the answer asks to wait, where it says so."""
    try:
        return float(error.response.headers["Retry-After"])
    except (KeyError, ValueError):
        return None


_CLOSES = {
    4004: "it does not take the token; set DISCORD_BOT_TOKEN anew",
    4013: "it does not know what the bot listens to; update the bot",
    4014: "what the bot listens to is not allowed to it; look at its intents in the developer portal",
}


def _why(error: discord.DiscordException) -> str:
    if isinstance(error, discord.LoginFailure):
        return _CLOSES[4004]
    code = error.code if isinstance(error, discord.ConnectionClosed) else 4014
    return _CLOSES.get(code, f"it closed the connection with code {code}")
