"""The journal on SQLAlchemy Core: implements `Journal`, `Archive`, `Inbox` and `Cursors` of `bot.ports.journal`.

Writers go one by one. An append is one transaction: the events, the run's head and, where the run succeeded
in changing its environment, who stands there. It is shielded: a caller that is cancelled leaves it to finish,
so that what was committed is always told to the listeners. Readers see one moment, and wait for nobody.
Each transaction is a function of a connection that `database` does in a thread.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Select, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from adapters.sql import inbox, sqlite, statements
from adapters.sql.broadcast import Broadcast
from adapters.sql.database import Database
from adapters.sql.gathering import Gathering, Kept
from adapters.sql.schema import migrate
from adapters.sql.tables import BOARD, cursors, heads, micros
from bot.domain.board import Board, Head, fold_board
from bot.domain.board_events import BoardEvent
from bot.domain.commands import Intent
from bot.domain.events import Event
from bot.domain.values import RunId
from bot.ports.errors import Permanent
from bot.ports.journal import Heard, Told

DEFAULT_URL = "sqlite:///outrider.db"


class SqlJournal:
    """All four ports on one database; made by `open_journal`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._broadcast = Broadcast()
        self._gathering = Gathering(self._keep)
        self._board = (Board(), 0)
        """The board's own stream as far as it was folded, and that count: its past is never folded twice."""

    # Journal

    async def append(
        self, run: RunId, expected: int, events: Sequence[Event], head: Head, heard: Heard | None = None
    ) -> None:
        """See `Journal.append`."""
        await asyncio.shield(self._append(run, expected, events, head, heard))

    async def _append(
        self, run: RunId, expected: int, events: Sequence[Event], head: Head, heard: Heard | None
    ) -> None:
        def work(connection: Connection) -> None:
            if heard is not None:
                inbox.hear_once(connection, heard)
            if expected == 0:
                statements.refuse_twice(connection, head)
            position = statements.add(connection, run, expected, events)
            statements.put_head(connection, head, position if expected == 0 else None)

        await self._database.write(work)
        self._broadcast.tell(run)

    async def read(self, run: RunId, after: int = 0) -> Sequence[Event]:
        """See `Journal.read`."""
        found = await self._database.read(lambda connection: statements.read(connection, run, after))
        return cast("list[Event]", found)

    async def append_board(self, expected: int, events: Sequence[BoardEvent], heard: Heard | None = None) -> None:
        """See `Journal.append_board`."""
        await asyncio.shield(self._append_board(expected, events, heard))

    async def _append_board(self, expected: int, events: Sequence[BoardEvent], heard: Heard | None) -> None:
        def work(connection: Connection) -> None:
            if heard is not None:
                inbox.hear_once(connection, heard)
            statements.add(connection, BOARD, expected, events)

        await self._database.write(work)

    async def board(self) -> tuple[Board, int]:
        """See `Journal.board`. Reads the open runs, one for each environment, and what is new."""
        own, count = self._board

        def work(connection: Connection) -> tuple[list[BoardEvent], list[Head], list[Head]]:
            new = cast("list[BoardEvent]", statements.read(connection, BOARD, count))
            runs = statements.read_heads(connection, statements.OPEN)
            return new, runs, statements.read_heads(connection, statements.STANDING)

        new, runs, last = await self._database.read(work)
        own, count = fold_board(own, new), count + len(new)
        if count > self._board[1]:
            self._board = own, count
        stand = {(head.target, head.environment): head for head in last}
        return replace(own, runs=tuple(runs), standing=stand), count

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
        return await self._database.read(lambda connection: statements.read_heads(connection, query))

    # Inbox

    async def keep(self, intent: Intent, at: datetime) -> bool:
        """See `Inbox.keep`."""
        return await asyncio.shield(self._gathering.keep(intent, at)) if intent.key else True

    async def _keep(self, waiting: Sequence[Kept]) -> Sequence[bool]:
        def work(connection: Connection) -> Sequence[bool]:
            inbox.forget(connection, waiting[-1].at)
            return inbox.keep(connection, [(one.intent, one.at) for one in waiting])

        return await self._database.write(work)

    async def heard(self, heard: Heard) -> None:
        """See `Inbox.heard`."""
        await asyncio.shield(self._database.write(lambda connection: inbox.hear(connection, heard)))

    async def was_heard(self, key: str) -> bool:
        """See `Inbox.was_heard`."""
        return await self._database.read(lambda connection: inbox.was_heard(connection, key))

    async def unheard(self) -> Sequence[tuple[Intent, datetime]]:
        """See `Inbox.unheard`."""
        return await self._database.read(inbox.unheard)

    # Cursors

    async def told(self, run: RunId) -> Sequence[Told]:
        """See `Cursors.told`."""
        return await self._told(select(cursors).where(cursors.c.run == run))

    async def _told(self, query: Select[Any]) -> Sequence[Told]:
        ordered = query.order_by(cursors.c.platform, cursors.c.address)
        return await self._database.read(
            lambda connection: [Told(**row) for row in connection.execute(ordered).mappings()]
        )

    async def behind(self) -> Sequence[RunId]:
        """See `Cursors.behind`."""
        return await self._database.read(
            lambda connection: [*statements.behind(connection), *statements.untold(connection)]
        )

    async def tell(self, *told: Told) -> None:
        """See `Cursors.tell`."""

        def work(connection: Connection) -> None:
            for one in told:
                statements.put_told(connection, one)

        await asyncio.shield(self._database.write(work))

    async def settle(self) -> None:
        """Wait for appends whose callers were cancelled."""
        await self._gathering.settle()
        await self._database.settle()


@asynccontextmanager
async def open_journal(url: str = DEFAULT_URL, busy: timedelta = timedelta(seconds=5)) -> AsyncIterator[SqlJournal]:
    """The journal at `sqlite:///relative/path` or `sqlite:////absolute/path`, for this bot alone.

    Raises `Permanent` where the address is no such thing, another bot is running on the file, or a newer
    Outrider wrote it. `busy` is how long an append waits for other programs (a backup, a curious person)
    before it is `Temporary`.
    """
    async with sqlite.opened(_path(url), busy) as (database, file):
        await database.write(lambda connection: migrate(connection, sqlite.SERIAL))
        file.settle()
        journal = SqlJournal(database)
        try:
            yield journal
        finally:
            await journal.settle()


def _path(url: str) -> Path:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        raise Permanent("DATABASE_URL must be sqlite:///PATH, such as sqlite:///outrider.db.")
    return Path(str(parsed.database))
