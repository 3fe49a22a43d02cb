"""How far each conversation was told, on a real file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.sql import SqlJournal, open_journal
from bot.domain.values import Outcome
from bot.ports.journal import LATEST, Told
from tests.adapters.sql.samples import ended, head, requested, run


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[SqlJournal]:
    async with open_journal(f"sqlite:///{tmp_path / 'outrider.db'}") as opened:
        yield opened


async def test_cursors_the_last_word_wins(journal: SqlJournal) -> None:
    first = Told(run(1), "slack", "C0123", 3, "170.1", "abc")
    await journal.tell(first)
    await journal.tell(Told(run(1), "discord", "77", 1))
    await journal.tell(Told(run(1), "slack", "C0123", 4, "170.1", "def"))
    assert await journal.told(run(1)) == [
        Told(run(1), "discord", "77", 1),
        Told(run(1), "slack", "C0123", 4, "170.1", "def"),
    ]
    assert await journal.told(run(2)) == []
    assert await journal.drawn("ef") == [Told(run(1), "slack", "C0123", 4, "170.1", "def")]
    assert await journal.drawn("%") == []


async def test_behind_are_those_with_more_to_tell_and_the_latest_that_nobody_came_to_tell(journal: SqlJournal) -> None:
    for number in range(1, 5):
        await journal.append(run(number), 0, [requested(number), ended(number)], head(number, Outcome.STOPPED))
    assert await journal.behind() == [run(number) for number in range(1, 5)]
    await journal.tell(Told(run(2), "slack", "C0123", 2), Told(run(2), "discord", "77", 1))
    assert await journal.behind() == [run(2), run(3), run(4)]
    await journal.tell(Told(run(2), "discord", "77", 2))
    assert await journal.behind() == [run(3), run(4)]
    for number in range(5, 5 + LATEST):
        await journal.append(run(number), 0, [requested(number), ended(number)], head(number, Outcome.STOPPED))
    assert await journal.behind() == [run(number) for number in range(5, 5 + LATEST)]
