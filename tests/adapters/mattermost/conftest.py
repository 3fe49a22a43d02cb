"""A server whose clock is the test's."""

from collections.abc import AsyncIterator

import pytest

from tests.fakes.world import VirtualClock
from tests.vendors.mattermost.server import MattermostServer, serving
from tests.vendors.mattermost.state import World


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
async def server(clock: VirtualClock) -> AsyncIterator[MattermostServer]:
    """Held at the end: the bot has done nothing that it should not."""
    async with serving(World(now=clock.elapsed)) as one:
        yield one
    assert one.world.violations == []
