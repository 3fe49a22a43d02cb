"""A feed that begins anew, or whose journal is away for a moment."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.domain.values import Outcome, RunId
from bot.ports.errors import Temporary
from bot.ports.journal import Told
from tests.app.conftest import begin, ended, running, until
from tests.app.test_feed import SqlCursors, deploy, telling, told_all
from tests.fakes.chat import FakeChat
from tests.fakes.estates import deploying
from tests.fakes.world import Fakes


async def test_a_restart_goes_on_in_the_same_card_and_says_nothing_again(fakes: Fakes) -> None:
    chat = FakeChat()
    fakes.provider.put("worker", "canary", "v-before")
    run = await begin(fakes, deploying())

    async def some() -> bool:
        return len(chat.said) >= 2

    async with running(fakes):
        async with telling(fakes, chat):
            await until(some)
        done = await ended(fakes, run)
    async with telling(fakes, chat):
        await told_all(chat, run)
    assert done.outcome is Outcome.SUCCEEDED
    assert list(chat.cards) == ["m1"]
    assert len(chat.keys) == len(set(chat.keys))


async def test_a_run_that_was_over_before_anybody_came_to_tell_it_is_told_by_the_next_life(fakes: Fakes) -> None:
    chat = FakeChat()
    await deploy(fakes, chat)
    run = await begin(fakes, deploying(), "00000002")
    async with running(fakes):
        await ended(fakes, run)
    async with telling(fakes, chat):
        await told_all(chat, run)


@dataclass
class SlowCursors(SqlCursors):
    """`Cursors`; what is behind is read at once, and handed out when `go` is set."""

    read: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def behind(self) -> Sequence[RunId]:
        found = await self.inner.behind()
        self.read.set()
        await self.go.wait()
        return found


async def test_a_run_that_is_over_while_the_feed_catches_up_is_told(fakes: Fakes) -> None:
    chat, slow = FakeChat(), SlowCursors(fakes.world.cursors)
    fakes.provider.put("worker", "canary", "v-before")
    world = replace(fakes.world, cursors=slow)
    async with telling(replace(fakes, world=world), chat):
        await slow.read.wait()
        run = await begin(fakes, deploying())
        async with running(fakes):
            await ended(fakes, run)
        slow.go.set()
        await told_all(chat, run)


@dataclass
class BrokenCursors(SqlCursors):
    """`Cursors`; writing fails so many times."""

    failures: int = 2

    async def tell(self, *told: Told) -> None:
        self.failures -= 1
        if self.failures >= 0:
            raise Temporary("the journal is held by another program: end that one")
        await self.inner.tell(*told)


async def test_a_journal_that_takes_nothing_for_a_moment_is_waited_for(fakes: Fakes) -> None:
    chat, world = FakeChat(), replace(fakes.world, cursors=BrokenCursors(fakes.world.cursors))
    await deploy(replace(fakes, world=world), chat)
    assert list(chat.cards) == ["m1"]
    assert len(chat.keys) == len(set(chat.keys))
