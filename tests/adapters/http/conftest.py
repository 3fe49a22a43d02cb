from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from adapters.http.channel import channels
from adapters.http.settings import Settings
from bot.domain.targets import Check, Environment
from bot.domain.values import Measurement
from bot.ports.channel import Channel, Wanted
from tests.adapters.http.server import Server, serving
from tests.fakes.clock import StillClock

TOKEN = "t0p-s3cret-value"
Measure = Callable[..., Awaitable[Measurement]]


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as one:
        yield one


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
async def ways(clock: StillClock) -> AsyncIterator[Mapping[str, Channel]]:
    async with channels(clock, Settings({"WORKER_TOKEN": TOKEN, "EMPTY": ""})) as found:
        yield found


@pytest.fixture
def measure(server: Server, ways: Mapping[str, Channel]) -> Measure:
    """Measure once, `measure("http", status=204)`; `url`, `wanted`, `attempt` (seconds) may be given too."""

    async def once(
        channel: str = "http", url: str = "", wanted: Wanted | None = None, attempt: float = 5, **options: Any
    ) -> Measurement:
        environment = Environment("canary", url or f"http://127.0.0.1:{server.port}")
        check = Check("site", channel, options, attempt=timedelta(seconds=attempt))
        return await ways[channel].measure(check, environment, wanted or Wanted())

    return once
