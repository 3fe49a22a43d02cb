"""One connection to Discord: commands offered, interactions taken in, nothing else listened to.

Of the events only `guilds` is asked for: it brings the servers and their channels. Commands and presses come without
any intent, and messages are never read. Commands belong to a server rather than to everywhere, because then a change is
there at once; they are written only where the server's differ, as it counts how many are made in a day.
"""

import asyncio
import itertools
import json
from datetime import timedelta
from typing import Any, cast

import discord
import structlog
from discord import app_commands

from adapters.discord.answering import answered, payload_of
from adapters.discord.inbound import asker
from adapters.discord.layout import NOBODY, Press
from adapters.discord.offered import focused, offered, same, suggestions
from adapters.discord.posts import Posts
from adapters.discord.trouble import NETWORK, trouble_of
from bot.domain.targets import Estate
from bot.domain.verbs import Kind
from bot.ports.chat import Intake
from bot.ports.clock import Clock
from bot.ports.errors import Permanent, Temporary
from bot.ports.platform import Recent

log = structlog.get_logger("chat.discord")

Interaction = discord.Interaction[Any]
PAUSES = (2.0, 15.0, 60.0)
"""Seconds before commands are offered again that could not be; the last one from then on."""
HELLO = 10
"""The gateway's first frame says how often it wants a heartbeat."""
SHORT = 1000
"""Characters; longer frames than that are not looked into: that of a server holds all its channels."""
LONGEST_WAIT = 30.0
"""Seconds that the library may wait out a rate limit by itself; longer ones come back as `Temporary`."""


class Link(discord.Client):
    """The library's client, with our ears. `group` owns what an interaction sets off."""

    def __init__(
        self, estate: Estate, intake: Intake, recent: Recent, clock: Clock, group: asyncio.TaskGroup, **options: Any
    ) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True),
            allowed_mentions=NOBODY,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_ratelimit_timeout=LONGEST_WAIT,
            guild_ready_timeout=0.0,  # nothing here waits until every server is known
            enable_debug_events=True,  # brings `socket_raw_receive`: the library tells nowhere else when it last heard
            **options,
        )
        self.posts = Posts(self)
        self._estate = estate
        self._intake = intake
        self._recent = recent
        self._clock = clock
        self._group = group
        self._seen: set[int] = set()
        self.up = False
        """It was connected once."""
        self._session = False
        self._heard = clock.elapsed()
        self._beat = 0.0
        """Seconds between two heartbeats, as the gateway wants them."""

    async def on_connect(self) -> None:
        """The gateway took us."""
        self.up = self._session = True

    async def on_resumed(self) -> None:
        """The gateway took us again."""
        self._session = True

    async def on_disconnect(self) -> None:
        """The connection ended; the library makes the next one."""
        self._session = False

    async def on_socket_raw_receive(self, frame: str) -> None:
        """Anything that the gateway says, answers to heartbeats among it."""
        self._heard = self._clock.elapsed()
        if len(frame) < SHORT and (said := json.loads(frame)).get("op") == HELLO:
            self._beat = said["d"]["heartbeat_interval"] / 1000

    def listens(self, late: float) -> None:
        """Raise `Temporary` where the gateway has not taken us, or leaves a heartbeat without an answer for long."""
        silent = self._clock.elapsed() - self._heard
        if not self._session:
            raise Temporary("Discord's gateway is not connected")
        if silent > self._beat + late:
            raise Temporary(f"Discord's gateway has answered no heartbeat for {silent:.0f} s")

    async def setup_hook(self) -> None:
        """Buttons of every card that was ever posted are ours again."""
        self.add_dynamic_items(Press)

    async def on_ready(self) -> None:
        """The servers that came with the connection."""
        for guild in self.guilds:
            self._see(guild)

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """A server came into view later."""
        self._see(guild)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """The bot was let into a server."""
        self._see(guild)

    def _see(self, guild: discord.Guild) -> None:
        """Look at a server's commands once for each connection; servers without a room get none."""
        if guild.id not in self._seen and self._has_room(guild):
            self._seen.add(guild.id)
            self._group.create_task(self._offer(guild.id), name=f"offer commands in {guild.id}")

    async def on_interaction(self, interaction: Interaction) -> None:
        """What was typed and pressed; a button that is none of ours, or gone from its message by now, is heard too."""
        data = cast("dict[str, Any]", interaction.data or {})
        match interaction.type:
            case discord.InteractionType.application_command | discord.InteractionType.component:
                self.hear(interaction)
            case discord.InteractionType.autocomplete:
                self._group.create_task(self._suggest(interaction, data), name=f"suggest {interaction.id}")
            case _:
                pass

    def hear(self, interaction: Interaction) -> None:
        """Acknowledge, hand on and answer, behind the one who calls."""
        self._group.create_task(answered(interaction, self._intake, self.posts), name=f"answer {interaction.id}")

    async def _offer(self, server: int) -> None:
        """Let the server's commands be those of the table; try until that is so, or Discord forbids it."""
        for pause in itertools.chain(PAUSES, itertools.repeat(PAUSES[-1])):
            try:
                await self._sync(server)
            except (discord.DiscordException, *NETWORK) as error:
                trouble = trouble_of(error)
                log.warning("commands were not offered", server=server, reason=trouble.reason)
                if isinstance(trouble, Permanent) or self.is_closed():
                    return
                await self._clock.sleep(timedelta(seconds=pause))
            else:
                return

    async def _sync(self, server: int) -> None:
        application = self.application_id or 0
        ours = offered(self._estate)
        theirs = await self.http.get_guild_commands(application, server)
        if not same(ours, cast("list[dict[str, Any]]", theirs)):
            await self.http.bulk_upsert_guild_commands(application, server, ours)
            log.info("commands offered", server=server, count=len(ours))

    def _has_room(self, guild: discord.Guild) -> bool:
        addresses = {room.addresses.get("discord", "") for room in self._estate.rooms}
        return any(guild.get_channel_or_thread(int(one)) for one in addresses if one.isascii() and one.isdigit())

    async def _suggest(self, interaction: Interaction, data: dict[str, Any]) -> None:
        """Suggestions that come too late are worth nothing, so nothing is tried twice."""
        try:
            slot, asked_by = focused(data), asker(payload_of(interaction))
            looked_up = slot is not None and slot.kind in (Kind.RUN, Kind.RELEASE)
            recent = await self._recent(slot.kind, *asked_by) if slot and looked_up and asked_by else ()
            names = suggestions(data, self._estate, asked_by[1].address if asked_by else "", recent)
            await interaction.response.autocomplete([app_commands.Choice(name=name, value=name) for name in names])
        except (discord.DiscordException, *NETWORK) as error:
            log.info("no suggestions", interaction=interaction.id, error=type(error).__name__)
        except Exception:
            log.exception("a fault of the bot itself while suggesting", interaction=interaction.id)
