"""What Slack itself begins on a socket: goodbyes with their reasons, and pings."""

import asyncio
from contextlib import suppress

import pytest

from adapters.slack.client import opened
from bot.ports.errors import Permanent
from tests.adapters.slack.stage import Heard, People, settings_for, talking, until
from tests.fakes.clock import StillClock
from tests.vendors.slack.server import Server
from tests.vendors.slack.workspace import Workspace


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_a_goodbye_comes_with_a_reason(
    server: Server, clock: StillClock, people: People, heard: Heard, reason: str
) -> None:
    """Of which the first leaves some seconds for the next socket, and the other none."""
    async with talking(settings_for(server), clock, heard):
        await server.sockets.recycle(reason)
        await server.sockets.connected(opened=2)
        assert (await people.types("/status")).ok
    assert server.space.violations == []


async def test_socket_mode_that_is_turned_off_ends_the_link(
    server: Server, clock: StillClock, space: Workspace, heard: Heard
) -> None:
    async with opened(settings_for(server), clock) as chat:
        with pytest.RaisesGroup(pytest.RaisesExc(Permanent, match="SLACK_APP_TOKEN")):
            async with asyncio.TaskGroup() as group, asyncio.timeout(30):
                group.create_task(chat.listen(heard))
                await server.sockets.connected()
                space.errors["apps.connections.open"] = "forbidden_team"
                with suppress(ConnectionError):
                    await server.sockets.recycle("link_disabled")
                await asyncio.Event().wait()


async def test_pings_of_slacks_own_are_answered(server: Server, clock: StillClock, heard: Heard) -> None:
    async with talking(settings_for(server), clock, heard):
        await until(lambda: server.sockets.pongs > 0)
