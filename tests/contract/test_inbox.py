"""What a platform was told is heard survives the bot: kept by one life, obeyed by the next, once."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from adapters.sql import open_journal
from adapters.sql.journal import SqlJournal
from bot.app.answers import Answers
from bot.app.inbox import DurableIntake
from bot.app.intake import Intake
from bot.domain.commands import Intent
from bot.domain.refusal import Unheard
from bot.domain.values import Person, Role, Room
from bot.ports.chat import KEEPING
from bot.view.notice import Notice
from tests.contract.conftest import listening, until
from tests.contract.platform import Link, Platform
from tests.fakes.estates import estate
from tests.fakes.world import Fakes, fake_world

SAID = "locked canary"


@dataclass
class Stuck:
    """An intake that keeps, and then never gets to anything: the kill comes before."""

    journal: SqlJournal
    fakes: Fakes
    kept: list[Intent] = field(default_factory=list)

    async def keep(self, intent: Intent, within: timedelta = KEEPING) -> bool:
        new = await self.journal.keep(intent, self.fakes.clock.now())
        self.kept.append(intent)
        return new

    async def drop(self, intent: Intent) -> None:
        raise AssertionError(f"it was acknowledged: {intent}")

    def refuse(self, why: Unheard, platform: str, source: str) -> None:
        raise AssertionError(f"it was a person's: {why} {platform} {source}")

    async def __call__(self, intent: Intent) -> Sequence[Notice]:
        await asyncio.Event().wait()
        return ()


async def first_life(link: Link, path: Path) -> Intent:
    """Hears a command, and is gone before it is decided."""
    async with open_journal(f"sqlite:///{path}") as journal:
        stuck = Stuck(journal, fake_world(estate(), journal))
        async with listening(link.chat, stuck):
            await link.type("/lock canary hands-off")
            await until(lambda: stuck.kept)
            await asyncio.sleep(0.05)
        return stuck.kept[0]


def world_of(intent: Intent, link: Link, journal: SqlJournal) -> Fakes:
    """A world in which whoever asked may, where they asked."""
    person = Person("ana", {link.chat.platform: intent.actor.account}, frozenset(Role))
    return fake_world(estate(people=(person,), rooms=(Room("ops", {link.chat.platform: link.address}),)), journal)


async def test_acknowledged_and_killed_it_is_obeyed_by_the_next_life_once(adapter: Platform, tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    async with adapter.opened() as link:
        intent = await first_life(link, path)
        async with open_journal(f"sqlite:///{path}") as journal, asyncio.TaskGroup() as group:
            fakes = world_of(intent, link, journal)
            intake = DurableIntake(fakes.world, Intake(fakes.world, Answers(fakes.world)), [link.chat])
            assert not await intake.keep(intent), "delivered again before it is taken up"
            await intake.take_up()
            locked, count = await journal.board()
            assert [one.reason for one in locked.locks.values()] == ["hands-off"]
            assert not await intake.keep(intent), "and after that"
            await intake.take_up()
            assert (await journal.board())[1] == count == 1
            if adapter.lasting:
                return  # whoever has left a terminal reads nothing on it
            serving = group.create_task(intake.serve())
            async with listening(link.chat, intake):
                await until(lambda: link.showing(SAID) == 1)
            serving.cancel()
