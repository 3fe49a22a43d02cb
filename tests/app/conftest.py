"""A run driven by the real runner over the real journal, in a world of fakes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.sql.journal import SqlJournal, open_journal
from bot.app.runner import Runner
from bot.domain.board import head_of
from bot.domain.events import Event, RunEnded
from bot.domain.fold import evolve, fold, start
from bot.domain.plan import Plan
from bot.domain.run import Run
from bot.domain.values import RunId
from bot.ports.errors import Conflict
from tests.fakes.estates import actor, estate, requested
from tests.fakes.world import Fakes, fake_world


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[SqlJournal]:
    async with open_journal(f"sqlite:///{tmp_path / 'journal.db'}") as opened:
        yield opened


@pytest.fixture
def fakes(journal: SqlJournal) -> Fakes:
    return fake_world(estate(), journal)


async def begin(fakes: Fakes, plan: Plan, run: str = "00000001") -> RunId:
    """Append the request of a run."""
    event = requested(plan, actor(), RunId(run), fakes.clock.now())
    await fakes.world.journal.append(event.run, 0, (event,), head_of(start(event)))
    return event.run


async def tell(fakes: Fakes, run: RunId, event: Event) -> None:
    """Append one more fact to a run, as the intake does: overtaken by another append it tries again."""
    while True:
        now = await state(fakes, run)
        try:
            await fakes.world.journal.append(run, now.seq, (event,), head_of(evolve(now, event)))
        except Conflict:
            continue
        return


async def state(fakes: Fakes, run: RunId) -> Run:
    """The run as the journal has it."""
    folded = fold(await fakes.world.journal.read(run))
    assert folded is not None
    return folded


@asynccontextmanager
async def running(fakes: Fakes) -> AsyncIterator[None]:
    """The runner at work, and stopped as the bot stops it."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(Runner(fakes.world).serve())
        yield
        task.cancel()


async def until(what: Callable[[], Awaitable[bool]]) -> None:
    """Return once it is so. What takes a second on an idle machine may take a minute on a busy one."""
    async with asyncio.timeout(150):
        while not await what():  # noqa: ASYNC110 - the journal is what is polled
            await asyncio.sleep(0.01)


async def ended(fakes: Fakes, run: RunId) -> Run:
    """The run once it is over. Only what is new is read each time: whoever looks shares the loop with the runner."""
    read = 0

    async def over() -> bool:
        nonlocal read
        new = await fakes.world.journal.read(run, read)
        read += len(new)
        return any(isinstance(event, RunEnded) for event in new)

    await until(over)
    return await state(fakes, run)
