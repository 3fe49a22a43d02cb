"""What nobody may do, on each way in: refused as the platform wants it, told once in the log, and nothing is done."""

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import structlog

from adapters.sql.journal import open_journal
from adapters.system.clock import SystemClock
from adapters.system.log import set_up_log
from bot.app.links import Links
from bot.app.serving import serve
from bot.domain.commands import Intent
from bot.domain.redaction import Redactor
from bot.domain.refusal import Unheard
from bot.ports.chat import KEEPING, Chat, Intake, Limits
from bot.view.card import RunCard
from bot.view.notice import Notice
from tests.adapters.ways.every import WAYS
from tests.adapters.ways.way import Way
from tests.fakes.keeping import CALM
from tests.fakes.world import Fakes, fake_world

SEVEN = {
    "a bad signature",
    "an old timestamp",
    "a replay",
    "a forged button",
    "a stranger",
    "without the role",
    "a bot",
}
TIMES = 3
"""Each is tried."""


@dataclass
class Counting:
    """`Intake` and `Chat`: those that are looked at, and how many deliveries they are through with."""

    chat: Chat
    inner: Intake | None = None
    through: int = 0

    @property
    def platform(self) -> str:
        return self.chat.platform

    @property
    def limits(self) -> Limits:
        return self.chat.limits

    async def draw(self, address: str, card: RunCard, known: str, key: str) -> str:
        return await self.chat.draw(address, card, known, key)

    async def say(self, address: str, thread: str, notice: Notice, key: str) -> None:
        await self.chat.say(address, thread, notice, key)

    async def probe(self) -> None:
        await self.chat.probe()

    async def listen(self, intake: Intake) -> None:
        self.inner = intake
        await self.chat.listen(self)

    @property
    def asked(self) -> Intake:
        assert self.inner is not None
        return self.inner

    async def keep(self, intent: Intent, within: timedelta = KEEPING) -> bool:
        new = await self.asked.keep(intent, within)
        self.through += not new
        return new

    async def drop(self, intent: Intent) -> None:
        await self.asked.drop(intent)

    def refuse(self, why: Unheard, platform: str, source: str) -> None:
        self.asked.refuse(why, platform, source)
        self.through += 1

    async def __call__(self, intent: Intent) -> Sequence[Notice]:
        said = await self.asked(intent)
        self.through += 1
        return said


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the log goes; the process's own settings come back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    into = io.StringIO()
    set_up_log(Redactor(()), into)
    yield into
    root.handlers = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()


def refusals(stream: io.StringIO) -> list[tuple[str, str]]:
    """Code and source of every line that tells of a refusal."""
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    return [(line["code"], line["source"]) for line in lines if line["event"] == "refused"]


def told(stream: io.StringIO, code: str) -> bool:
    return code in [one for one, _ in refusals(stream)]


@asynccontextmanager
async def bot(way: Way, folder: Path) -> AsyncIterator[tuple[Counting, Fakes]]:
    """The whole bot behind the one platform."""
    async with open_journal(f"sqlite:///{folder / 'journal.db'}") as journal, asyncio.TaskGroup() as group:
        fakes = fake_world(way.estate, journal)
        world = replace(fakes.world, clock=SystemClock())
        counting = Counting(way.chat)
        task = group.create_task(serve(world, [counting], links=Links(world, [counting], CALM)))
        async with asyncio.timeout(20):
            await way.ready()
        yield counting, fakes
        task.cancel()


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - what is waited for happens in a stand-in that has no event for it
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("name", WAYS)
async def test_refused_told_once_and_nothing_done(name: str, tmp_path: Path, stream: io.StringIO) -> None:
    async with WAYS[name]() as way, bot(way, tmp_path) as (counting, fakes):
        assert set(way.attempts) | set(way.not_here) == SEVEN
        await way.begin()
        await until(lambda: counting.through == 1)
        for what, attempt in way.attempts.items():
            for _ in range(TIMES):
                assert await attempt.act(), what
            await until(partial(told, stream, attempt.code))
            if attempt.shown is not None:
                await until(attempt.shown)
        await until(lambda: counting.through == 1 + TIMES * sum(one.many for one in way.attempts.values()))
        lines = refusals(stream)
        assert {code for code, _ in lines} == {attempt.code for attempt in way.attempts.values()}
        assert len(lines) == len(set(lines)), "each is told once, however often it was tried"
        assert await fakes.world.archive.history(None, None, 10) == []
        assert (await fakes.world.journal.board())[1] == 0
        assert fakes.provider.calls == []
