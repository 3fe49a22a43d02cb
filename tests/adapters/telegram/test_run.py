"""A whole run, told by the real feed to a Telegram that is slow, flooded, forgetful, and away for a while."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.sql.journal import open_journal
from adapters.telegram.client import Telegram, opened
from bot.app.feed import Feed
from bot.app.runner import Runner
from bot.domain.board import head_of
from bot.domain.fold import fold, start
from bot.domain.values import Outcome, Room, RunId
from tests.adapters.telegram.conftest import GROUP, settings, until
from tests.fakes.estates import actor, deploying, estate, requested
from tests.fakes.world import Fakes, fake_world
from tests.vendors.telegram.server import TelegramServer

RUN = RunId("00000001")
ROOM = Room("ops", {"telegram": str(GROUP)})


@asynccontextmanager
async def working(fakes: Fakes, chat: Telegram, run: bool = True) -> AsyncIterator[None]:
    """The runner and the feed, until the block ends."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(Feed(fakes.world, [chat]).serve())]
        tasks += [group.create_task(Runner(fakes.world).serve())] if run else []
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


@asynccontextmanager
async def deployment(tmp_path: Path) -> AsyncIterator[tuple[Fakes, TelegramServer, Telegram]]:
    """A deploy that was asked for, and the platform that it is to be told on."""
    async with open_journal(f"sqlite:///{tmp_path / 'journal.db'}") as journal:
        fakes = fake_world(replace(estate(), rooms=(ROOM,)), journal)
        fakes.provider.put("worker", "canary", "v-before")
        event = requested(deploying(), actor(), RUN, fakes.clock.now())
        await journal.append(RUN, 0, (event,), head_of(start(event)))
        async with (
            TelegramServer(lambda: fakes.clock.now().timestamp()).serving() as server,
            opened(settings(server), fakes.clock) as chat,
        ):
            server.chat(GROUP)
            yield fakes, server, chat


def over(server: TelegramServer) -> Callable[[], bool]:
    """True once the last card and the last sentence are there."""

    def holds() -> bool:
        shown = server.writing.chats[GROUP].shown()
        return any("is live in canary after" in one.text for one in shown) and any(
            "rollback" in "".join(one.tokens) for one in shown
        )

    return holds


async def test_the_card_is_live_and_the_thread_below_it(tmp_path: Path) -> None:
    async with deployment(tmp_path) as (fakes, server, chat), working(fakes, chat):
        await until(over(server), 30)
        card, *said = server.writing.chats[GROUP].shown()
        assert card.history
        assert {one.reply_to for one in said} == {card.number}
        assert len({one.text for one in said}) == len(said)
        assert server.violations == {}


@pytest.mark.parametrize("fault", ["cut", "lost", 502, 20.0])
async def test_no_fault_of_the_platform_loses_or_doubles_anything(tmp_path: Path, fault: str | int | float) -> None:
    async with deployment(tmp_path) as (fakes, server, chat):
        async with working(fakes, chat):
            await until(lambda: server.calls["sendMessage"] > 1)
            server.fail("sendMessage", fault)
            server.fail("editMessageText", fault)
            await until(over(server), 30)
        shown = server.writing.chats[GROUP].shown()
        assert sum("Deploy moltworker" in one.text for one in shown) == 1
        doubled = len(shown) - len({one.text for one in shown})
        superseded = sum("shown anew below" in one.text for one in shown)
        assert doubled == 0
        assert superseded == (1 if fault == "lost" else 0)
        assert server.violations == {}
        run = fold(await fakes.world.journal.read(RUN))
        assert run is not None
        assert run.outcome is Outcome.SUCCEEDED


async def test_after_a_restart_the_thread_goes_on_in_the_same_card(tmp_path: Path) -> None:
    async with deployment(tmp_path) as (fakes, server, chat):
        async with working(fakes, chat):
            await until(lambda: server.calls["sendMessage"] > 2)
        async with opened(settings(server), fakes.clock) as again, working(fakes, again):
            await until(over(server), 30)
        shown = server.writing.chats[GROUP].shown()
        assert sum("Deploy moltworker" in one.text for one in shown) == 1


async def test_dead_for_the_whole_run_it_catches_up_without_a_flood(tmp_path: Path) -> None:
    async with deployment(tmp_path) as (fakes, server, chat):
        server.dead = True

        async def ended() -> bool:
            run = fold(await fakes.world.journal.read(RUN))
            return run is not None and run.outcome is Outcome.SUCCEEDED

        async with working(fakes, chat):
            async with asyncio.timeout(30):
                while not await ended():  # noqa: ASYNC110 - the journal is what is polled
                    await asyncio.sleep(0.005)
            server.dead = False
            await until(over(server), 30)
        card = server.writing.chats[GROUP].shown()[0]
        assert card.history == []
        assert server.violations == {}
