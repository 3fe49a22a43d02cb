"""The tables: how they come to be, what they promise to the disk, and that nothing scans them."""

import asyncio
import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import event

from adapters.sql import SqlJournal
from adapters.sql.schema import MIGRATIONS, migrate
from adapters.sql.tables import metadata
from bot.ports.errors import Permanent
from tests.adapters.sql.samples import at, run


async def test_commits_wait_for_the_disk(journal: SqlJournal) -> None:
    async with journal._engine.connect() as connection:
        assert (await connection.exec_driver_sql("PRAGMA synchronous")).scalar() == 2
        assert (await connection.exec_driver_sql("PRAGMA journal_mode")).scalar() == "wal"


async def test_migrations_run_once_each_and_the_future_is_refused(path: Path, journal: SqlJournal) -> None:
    later = (*MIGRATIONS, ("ALTER TABLE heads ADD COLUMN mood TEXT",))
    for _ in range(2):
        async with journal._engine.begin() as connection:
            await migrate(connection, "", later)
    async with journal._engine.begin() as connection:
        rows = await connection.exec_driver_sql("SELECT version FROM schema ORDER BY version")
        assert rows.scalars().all() == [1, 2, 3]
        with pytest.raises(Permanent, match="newer Outrider"):
            await migrate(connection, "")


async def test_the_tables_are_what_the_statements_expect(path: Path, journal: SqlJournal) -> None:
    with sqlite3.connect(path) as plain:
        for table in metadata.tables.values():
            info = plain.execute(f"PRAGMA table_info({table.name})").fetchall()
            found = {name: (bool(null) or bool(key), bool(key)) for _, name, _, null, _, key in info}
            assert found == {one.name: (not one.nullable, one.primary_key) for one in table.columns}
    plain.close()


async def test_reading_looks_up_and_never_scans(path: Path, journal: SqlJournal) -> None:
    sent: list[tuple[str, Sequence[object]]] = []
    engine = journal._engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *what: sent.append((what[2], what[3])))
    await journal.board()
    await journal.read(run(1), after=3)
    await journal.head(run(1))
    await asyncio.gather(journal.by_key("slack:1"), journal.was_heard("slack:1"), journal.unheard())
    for target, environment in [(None, None), ("a", None), (None, "canary"), ("a", "canary")]:
        await journal.history(target, environment, 9)
        await journal.history(target, environment, 9, at(1))
    asked = [(statement, values) for statement, values in sent if statement.startswith("SELECT")]
    assert len(asked) == 16
    with sqlite3.connect(path) as plain:
        for statement, values in asked:
            plan = " / ".join(row[3] for row in plain.execute(f"EXPLAIN QUERY PLAN {statement}", values))
            assert "TEMP B-TREE" not in plan, (statement, plan)
            assert not re.search(r"SCAN (heads|events|inbox)(?! USING INDEX)", plan), (statement, plan)
    plain.close()
