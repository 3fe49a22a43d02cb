"""What ends a link by Socket Mode for good, and what only for a new one."""

import asyncio

import pytest

from adapters.slack.client import opened
from bot.ports.errors import Permanent, Temporary
from tests.adapters.slack.stage import Heard, settings_for
from tests.adapters.slack.test_listen_socket import ended_with
from tests.fakes.clock import StillClock
from tests.vendors.slack.server import Server
from tests.vendors.slack.workspace import Workspace


@pytest.mark.parametrize(
    ("method", "variable"), [("auth.test", "auth.test"), ("apps.connections.open", "SLACK_APP_TOKEN")]
)
async def test_a_token_that_will_never_do_ends_the_link(
    server: Server, clock: StillClock, space: Workspace, heard: Heard, method: str, variable: str
) -> None:
    space.errors[method] = "invalid_auth"
    async with opened(settings_for(server), clock) as chat:
        with pytest.raises(Permanent, match=variable):
            await chat.listen(heard)


async def test_a_token_that_is_revoked_later_ends_the_link(
    server: Server, clock: StillClock, space: Workspace, heard: Heard
) -> None:
    async with opened(settings_for(server), clock) as chat, asyncio.TaskGroup() as group:
        listening = group.create_task(ended_with(chat, heard))
        await server.sockets.connected()
        space.errors["apps.connections.open"] = "token_revoked"
        await server.sockets.recycle()
        assert isinstance(await listening, Permanent)


async def test_slack_that_stays_away_ends_the_link_for_a_new_one(
    server: Server, clock: StillClock, space: Workspace, heard: Heard
) -> None:
    space.faults["apps.connections.open"] = ["500"] * 100
    async with opened(settings_for(server, deaf=0.5), clock) as chat:
        assert isinstance(await ended_with(chat, heard), Temporary)
