"""A gateway that goes deaf: found out by a probe, connected anew, and heard again."""

import asyncio
from contextlib import suppress

import pytest

from adapters.discord.client import Discord
from adapters.discord.settings import Settings
from bot.domain.link import LinkState
from bot.ports.errors import Temporary
from tests.adapters.discord.talk import Intake, QuickClock, estate_at, recent
from tests.fakes.keeping import kept
from tests.vendors.discord.server import DiscordServer


@pytest.fixture
def discord(server: DiscordServer) -> Discord:
    """The library itself would notice a dead line after a minute."""
    server.gateway.heartbeat = 1.0
    settings = Settings(server.world.token, server.base_url, late=1.0)
    return Discord(settings, estate_at(str(server.room.id)), QuickClock(), recent)


async def hears(discord: Discord) -> None:
    """Return once a probe passes: what the gateway has sent is not yet what the library has read."""
    async with asyncio.timeout(30):
        while True:
            with suppress(Temporary):
                return await discord.probe()
            await asyncio.sleep(0.01)


async def test_a_dead_connection_is_replaced_and_what_is_typed_then_arrives(
    server: DiscordServer, discord: Discord
) -> None:
    intake = Intake()
    async with kept(discord, intake) as bot:
        await bot.until(LinkState.LIVE)
        await server.until(lambda: bool(server.world.commands))
        server.gateway.deafen()
        await server.types("status")
        await bot.until(LinkState.DEAF)
        assert "answered no heartbeat" in bot.link.reason
        await bot.until(LinkState.LIVE)
        assert server.gateway.identified == 2
        assert intake.heard == [], "nobody heard it"
        typed = await server.types("whoami")
        await server.until(lambda: bool(typed.answers))
        await bot.told("link_deaf", "link_back")
    assert [getattr(one, "text", "") for one in intake.heard] == ["/whoami"]


async def test_answered_heartbeats_are_enough_where_nobody_types(server: DiscordServer, discord: Discord) -> None:
    async with kept(discord, Intake()) as bot:
        await bot.until(LinkState.LIVE)
        async with asyncio.timeout(5):
            await asyncio.sleep(2.5)
        assert bot.link.state is LinkState.LIVE
        assert bot.other.codes() == []
    assert server.gateway.identified == 1


async def test_a_connection_that_is_resumed_is_no_reason_to_begin_anew(server: DiscordServer, discord: Discord) -> None:
    async with kept(discord, Intake()) as bot:
        await bot.until(LinkState.LIVE)
        await server.gateway.ask_to_reconnect()
        await server.gateway.ready(resumed=1)
        await hears(discord)
    assert server.gateway.identified == 1


async def test_a_token_that_was_taken_away_turns_discord_off(server: DiscordServer, discord: Discord) -> None:
    async with kept(discord, Intake()) as bot:
        await bot.until(LinkState.LIVE)
        server.gateway.refusing = 4004
        await server.gateway.cut(4004)
        await bot.until(LinkState.OFF)
        assert "DISCORD_BOT_TOKEN" in bot.link.reason
        await bot.told("link_off")


async def test_without_a_connection_a_probe_fails(discord: Discord) -> None:
    with pytest.raises(Temporary, match="not connected"):
        await discord.probe()
