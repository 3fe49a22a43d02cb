"""What was asked for, on a real file."""

import asyncio
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import event

from adapters.sql import SqlJournal, open_journal, records
from adapters.sql.inbox import KEPT_FOR, MOST
from bot.domain.board_events import Locked
from bot.domain.commands import Intent, Origin, Pressed, Typed
from bot.domain.events import RunStarted
from bot.ports.errors import Conflict, Temporary
from bot.ports.journal import Heard, Told
from tests.adapters.sql.samples import ANA, START, at, head, requested, run
from tests.adapters.sql.strategies import of

ROOM = Origin("slack", "C1", "C1:2", "C1:3")


def typed(key: str, text: str = "/weight 30") -> Typed:
    return Typed(text, ANA, ROOM, key)


async def test_what_is_kept_is_there_after_a_restart_in_order_and_once(path: Path) -> None:
    pressed = Pressed("abort:k3v9x2mq", ANA, ROOM, "slack:1")
    async with open_journal(f"sqlite:///{path}") as first:
        assert await first.keep(typed("slack:2"), at(1))
        assert await first.keep(pressed, at(2))
        assert not await first.keep(typed("slack:2"), at(3))
    async with open_journal(f"sqlite:///{path}") as second:
        assert await second.unheard() == [(typed("slack:2"), at(1)), (pressed, at(2))]
        assert not await second.keep(pressed, at(4))


async def test_what_was_heard_is_known_and_not_taken_up(path: Path, journal: SqlJournal) -> None:
    await journal.keep(typed("slack:1", "/lock canary the words"), at(1))
    for _ in range(2):
        await journal.heard(Heard("slack:1", at(2)))
    assert await journal.unheard() == []
    assert await journal.was_heard("slack:1")
    assert not await journal.keep(typed("slack:1"), at(3))
    with sqlite3.connect(path) as plain:
        assert "the words" not in str(plain.execute("SELECT * FROM inbox").fetchall())
    plain.close()


async def test_heard_before_it_was_kept_counts_too(journal: SqlJournal) -> None:
    await journal.heard(Heard("slack:1", at(1)))
    assert not await journal.keep(typed("slack:1"), at(2))
    assert await journal.unheard() == []
    assert not await journal.was_heard("slack:2")


async def test_an_empty_key_is_nobodys(journal: SqlJournal) -> None:
    assert await journal.keep(typed(""), at(1))
    assert await journal.keep(typed(""), at(1))
    await journal.heard(Heard("", at(1)))
    assert await journal.unheard() == []
    assert not await journal.was_heard("")


async def test_facts_and_their_delivery_go_together(journal: SqlJournal) -> None:
    await journal.append(run(1), 0, [requested(1)], head(1))
    for key in ("a", "b", "c"):
        await journal.keep(typed(key), at(1))
    await journal.append(run(1), 1, [RunStarted(at(2))], head(1), Heard("a", at(2)))
    await journal.append_board(0, [Locked("t", "canary", ANA, "", at(2))], Heard("b", at(2)))
    assert [intent.key for intent, _ in await journal.unheard()] == ["c"]
    with pytest.raises(Conflict):
        await journal.append(run(1), 1, [RunStarted(at(3))], head(1), Heard("c", at(3)))
    assert [intent.key for intent, _ in await journal.unheard()] == ["c"], "overtaken: neither"


async def test_the_same_delivery_leaves_no_second_fact(journal: SqlJournal) -> None:
    await journal.append(run(1), 0, [requested(1)], head(1))
    await journal.append(run(1), 1, [RunStarted(at(2))], head(1), Heard("a", at(2)))
    with pytest.raises(Conflict, match="decided before"):
        await journal.append(run(1), 2, [RunStarted(at(3))], head(1), Heard("a", at(3)))
    with pytest.raises(Conflict, match="decided before"):
        await journal.append_board(0, [Locked("t", "canary", ANA, "", at(3))], Heard("a", at(3)))
    assert len(await journal.read(run(1))) == 2
    assert (await journal.board())[1] == 0


async def test_many_at_once_share_commits(journal: SqlJournal) -> None:
    commits: list[object] = []
    event.listen(journal._engine.sync_engine, "commit", commits.append)
    keys = [f"slack:{number}" for number in range(50)]
    new = await asyncio.gather(*(journal.keep(typed(key), at(1)) for key in (*keys, *keys)))
    assert new == [True] * 50 + [False] * 50
    assert [intent.key for intent, _ in await journal.unheard()] == keys
    assert len(commits) < 10


async def test_while_the_file_is_held_nothing_is_kept_and_later_all_is(path: Path, journal: SqlJournal) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    failed = await asyncio.gather(*(journal.keep(typed(key), at(1)) for key in "abc"), return_exceptions=True)
    assert [type(one) for one in failed] == [Temporary] * 3
    other.execute("ROLLBACK")
    other.close()
    assert await journal.keep(typed("a"), at(2))
    assert [intent.key for intent, _ in await journal.unheard()] == ["a"]


async def test_old_ones_are_forgotten_some_at_a_time(journal: SqlJournal) -> None:
    for number in range(MOST + 3):
        await journal.keep(typed(f"old{number}"), at(number))
    late = START + KEPT_FOR + timedelta(minutes=1)
    await journal.keep(typed("new1"), late)
    assert [intent.key for intent, _ in await journal.unheard()] == [*(f"old{MOST + n}" for n in range(3)), "new1"]
    await journal.keep(typed("new2"), late)
    assert [intent.key for intent, _ in await journal.unheard()] == ["new1", "new2"]


async def test_a_caller_that_is_cancelled_leaves_it_to_finish(path: Path) -> None:
    async with open_journal(f"sqlite:///{path}") as journal, asyncio.TaskGroup() as group:
        asking = group.create_task(journal.keep(typed("slack:1"), at(1)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        asking.cancel()
    async with open_journal(f"sqlite:///{path}") as journal:
        assert [intent.key for intent, _ in await journal.unheard()] == ["slack:1"]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(intent=of(Typed) | of(Pressed))
def test_any_intent_comes_back_as_it_was(intent: Intent) -> None:
    assert records.intent_from_record(records.intent_to_record(intent)) == intent


async def test_what_people_ask_for_goes_before_what_is_written_down_of_runs(journal: SqlJournal) -> None:
    written: list[int] = []

    async def tell(number: int) -> None:
        await journal.tell(Told(run(number), "slack", "C1"))
        written.append(number)

    async with asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(tell(number))
        await asyncio.sleep(0)
        assert await journal.keep(typed("a"), at(1))
        assert len(written) < 10, "it waits for the one that writes and the one that is next"
    assert sorted(written) == list(range(20))
