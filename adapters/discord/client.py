"""Discord as a chat platform: the `Chat` port.

`listen` keeps one connection up. The library itself resumes a connection that broke; what it cannot mend by itself (it
could not log in, the gateway did not take the first connection, it was closed) ends that connection, and a new one is
made after a pause. It raises `Permanent` where a person has to change something: the token, or what the bot may listen
to. While there is no connection, `draw` and `say` are `Temporary`.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import discord
import structlog

from adapters.discord import place
from adapters.discord.link import Link
from adapters.discord.posts import Posts
from adapters.discord.settings import Settings
from adapters.discord.trouble import NETWORK, translated, trouble_of
from bot.domain.targets import Estate
from bot.ports.chat import Intake, Limits
from bot.ports.clock import Clock
from bot.ports.errors import Permanent, Temporary
from bot.ports.platform import Recent
from bot.view.card import RunCard
from bot.view.notice import Notice

log = structlog.get_logger("chat.discord")

LIMITS = Limits(
    max_text=4000,
    max_buttons=25,
    min_edit_interval=timedelta(seconds=1.5),
    min_post_interval=timedelta(seconds=1),
)
"""About five messages in five seconds and channel are usual; the library obeys what Discord says in headers."""
PATIENCE = timedelta(seconds=60)
"""For one drawing or saying, with all that the library tries and waits for."""
PAUSES = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Seconds before the next connection; the last one from then on. A login a minute is far below Discord's 1000 a day."""


class Discord:
    """`recent` names runs and releases to suggest while somebody types."""

    def __init__(self, settings: Settings, estate: Estate, clock: Clock, recent: Recent) -> None:
        self._settings = settings
        self._estate = estate
        self._clock = clock
        self._recent = recent
        self._link: Link | None = None

    @property
    def platform(self) -> str:
        """Its name in the configuration."""
        return "discord"

    @property
    def limits(self) -> Limits:
        """What it can do."""
        return LIMITS

    @property
    def connected(self) -> bool:
        """True while what people type and press can be heard."""
        return self._link is not None and self._link.is_ready()

    async def draw(self, address: str, card: RunCard, known: str, key: str) -> str:
        """Show the card; its reference is `message:thread`."""
        async with self._posts() as posts:
            reference = await posts.draw(address, card, known, key)
        return reference

    async def say(self, address: str, thread: str, notice: Notice, key: str) -> None:
        """Say the notice in the card's thread."""
        async with self._posts() as posts:
            await posts.say(address, thread, notice, key)

    async def listen(self, intake: Intake) -> None:
        """Bring what is typed and pressed until cancelled."""
        async with asyncio.TaskGroup() as group:
            trouble = await self._stay(intake, group)
        raise trouble

    async def probe(self) -> None:
        """Whether the gateway answers the library's heartbeats: interactions come by that connection."""
        if self._link is None:
            raise Temporary("Discord is not connected")
        self._link.listens(self._settings.late)

    async def _stay(self, intake: Intake, group: asyncio.TaskGroup) -> Permanent:
        """One connection after another; returns what no further one would mend."""
        failures = 0
        while True:
            place.at_api(self._settings.base_url)
            link = Link(self._estate, intake, self._recent, self._clock, group, **self._options())
            try:
                await self._hold(link)
            except (discord.DiscordException, *NETWORK) as error:
                trouble = trouble_of(error)
                if isinstance(trouble, Permanent):
                    return trouble
                log.warning("no connection", reason=trouble.reason, error=type(error).__name__)
            failures = 0 if link.up else failures
            await self._clock.sleep(timedelta(seconds=PAUSES[min(failures, len(PAUSES) - 1)]))
            failures += 1

    async def _hold(self, link: Link) -> None:
        """Log in, and stay connected until the library gives up. Cards can be drawn from the login on."""
        try:
            async with link:
                await link.login(self._settings.bot_token)
                await place.at_gateway(link)
                self._link = link
                await link.connect()
        except AttributeError:
            # The library trips over its own missing socket where the first connection to the gateway fails.
            if link.up:
                raise
            log.warning("no connection", reason="Discord's gateway did not answer")
        finally:
            self._link = None

    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = {"proxy": self._settings.proxy or None}
        if self._settings.certificates:
            context = ssl.create_default_context()
            context.load_verify_locations(self._settings.certificates)
            options["connector"] = aiohttp.TCPConnector(limit=0, ssl=context)
        return options

    @asynccontextmanager
    async def _posts(self) -> AsyncIterator[Posts]:
        """The connection's posts, with a deadline, and with errors as the port has them."""
        link = self._link
        if link is None:
            raise Temporary("Discord is not connected")
        try:
            with translated():
                async with asyncio.timeout(PATIENCE.total_seconds()):
                    yield link.posts
        except RuntimeError:
            if not link.is_closed():
                raise
            raise Temporary("Discord is not connected") from None
