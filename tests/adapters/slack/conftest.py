from collections.abc import AsyncIterator

import pytest

from adapters.slack.client import Slack, opened
from tests.adapters.slack.stage import Heard, settings_for
from tests.fakes.clock import StillClock
from tests.vendors.slack.people import People
from tests.vendors.slack.server import Server, serving
from tests.vendors.slack.workspace import Workspace


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def space(clock: StillClock) -> Workspace:
    """The platform counts its minutes on the same clock as the bot."""
    return Workspace(now=clock.elapsed)


@pytest.fixture
async def server(space: Workspace) -> AsyncIterator[Server]:
    async with serving(space) as one:
        yield one


@pytest.fixture
def people(server: Server) -> People:
    return People(server)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def chat(server: Server, clock: StillClock) -> AsyncIterator[Slack]:
    """It draws and says, and does not listen."""
    async with opened(settings_for(server), clock) as one:
        yield one
