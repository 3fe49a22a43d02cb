"""A journal that cannot be written or read: nobody waits for it, and what it missed is made up for."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from bot.domain.commands import Intent
from bot.ports.errors import Temporary
from bot.ports.journal import Heard
from tests.app.conftest import until
from tests.app.test_inbox import Life, typed
from tests.fakes.world import Fakes


@dataclass
class Broken:
    """`Inbox` on a disk that is full, or so slow that nothing comes back."""

    hangs: bool = False
    well: bool = False
    marked: list[str] = field(default_factory=list)
    left: Sequence[tuple[Intent, datetime]] = ()

    async def keep(self, intent: Intent, at: datetime) -> bool:
        await self._fail()
        return True

    async def heard(self, heard: Heard) -> None:
        await self._fail()
        self.marked.append(heard.key)

    async def was_heard(self, key: str) -> bool:
        return key in self.marked

    async def unheard(self) -> Sequence[tuple[Intent, datetime]]:
        await self._fail()
        return self.left

    async def _fail(self) -> None:
        if self.hangs and not self.well:
            await asyncio.Event().wait()
        if not self.well:
            raise Temporary("The journal has no room left on its disk: make some.")


@pytest.mark.parametrize("hangs", [False, True])
async def test_a_journal_that_cannot_be_written_holds_no_acknowledgement_up(fakes: Fakes, hangs: bool) -> None:
    life = Life(replace(fakes, world=replace(fakes.world, inbox=Broken(hangs))))
    intent = typed("/whoami")
    async with asyncio.timeout(20):
        assert await life.intake.keep(intent, timedelta(seconds=0.1))
        assert not await life.intake.keep(intent, timedelta(seconds=0.1)), "known again without the journal"


async def test_what_is_decided_is_marked_when_the_journal_takes_it_again(fakes: Fakes) -> None:
    inbox = Broken()
    life = Life(replace(fakes, world=replace(fakes.world, inbox=inbox)))
    intent = typed("/whoami")
    async with life.served():
        await life.intake.keep(intent)
        (said,) = await life.intake(intent)
        assert said.code == "whoami"
        inbox.well = True
        await until(lambda: inbox.was_heard(intent.key))
    assert life.chat.said == []


async def test_what_could_not_be_read_at_the_start_is_taken_up_later(fakes: Fakes) -> None:
    broken = Broken()
    life = Life(replace(fakes, world=replace(fakes.world, inbox=broken)))
    async with life.served():
        broken.left = [(typed("/lock canary mine"), fakes.clock.now())]
        broken.well = True
        await life.said("answer_locked")
