"""The journal on SQLAlchemy Core: implements `Journal`, `Archive` and `Cursors` of `bot.ports.journal`.

Writers go one by one. An append is one transaction: the events, the run's head and, where the run succeeded
in changing its environment, who stands there. It is shielded: a caller that is cancelled leaves it to finish,
so that what was committed is always told to the listeners. Readers see one moment, and wait for nobody.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Select, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from adapters.sql import sqlite, statements
from adapters.sql.broadcast import Broadcast
from adapters.sql.schema import migrate
from adapters.sql.tables import BOARD, cursors, heads, micros
from bot.domain.board import Board, Head, fold_board
from bot.domain.events import BoardEvent, Event
from bot.domain.values import RunId
from bot.ports.errors import Permanent
from bot.ports.journal import Told

DEFAULT_URL = "sqlite:///outrider.db"


class SqlJournal:
    """All three ports on one database; made by `open_journal`."""

    def __init__(self, database: sqlite.Database) -> None:
        self._database = database
        self._broadcast = Broadcast()
        self._board = (Board(), 0)
        """The board's own stream as far as it was folded, and that count: its past is never folded twice."""

    # Journal

    async def append(self, run: RunId, expected: int, events: Sequence[Event], head: Head) -> None:
        """See `Journal.append`."""
        await asyncio.shield(self._append(run, expected, events, head))

    async def _append(self, run: RunId, expected: int, events: Sequence[Event], head: Head) -> None:
        def work(connection: Connection) -> None:
            if expected == 0:
                statements.refuse_twice(connection, head)
            position = statements.add(connection, run, expected, events)
            statements.put_head(connection, head, position if expected == 0 else None)

        await self._database.writing(work)
        self._broadcast.tell(run)

    async def read(self, run: RunId, after: int = 0) -> Sequence[Event]:
        """See `Journal.read`."""
        found = await self._database.reading(lambda connection: statements.read(connection, run, after))
        return cast("list[Event]", found)

    async def append_board(self, expected: int, events: Sequence[BoardEvent]) -> None:
        """See `Journal.append_board`."""
        adding = self._database.writing(lambda connection: statements.add(connection, BOARD, expected, events))
        await asyncio.shield(adding)

    async def board(self) -> tuple[Board, int]:
        """See `Journal.board`. Reads the open runs, one for each environment, and what is new."""
        own, count = self._board

        def work(connection: Connection) -> tuple[list[BoardEvent], list[Head], list[Head]]:
            new = cast("list[BoardEvent]", statements.read(connection, BOARD, count))
            runs = statements.read_heads(connection, statements.OPEN)
            return new, runs, statements.read_heads(connection, statements.STANDING)

        new, runs, last = await self._database.reading(work)
        own, count = fold_board(own, new), count + len(new)
        if count > self._board[1]:
            self._board = own, count
        stand = {(head.target, head.environment): head for head in last}
        return Board(tuple(runs), stand, own.locks, own.freeze), count

    def changes(self) -> AsyncIterator[RunId]:
        """See `Journal.changes`. Counts from this call, not from the first name taken."""
        return self._broadcast.subscribe(self._open_runs)

    async def _open_runs(self) -> Sequence[RunId]:
        return [head.run for head in await self._heads(statements.OPEN)]

    # Archive

    async def head(self, run: RunId) -> Head | None:
        """See `Archive.head`."""
        return await self._one(select(heads).where(heads.c.run == run))

    async def by_key(self, key: str) -> Head | None:
        """See `Archive.by_key`. Nothing was asked for by an empty key."""
        return await self._one(select(heads).where(heads.c.key == key)) if key else None

    async def history(
        self, target: str | None, environment: str | None, limit: int, before: datetime | None = None
    ) -> Sequence[Head]:
        """See `Archive.history`; `before` keeps to those asked for before that time."""
        query = select(heads).order_by(heads.c.requested_at.desc(), heads.c.position.desc()).limit(limit)
        if target is not None:
            query = query.where(heads.c.target == target)
        if environment is not None:
            query = query.where(heads.c.environment == environment)
        if before is not None:
            query = query.where(heads.c.requested_at < micros(before))
        return await self._heads(query)

    async def _one(self, query: Select[Any]) -> Head | None:
        return next(iter(await self._heads(query)), None)

    async def _heads(self, query: Select[Any]) -> Sequence[Head]:
        return await self._database.reading(lambda connection: statements.read_heads(connection, query))

    # Cursors

    async def told(self, run: RunId) -> Sequence[Told]:
        """See `Cursors.told`."""
        query = select(cursors).where(cursors.c.run == run).order_by(cursors.c.platform, cursors.c.address)
        return await self._database.reading(
            lambda connection: [Told(**row) for row in connection.execute(query).mappings()]
        )

    async def behind(self) -> Sequence[RunId]:
        """See `Cursors.behind`."""
        return await self._database.reading(statements.behind)

    async def tell(self, told: Told) -> None:
        """See `Cursors.tell`."""
        await asyncio.shield(self._database.writing(lambda connection: statements.put_told(connection, told)))

    async def set_up(self) -> None:
        """Bring the tables up to date."""
        await self._database.writing(lambda connection: migrate(connection, sqlite.SERIAL))
        self._database.file.settle()


@asynccontextmanager
async def open_journal(url: str = DEFAULT_URL, busy: timedelta = timedelta(seconds=5)) -> AsyncIterator[SqlJournal]:
    """The journal at `sqlite:///relative/path` or `sqlite:////absolute/path`, for this bot alone.

    Raises `Permanent` where the address is no such thing, another bot is running on the file, or a newer
    Outrider wrote it. `busy` is how long an append waits for other programs (a backup, a curious person)
    before it is `Temporary`.
    """
    with sqlite.opened(_path(url), busy) as database:
        journal = SqlJournal(database)
        await journal.set_up()
        try:
            yield journal
        finally:
            await database.settle()  # appends whose callers were cancelled are finished, and told


def _path(url: str) -> Path:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        raise Permanent("DATABASE_URL must be sqlite:///PATH, such as sqlite:///outrider.db.")
    return Path(str(parsed.database))
