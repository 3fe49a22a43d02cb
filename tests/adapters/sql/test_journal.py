"""The journal's promises, on a real file."""

import asyncio
import os
import sqlite3
from pathlib import Path
from typing import cast

import pytest

from adapters.sql import SqlJournal, open_journal
from bot.domain.board import Head
from bot.domain.board_events import Frozen, Locked, Unlocked
from bot.domain.events import RunStarted
from bot.domain.plan import RunKind
from bot.domain.values import Outcome, RunId
from bot.ports.errors import Conflict, Permanent, Temporary
from bot.ports.journal import LATEST, Archive, Cursors, Inbox, Journal, Told
from tests.adapters.sql.samples import ANA, at, ended, head, requested, run


async def test_it_is_all_four_ports(journal: SqlJournal) -> None:
    ports: tuple[Journal, Archive, Cursors, Inbox] = (journal, journal, journal, journal)
    assert await ports[1].head(run(1)) is None


async def test_an_append_is_read_back_after_a_restart(path: Path) -> None:
    async with open_journal(f"sqlite:///{path}") as first:
        await first.append(run(1), 0, [requested(1), RunStarted(at(2))], head(1))
        await first.append(run(1), 2, [ended(1)], head(1, Outcome.SUCCEEDED))
    async with open_journal(f"sqlite:///{path}") as second:
        assert await second.read(run(1)) == [requested(1), RunStarted(at(2)), ended(1)]
        assert await second.read(run(1), after=2) == [ended(1)]
        assert await second.read(run(9)) == []
        found = await second.head(run(1))
    assert found is not None
    assert found.outcome is Outcome.SUCCEEDED
    assert found.order == 1


@pytest.mark.parametrize("expected", [0, 1, 3])
async def test_a_wrong_count_is_a_conflict_and_nothing_is_written(journal: SqlJournal, expected: int) -> None:
    await journal.append(run(1), 0, [requested(1), RunStarted(at(2))], head(1))
    with pytest.raises(Conflict):
        await journal.append(run(1), expected, [ended(1)], head(1, Outcome.SUCCEEDED))
    assert len(await journal.read(run(1))) == 2
    assert cast("Head", await journal.head(run(1))).open


