"""What a run's thread carries on each platform: whole runs, by the real feed and the real libraries."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.sql.journal import open_journal
from bot.app.feed import Feed
from bot.app.runner import Runner
from bot.domain.board import head_of
from bot.domain.fold import fold, start
from bot.domain.run import Run
from bot.domain.values import Outcome, Room, RunId
from tests.adapters.rooms import ROOMS, RoomOn
from tests.fakes.estates import actor, component, deploying, estate, requested, target
from tests.fakes.world import Fakes, VirtualClock, fake_world

TARGETS = tuple(target(name, components=(component(name),)) for name in ("one", "two", "three"))
RUNS = tuple(RunId(f"0000000{number}") for number in (1, 2, 3))
LATE = "Told late"


@dataclass
class Scene:
    """A room on one platform, and runs that are told there."""

    fakes: Fakes
    room: RoomOn

    async def begin(self, number: int = 0) -> RunId:
        event = requested(deploying(TARGETS[number]), actor(), RUNS[number], self.fakes.clock.now())
        await self.fakes.world.journal.append(event.run, 0, (event,), head_of(start(event)))
        return event.run

    async def run(self, run: RunId) -> Run:
        folded = fold(await self.fakes.world.journal.read(run))
        assert folded is not None
        return folded

    async def ended(self, run: RunId) -> None:
        async with asyncio.timeout(30):
            while (await self.run(run)).outcome is None:  # noqa: ASYNC110 - the journal is what is polled
                await asyncio.sleep(0.005)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(Feed(self.fakes.world, [self.room.chat]).serve()),
                group.create_task(Runner(self.fakes.world).serve()),
            ]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()

    async def told(self, runs: Sequence[RunId]) -> None:
        """Return once every run's last word and its report are there, and its card can be pressed."""
        await until(lambda: all(self._told(run) for run in runs))

    def _told(self, run: RunId) -> bool:
        seen = [one for one in self.room.seen() if run in one.card]
        return any(f"outrider-{run}.json" in one.files and "live: " in one.card for one in seen)


async def until(holds: Callable[[], bool], seconds: float = 40.0) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - what is waited for happens in a server that knows no event of ours
            await asyncio.sleep(0.005)


@pytest.fixture(params=sorted(ROOMS))
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    clock = VirtualClock()
    async with open_journal(f"sqlite:///{tmp_path / 'journal.db'}") as journal, ROOMS[request.param](clock) as room:
        fakes = fake_world(estate(TARGETS, rooms=(Room("ops", {request.param: room.address}),)), journal, clock)
        for one in TARGETS:
            fakes.provider.put(one.name, "canary", "v-before")
        yield Scene(fakes, room)
        assert room.wrong() == []


async def test_a_run_has_one_card_and_its_report_below_it(scene: Scene) -> None:
    run = await scene.begin()
    async with scene.working():
        await scene.told([run])
    [seen] = scene.room.seen()
    assert seen.files == (f"outrider-{run}.json",)
    assert sum("is live in canary after" in one for one in seen.below) == 1


async def test_three_runs_at_once_in_one_room_go_over_no_limit(scene: Scene) -> None:
    """The servers count; `scene` asserts that they found nothing. Fewer drawings than events, however many runs."""
    runs = [await scene.begin(number) for number in range(3)]
    async with scene.working():
        await scene.told(runs)
    assert len(scene.room.seen()) == 3
    assert [len(one.files) for one in scene.room.seen()] == [1, 1, 1]
    events = sum([len(await scene.fakes.world.journal.read(run)) for run in runs])
    assert scene.room.drawings() < events


async def test_dead_for_a_whole_run_it_hears_of_it_in_one_notice(scene: Scene) -> None:
    run = await scene.begin()
    scene.room.die()
    async with scene.working():
        await scene.ended(run)
        scene.room.live()
        await scene.told([run])
    assert (await scene.run(run)).outcome is Outcome.SUCCEEDED
    [seen] = scene.room.seen()
    late, last = seen.below
    assert LATE in late
    assert "is live in canary after" in last
    assert seen.files == (f"outrider-{run}.json",)


@pytest.mark.parametrize("thread", [False, True], ids=["card", "card and thread"])
async def test_what_somebody_deletes_in_the_middle_of_a_run_comes_anew_and_goes_on(scene: Scene, thread: bool) -> None:
    hang = scene.fakes.provider.hang = asyncio.Event()
    run = await scene.begin()
    async with scene.working():
        await until(lambda: any("gate" in word for one in scene.room.seen() for word in one.below))
        scene.room.delete(thread)
        assert scene.room.seen() == []
        hang.set()
        await scene.told([run])
    [seen] = scene.room.seen()
    assert "is live in canary after" in seen.below[-1]
    assert seen.files == (f"outrider-{run}.json",)


async def test_a_card_deleted_after_the_run_comes_back_when_it_has_to_change(scene: Scene) -> None:
    """Its Roll back would be untrue once another run begins, so it is drawn, and finds that it is gone."""
    run = await scene.begin()
    async with scene.working():
        await scene.told([run])
        scene.room.delete(thread=False)
        event = requested(deploying(TARGETS[0]), actor(), RUNS[1], scene.fakes.clock.now())
        await scene.fakes.world.journal.append(event.run, 0, (event,), head_of(start(event)))
        await scene.told([event.run])
        await until(lambda: len(scene.room.seen()) == 2)
