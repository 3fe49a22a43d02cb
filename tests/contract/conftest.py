"""Every test of the suite runs once for each chat adapter that there is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from bot.domain.commands import Intent
from bot.ports.chat import Chat, Intake
from bot.view.notice import Notice
from tests.contract.platform import Platform, described, names, platform
from tests.fakes.intake import Keeps


@pytest.fixture(params=names())
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[name for name in names() if described(name)])
def adapter(request: pytest.FixtureRequest) -> Platform:
    """Those without a description fail in one place, `test_every_adapter_is_held_to_the_suite`."""
    return platform(str(request.param))


@dataclass
class Hearing(Keeps):
    """An intake that keeps what it hears and answers the same each time."""

    answer: tuple[Notice, ...] = ()
    intents: list[Intent] = field(default_factory=list)

    async def __call__(self, intent: Intent) -> tuple[Notice, ...]:
        self.intents.append(intent)
        return self.answer


@asynccontextmanager
async def listening(chat: Chat, hearing: Intake) -> AsyncIterator[None]:
    """The platform listens until the block ends."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(chat.listen(hearing))
        try:
            yield
        finally:
            task.cancel()


async def until(holds: Callable[[], object], seconds: float = 30.0) -> None:
    """Return when it holds; fail where it does not within that time."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - what is waited for happens in a server that knows no event of ours
            await asyncio.sleep(0.005)