async def test_of_many_at_once_exactly_one_is_first(journal: SqlJournal) -> None:
    await journal.append(run(1), 0, [requested(1)], head(1))
    tries = [journal.append(run(1), 1, [RunStarted(at(n))], head(1)) for n in range(20)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert [type(one) for one in results if one is not None] == [Conflict] * 19
    assert len(await journal.read(run(1))) == 2


async def test_the_same_delivery_twice_is_one_run(journal: SqlJournal) -> None:
    await journal.append(run(1), 0, [requested(1, "slack:7")], head(1, key="slack:7"))
    with pytest.raises(Conflict, match=run(1)):
        await journal.append(run(2), 0, [requested(2, "slack:7")], head(2, key="slack:7"))
    await journal.append(run(1), 1, [ended(1)], head(1, Outcome.STOPPED, key="slack:7"))
    assert cast("Head", await journal.by_key("slack:7")).run == run(1)
    assert await journal.head(run(2)) is None
    assert await journal.read(run(2)) == []


async def test_an_empty_key_is_nobodys(journal: SqlJournal) -> None:
    await journal.append(run(1), 0, [requested(1)], head(1))
    await journal.append(run(2), 0, [requested(2)], head(2))
    assert await journal.by_key("") is None


async def test_events_and_head_go_together(journal: SqlJournal) -> None:
    unwritable = head(1, key=cast("str", ("not", "text")))
    with pytest.raises(Exception, match=r"key|binding|type"):
        await journal.append(run(1), 0, [requested(1)], unwritable)
    assert await journal.read(run(1)) == []
    await journal.append(run(1), 0, [requested(1)], head(1))


async def test_the_board_shows_open_runs_in_order_and_who_stands_where(journal: SqlJournal) -> None:
    await journal.append(run(5), 0, [requested(5)], head(5))
    await journal.append(run(3), 0, [requested(3)], head(3))
    for number, kind, outcome in [
        (10, RunKind.DEPLOY, Outcome.SUCCEEDED),
        (11, RunKind.ROLLBACK, Outcome.SUCCEEDED),
        (12, RunKind.VERIFY, Outcome.SUCCEEDED),
        (13, RunKind.DEPLOY, Outcome.ROLLED_BACK),
    ]:
        await journal.append(run(number), 0, [requested(number)], head(number, kind=kind))
        await journal.append(run(number), 1, [ended(number, outcome)], head(number, outcome, kind=kind))
    board, count = await journal.board()
    assert [one.run for one in board.runs] == [run(5), run(3)]
    assert {place: one.run for place, one in board.standing.items()} == {("moltworker", "canary"): run(11)}
    assert (board.place(run(5)), board.place(run(3)), count) == (0, 1, 0)


async def test_the_boards_own_stream(path: Path, journal: SqlJournal) -> None:
    lock = Locked("moltworker", "canary", ANA, "looking", at(1))
    await journal.append_board(0, [lock, Frozen(ANA, "launch", at(2))])
    board, count = await journal.board()
    assert (dict(board.locks), board.freeze, count) == (
        {("moltworker", "canary"): lock},
        Frozen(ANA, "launch", at(2)),
        2,
    )
    with pytest.raises(Conflict):
        await journal.append_board(0, [lock])
    await journal.append_board(2, [Unlocked("moltworker", "canary", ANA, at(3))])
    board, count = await journal.board()
    assert (dict(board.locks), count) == ({}, 3)


async def test_history_is_newest_first_and_pages(journal: SqlJournal) -> None:
    for number in range(12):
        target, environment = ("a", "b")[number % 2], ("canary", "production")[number // 2 % 2]
        new = head(number, target=target, environment=environment)
        await journal.append(run(number), 0, [requested(number)], new)

    async def seen(target: str | None, environment: str | None, limit: int = 99, before: int = 99) -> list[RunId]:
        return [one.run for one in await journal.history(target, environment, limit, at(before))]

    assert await seen(None, None) == [run(number) for number in reversed(range(12))]
    assert await seen("a", None, limit=2) == [run(10), run(8)]
    assert await seen("a", None, limit=2, before=8) == [run(6), run(4)]
    assert await seen("b", "production") == [run(11), run(7), run(3)]
    assert await seen(None, "canary", limit=3) == [run(9), run(8), run(5)]
    assert len(await journal.history(None, None, 99)) == 12


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


async def test_changes_start_with_open_runs_and_lose_none_while_slow(journal: SqlJournal) -> None:
    await journal.append(run(1), 0, [requested(1)], head(1))
    await journal.append(run(2), 0, [requested(2), ended(2)], head(2, Outcome.STOPPED))
    changes = journal.changes()
    await journal.append(run(3), 0, [requested(3), ended(3)], head(3, Outcome.STOPPED))
    assert [await anext(changes), await anext(changes)] == [run(1), run(3)]
    for seq in range(5):
        await journal.append(run(4), seq, [requested(4) if seq == 0 else RunStarted(at(seq))], head(4))
    await journal.append(run(1), 1, [ended(1)], head(1, Outcome.STOPPED))
    assert [await anext(changes), await anext(changes)] == [run(4), run(1)]
    waiting = asyncio.wait_for(anext(changes), 30)
    _, name = await asyncio.gather(journal.append(run(5), 0, [requested(5)], head(5)), waiting)
    assert name == run(5)


async def test_a_cancelled_append_is_whole_and_told(journal: SqlJournal) -> None:
    changes = journal.changes()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(journal.append(run(1), 0, [requested(1)], head(1)))
        await asyncio.sleep(0)
        task.cancel()
    assert await asyncio.wait_for(anext(changes), 30) == run(1)
    assert await journal.read(run(1)) == [requested(1)]


async def test_a_second_bot_is_turned_away(path: Path, journal: SqlJournal) -> None:
    with pytest.raises(Permanent, match="Another bot is running on"):
        async with open_journal(f"sqlite:///{path}"):
            pass
    await journal.append(run(1), 0, [requested(1)], head(1))


async def test_a_file_held_by_another_program_is_temporary(path: Path, journal: SqlJournal) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Temporary, match="held by another program"):
        await journal.append(run(1), 0, [requested(1)], head(1))
    assert await journal.read(run(1)) == []
    other.execute("ROLLBACK")
    other.close()
    await journal.append(run(1), 0, [requested(1)], head(1))


async def test_a_file_that_went_away_is_temporary_until_it_is_back(path: Path, journal: SqlJournal) -> None:
    await journal.append(run(1), 0, [requested(1)], head(1))
    away = path.with_suffix(".away")
    os.rename(path, away)
    with pytest.raises(Temporary, match="moved or deleted"):
        await journal.append(run(1), 1, [ended(1)], head(1, Outcome.STOPPED))
    with pytest.raises(Temporary, match="moved or deleted"):
        await journal.board()
    os.rename(away, path)
    await journal.append(run(1), 1, [ended(1)], head(1, Outcome.STOPPED))


async def test_a_full_disk_is_temporary(journal: SqlJournal) -> None:
    async with journal._engine.connect() as connection:
        pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
        await connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    big = [RunStarted(at(number)) for number in range(3000)]
    with pytest.raises(Temporary, match="no room left"):
        await journal.append(run(1), 0, [requested(1), *big], head(1))
    assert await journal.read(run(1)) == []


@pytest.fixture
def garbage(path: Path) -> Path:
    path.write_bytes(b"not a database" * 100)
    return path


async def test_a_file_that_is_no_journal_is_permanent(garbage: Path) -> None:
    with pytest.raises(Permanent, match="cannot be used"):
        async with open_journal(f"sqlite:///{garbage}"):
            pass


@pytest.mark.parametrize(
    "url", ["", "outrider.db", "sqlite://", "sqlite:///:memory:", "mysql://x/y", "postgresql://x/y"]
)
async def test_an_address_that_is_none_says_what_to_write(url: str) -> None:
    with pytest.raises(Permanent, match="sqlite:///PATH"):
        async with open_journal(url):
            pass


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="may write to"):
        async with open_journal("sqlite:////proc/nowhere/x.db"):
            pass
