"""Updates as Telegram posts them to the bot's own HTTP server.

Answered with 200 when the intake has kept what the update asks for. What is not Telegram's is refused before it is
read: the secret that was given to setWebhook comes back in a header, and is compared in constant time.
"""

import asyncio
import hmac
import json
from collections.abc import Mapping
from datetime import datetime

import structlog
from aiohttp import web
from telegram import Bot
from telegram.error import TelegramError

from adapters.telegram.polling import GRACE, WANTED, Begin
from adapters.telegram.settings import Settings
from adapters.telegram.trouble import trouble
from bot.domain.refusal import Unheard
from bot.ports.errors import Temporary

log = structlog.get_logger("chat.telegram")

REFUSED = {403: Unheard.BAD_SIGNATURE, 400: Unheard.UNREADABLE}
"""What the answer of `accept` says about a request."""
SECRET = "X-Telegram-Bot-Api-Secret-Token"


def genuine(headers: Mapping[str, str], secret: str) -> bool:
    """True where the request carries the secret; never true without one."""
    return bool(secret) and hmac.compare_digest(headers.get(SECRET, "").encode(), secret.encode())


async def accept(request: web.Request, secret: str, begin: Begin | None) -> web.Response:
    """200: taken in. 403: not Telegram's. 400: no update. 503: not listening now, Telegram sends it again."""
    if not genuine(request.headers, secret):
        return web.Response(status=403)
    try:
        update = json.loads(await request.read())
    except ValueError:
        update = None
    if not isinstance(update, dict):
        return web.Response(status=400)
    if begin is None:
        return web.Response(status=503)
    taking = begin(update)
    await asyncio.wait([taking], timeout=GRACE)
    return web.Response(status=503 if taking.cancelled() else 200)


async def register(bot: Bot, settings: Settings) -> None:
    """Have Telegram call the address of the settings; without one, say whether it calls any."""
    try:
        info = await bot.get_webhook_info()
        if settings.webhook_url:
            await bot.set_webhook(settings.webhook_url, allowed_updates=WANTED, secret_token=settings.webhook_secret)
        elif not info.url:
            log.warning("TELEGRAM_WEBHOOK_SECRET is set, but no webhook is registered: set TELEGRAM_WEBHOOK_URL")
        if info.last_error_message:
            log.warning("Telegram could not reach the webhook", reason=info.last_error_message)
    except TelegramError as error:
        raise trouble(error) from None


async def delivers(bot: Bot, url: str, taken: datetime, patience: float) -> None:
    """Raise `Temporary` where what people type does not come here; an empty `url`: any address counts as ours.

    A failed delivery counts where something still waits, and nothing was taken in since. An old failure stays in
    Telegram's answer for ever, so the failure alone says nothing.
    """
    try:
        async with asyncio.timeout(patience):
            info = await bot.get_webhook_info()
    except TelegramError as error:
        raise trouble(error) from None
    except TimeoutError:
        raise Temporary("Telegram does not answer") from None
    if not info.url or (url and info.url != url):
        raise Temporary("Telegram delivers to another address than this bot's" if info.url else "no webhook is set")
    if info.pending_update_count and info.last_error_date and info.last_error_date > taken:
        raise Temporary(f"Telegram's deliveries do not come through: {info.last_error_message}")
