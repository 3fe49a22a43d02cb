"""A link to Slack that goes deaf: found out by a probe, begun anew, and heard again."""

import asyncio
import gc

import pytest

from adapters.slack.client import opened
from adapters.slack.settings import Settings
from bot.domain.link import LinkState
from bot.ports.errors import Permanent, Temporary
from tests.adapters.slack.stage import Heard, settings_for, talking, until
from tests.fakes.clock import StillClock
from tests.fakes.keeping import kept
from tests.vendors.slack.people import People
from tests.vendors.slack.server import Server
from tests.vendors.slack.workspace import BOT_TOKEN, SIGNING_SECRET, Workspace


def patient(server: Server) -> Settings:
    """The library itself would not notice a dead line for a minute."""
    return settings_for(server, ping=20.0, probe=0.3)


async def test_a_dead_socket_is_replaced_and_what_is_typed_then_arrives(
    server: Server, clock: StillClock, people: People, space: Workspace, heard: Heard
) -> None:
    space.ack_deadline = 0.3
    async with opened(patient(server), clock) as slack, kept(slack, heard) as bot:
        await bot.until(LinkState.LIVE)
        server.sockets.deafen()
        assert not (await people.types("/status")).ok, "nobody hears it"
        await bot.until(LinkState.DEAF)
        assert "nobody answers its pings" in bot.link.reason
        await bot.until(LinkState.LIVE)
        assert server.sockets.opened == 2
        assert (await people.types("/help")).ok
        await until(lambda: heard.done == 1)
        await bot.told("link_deaf", "link_back")
    assert [getattr(one, "text", "") for one in heard.intents] == ["/help"]
    assert space.violations == []


async def test_a_stop_while_a_dead_link_is_being_ended_leaves_nothing(
    server: Server, clock: StillClock, heard: Heard
) -> None:
    async with opened(patient(server), clock) as slack, kept(slack, heard) as bot:
        await bot.until(LinkState.LIVE)
        server.sockets.deafen()
        await bot.until(LinkState.DEAF)
    assert [one for one in asyncio.all_tasks() if "SocketModeClient" in repr(one)] == []
    gc.collect()  # a session that was not closed warns, which is an error here


async def test_a_slack_that_stays_deaf_is_said_once(server: Server, clock: StillClock, heard: Heard) -> None:
    async with opened(patient(server), clock) as slack, kept(slack, heard) as bot:
        await bot.until(LinkState.LIVE)
        server.sockets.deaf = True
        await bot.until(LinkState.DEAF)
        await server.sockets.connected(opened=2)
        await bot.told("link_deaf")
        server.sockets.deaf = False
        await bot.until(LinkState.LIVE)
        await bot.told("link_deaf", "link_back")


async def test_a_revoked_app_token_turns_slack_off(
    server: Server, clock: StillClock, space: Workspace, heard: Heard
) -> None:
    async with opened(patient(server), clock) as slack, kept(slack, heard) as bot:
        await bot.until(LinkState.LIVE)
        space.errors["apps.connections.open"] = "token_revoked"
        await server.sockets.recycle()
        await bot.until(LinkState.OFF, 30.0)
        assert "SLACK_APP_TOKEN" in bot.link.reason
        await bot.told("link_off")


async def test_a_socket_made_anew_that_is_dead_too_is_no_answer(
    server: Server, clock: StillClock, heard: Heard
) -> None:
    """The library makes a new one several times a second here, and takes each for well until a ping was left alone."""
    async with talking(settings_for(server, ping=0.05, probe=0.2), clock, heard) as slack:
        await slack.probe()
        server.sockets.deaf = True
        for _ in range(6):
            with pytest.raises(Temporary, match="nobody answers its pings"):
                await slack.probe()
        assert server.sockets.opened > 1


async def test_by_webhook_a_probe_asks_whether_slack_knows_the_token(
    server: Server, clock: StillClock, space: Workspace, heard: Heard
) -> None:
    settings = Settings(BOT_TOKEN, signing_secret=SIGNING_SECRET, base_url=server.url, probe=0.3)
    async with opened(settings, clock) as slack:
        with pytest.raises(Temporary, match="not connected"):
            await slack.probe()
        async with kept(slack, heard) as bot:
            await bot.until(LinkState.LIVE)
            calls = space.calls["auth.test"]
            await until(lambda: space.calls["auth.test"] > calls)
            space.errors["auth.test"] = "token_revoked"
            await bot.until(LinkState.OFF)
            assert "token_revoked" in bot.link.reason
            await bot.told("link_deaf", "link_off")
    with pytest.raises(Permanent):
        async with opened(settings, clock) as slack:
            await slack.listen(heard)
