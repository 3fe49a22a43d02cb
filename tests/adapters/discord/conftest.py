"""A stand-in for Discord, whose limits come round quickly."""

from collections.abc import AsyncIterator

import pytest

from tests.vendors.discord.server import DiscordServer


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer(per=5, window=0.2) as running:
        yield running
        assert dict(running.world.violations) == {}, "the stand-in saw what a well-behaved bot never does"
