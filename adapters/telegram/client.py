"""Telegram: the `Chat` port on python-telegram-bot's `Bot`.

The library's `Application` is not used: it owns handlers, queues and a polling loop that confirms updates before they
are handled. What is left of it here is the part that knows the protocol.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from aiohttp import web
from telegram import Bot
from telegram.error import TelegramError

from adapters.telegram.inbound import PLATFORM, Here
from adapters.telegram.link import CALLS, Link
from adapters.telegram.menu import set_menus
from adapters.telegram.pacing import Pacing
from adapters.telegram.place import Place, read_place
from adapters.telegram.polling import Begin, Pulse, poll
from adapters.telegram.posting import Posting
from adapters.telegram.receiving import Memory, Receiving
from adapters.telegram.render import LONGEST, MOST_BUTTONS, render, render_notice
from adapters.telegram.settings import Settings
from adapters.telegram.trouble import trouble
from adapters.telegram.webhook import REFUSED, accept, delivers, register
from bot.ports.chat import Intake, Limits
from bot.ports.clock import Clock
from bot.ports.errors import Permanent, Temporary, Trouble
from bot.view.card import RunCard
from bot.view.notice import Notice

LIMITS = Limits(
    max_text=LONGEST,
    max_buttons=MOST_BUTTONS,
    min_edit_interval=timedelta(seconds=3),
    min_post_interval=timedelta(seconds=1),
)
"""A group takes twenty messages a minute, edits among them; `pacing` keeps to that however many runs are told."""


class Telegram:
    """Made by `opened`, which closes its connections."""

    def __init__(self, bot: Bot, settings: Settings, clock: Clock) -> None:
        self._bot = bot
        self._settings = settings
        self._clock = clock
        self._posting = Posting(bot, Pacing(clock), settings.button_style)
        self._memory = Memory()
        self._begin: Begin | None = None
        self._intake: Intake | None = None
        self._pulse = Pulse()
        self._taken: datetime = clock.now()
        """When the webhook last took something in, or this link began."""

    @property
    def platform(self) -> str:
        """Its name in the configuration."""
        return PLATFORM

    @property
    def limits(self) -> Limits:
        """What it can do."""
        return LIMITS

    async def draw(self, address: str, card: RunCard, known: str, key: str) -> str:
        """Replace the card, or post it where there is none any more."""
        place, key, payload = _room(address), f"{address} {key}", render(card)
        self._memory.cards.append((place.chat, card.run))
        drawn = read_place(known or self._posting.posted(key))
        if drawn is not None and drawn.message:
            if await self._posting.replace(drawn, payload):
                return drawn.reference
            self._posting.forget(key)
        return await self._posting.post(place, payload, key)

    async def say(self, address: str, thread: str, notice: Notice, key: str) -> None:
        """Reply to the card, with the file below; a reply to a card that was deleted is posted without it."""
        place, key = read_place(thread) or _room(address), f"{address} {key}"
        await self._posting.post(place, render_notice(notice), key, place.message)
        if notice.document is not None:
            await self._posting.share(place, notice.document, f"{key}:file", place.message)

    async def listen(self, intake: Intake) -> None:
        """By webhook where a secret for it is set, else by polling."""
        self._pulse, self._taken = Pulse(), self._clock.now()
        self._intake = intake
        here = await self._introduced()
        try:
            await self._listening(intake, here)
        except ExceptionGroup as several:
            raise next((one for one in several.exceptions if isinstance(one, Trouble)), several) from None

    async def _listening(self, intake: Intake, here: Here) -> None:
        """Until cancelled; what ends it comes in a group of exceptions, as what it has begun ends with it."""
        async with asyncio.TaskGroup() as group:
            self._begin = Receiving(group, intake, here, self._bot, self._posting, self._clock, self._memory).begin
            try:
                if self._settings.webhook_secret:
                    await register(self._bot, self._settings)
                    await asyncio.Event().wait()
                await poll(self._bot, self._clock, self._begin, self._settings.poll, self._pulse)
            finally:
                self._begin = None

    async def webhook(self, request: web.Request) -> web.Response:
        """What Telegram posts, for the composition to mount at `/telegram/webhook`."""
        answer = await accept(request, self._settings.webhook_secret, self._begin)
        if answer.status == 200:
            self._taken = self._clock.now()
        elif (why := REFUSED.get(answer.status)) and self._intake is not None:
            self._intake.refuse(why, PLATFORM, request.remote or "")
        return answer

    async def probe(self) -> None:
        """How long ago updates were last answered; with a webhook, whether Telegram's deliveries come through."""
        if self._begin is None:
            raise Temporary("Telegram is not listened to")
        if self._settings.webhook_secret:
            await delivers(self._bot, self._settings.webhook_url, self._taken, self._settings.late)
        else:
            self._pulse.check(self._clock.elapsed(), self._settings.poll + self._settings.late)

    async def _introduced(self) -> Here:
        """Who the bot is. Gives the rooms their menus; in polling no webhook may be left from earlier."""
        try:
            me = await self._bot.get_me()
            if not self._settings.webhook_secret:
                await self._bot.delete_webhook()
        except TelegramError as error:
            raise trouble(error) from None
        rooms = [place for one in self._settings.rooms if (place := read_place(one))]
        await set_menus(self._bot, rooms)
        return Here(me.id, me.username or "", frozenset(self._settings.rooms))


def _room(address: str) -> Place:
    place = read_place(address)
    if place is None:
        raise Permanent(f"{address[:40]!r} is no Telegram chat: give its number, such as -1001234567890")
    return Place(place.chat, place.topic)


@asynccontextmanager
async def opened(settings: Settings, clock: Clock) -> AsyncIterator[Telegram]:
    """The platform with its connections, closed when the block ends. Nothing is asked of Telegram yet."""
    calls, updates = (Link(many, settings.proxy, settings.certificates) for many in (CALLS, 1))
    base = f"{settings.base_url.rstrip('/')}/bot"
    try:
        yield Telegram(Bot(settings.bot_token, base, request=calls, get_updates_request=updates), settings, clock)
    finally:
        await calls.shutdown()
        await updates.shutdown()
