"""A rollback stops what else waits for its environment, and a kill in between loses neither."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

import pytest

from bot.app.answers import Answers
from bot.app.intake import TRIES, Intake
from bot.domain.board import Board, Head
from bot.domain.board_events import BoardEvent
from bot.domain.commands import Origin, Typed
from bot.domain.events import AbortRequested, Event, RunRequested
from bot.domain.plan import RunKind
from bot.domain.values import RunId
from bot.ports.errors import Conflict
from bot.ports.journal import Heard, Journal
from tests.app.conftest import begin, ended, running, state
from tests.fakes.estates import ANA, OPS, actor, deploying
from tests.fakes.world import Fakes


class Killed(BaseException):
    """The process dies here."""


@dataclass
class DyingJournal:
    """The real journal, in a process that dies as it begins a run."""

    inner: Journal

    async def append(
        self, run: RunId, expected: int, events: Sequence[Event], head: Head, heard: Heard | None = None
    ) -> None:
        if isinstance(events[0], RunRequested):
            raise Killed
        await self.inner.append(run, expected, events, head, heard)

    async def read(self, run: RunId, after: int = 0) -> Sequence[Event]:
        return await self.inner.read(run, after)

    async def append_board(self, expected: int, events: Sequence[BoardEvent], heard: Heard | None = None) -> None:
        await self.inner.append_board(expected, events, heard)

    async def board(self) -> tuple[Board, int]:
        return await self.inner.board()

    def changes(self) -> AsyncIterator[RunId]:
        return self.inner.changes()


async def test_a_kill_between_stopping_and_beginning_is_made_good_by_the_next_life(fakes: Fakes) -> None:
    fakes.provider.put("worker", "canary", "v-before")
    done = await begin(fakes, deploying(), "0000000a")
    async with running(fakes):
        await ended(fakes, done)
    waits = await begin(fakes, replace(deploying(), ref="next"), "0000000b")
    asked = Typed("/rollback canary", actor(ANA), Origin("slack", OPS.addresses["slack"]), "slack:once")

    dying = replace(fakes.world, journal=DyingJournal(fakes.world.journal))
    with pytest.raises(Killed):
        await Intake(dying, Answers(dying))(asked)
    assert (await state(fakes, waits)).aborted_by is not None

    (notice,) = await Intake(fakes.world, Answers(fakes.world))(asked)
    assert (await state(fakes, RunId(notice.run))).plan.kind is RunKind.ROLLBACK


@dataclass
class BusyJournal(DyingJournal):
    """The real journal, in which a run is so many times faster than whoever asks it to stop."""

    faster: int = 0

    async def append(
        self, run: RunId, expected: int, events: Sequence[Event], head: Head, heard: Heard | None = None
    ) -> None:
        if isinstance(events[0], AbortRequested) and self.faster > 0:
            self.faster -= 1
            raise Conflict("The journal holds one event more.")
        await self.inner.append(run, expected, events, head, heard)


async def test_a_busy_run_can_be_aborted(fakes: Fakes) -> None:
    run = await begin(fakes, deploying(), "0000000a")
    busy = replace(fakes.world, journal=BusyJournal(fakes.world.journal, faster=60))
    asked = Typed("/abort", actor(ANA), Origin("slack", OPS.addresses["slack"]), "slack:once")
    (notice,) = await Intake(busy, Answers(busy))(asked)
    assert notice.code == "aborting"
    assert (await state(fakes, run)).aborted_by is not None


async def test_what_cannot_be_stopped_is_told_and_nothing_is_begun(fakes: Fakes) -> None:
    fakes.provider.put("worker", "canary", "v-before")
    done = await begin(fakes, deploying(), "0000000a")
    async with running(fakes):
        await ended(fakes, done)
    await begin(fakes, replace(deploying(), ref="next"), "0000000b")
    asked = Typed("/rollback canary", actor(ANA), Origin("slack", OPS.addresses["slack"]), "slack:once")
    busy = replace(fakes.world, journal=BusyJournal(fakes.world.journal, faster=TRIES))
    (notice,) = await Intake(busy, Answers(busy))(asked)
    assert notice.code == "trouble"
    assert await fakes.world.archive.by_key("slack:once") is None


async def test_a_run_begins_in_the_same_commit_as_its_delivery_is_marked(fakes: Fakes) -> None:
    """Killed in between, the next life might find it too old to be obeyed, and say so of a run that goes on."""
    asked = Typed("/deploy canary", actor(ANA), Origin("slack", OPS.addresses["slack"]), "slack:once")
    (notice,) = await Intake(fakes.world, Answers(fakes.world))(asked)
    assert notice.run
    assert await fakes.world.inbox.was_heard("slack:once")
