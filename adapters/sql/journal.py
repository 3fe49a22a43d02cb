"""The journal on SQLAlchemy Core: implements `Journal`, `Archive`, `Inbox` and `Cursors` of `bot.ports.journal`.

Writers go one by one, and what people ask for goes before what is written down of runs: its acknowledgement waits,
its answer waits for the mark that it was heard, and what was decided must not be overtaken again and again by a run
that is busy. An append is one transaction: the events, the run's head and, where the run succeeded in changing its
environment, who stands there. It is shielded: a caller that is cancelled leaves it to finish, so that what was
committed is always told to the listeners. Readers see one moment, and wait for nobody.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Select, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.sql import inbox, sqlite, statements
from adapters.sql.broadcast import Broadcast
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

    def __init__(self, engine: AsyncEngine, file: sqlite.File) -> None:
        self._engine = engine
        self._writer = engine.execution_options(writes=True)
        self._file = file
        self._turn = asyncio.Lock()
        self._queue = asyncio.Lock()
        """Whoever holds it has the next turn; who is in a hurry asks for a turn past it."""
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
        async with self._writing(first=heard is not None or expected == 0) as connection:
            if heard is not None:
                await inbox.hear_once(connection, heard)
            if expected == 0:
                await statements.refuse_twice(connection, head)
            position = await statements.add(connection, run, expected, events)
            await statements.put_head(connection, head, position if expected == 0 else None)
        self._broadcast.tell(run)

    async def read(self, run: RunId, after: int = 0) -> Sequence[Event]:
        """See `Journal.read`."""
        async with self._reading() as connection:
            return cast("list[Event]", await statements.read(connection, run, after))

    async def append_board(self, expected: int, events: Sequence[BoardEvent], heard: Heard | None = None) -> None:
        """See `Journal.append_board`."""
        await asyncio.shield(self._append_board(expected, events, heard))

    async def _append_board(self, expected: int, events: Sequence[BoardEvent], heard: Heard | None) -> None:
        async with self._writing(first=heard is not None) as connection:
            if heard is not None:
                await inbox.hear_once(connection, heard)
            await statements.add(connection, BOARD, expected, events)

    async def board(self) -> tuple[Board, int]:
        """See `Journal.board`. Reads the open runs, one for each environment, and what is new."""
        own, count = self._board
        async with self._reading() as connection:
            new = cast("list[BoardEvent]", await statements.read(connection, BOARD, count))
            runs = await statements.read_heads(connection, statements.OPEN)
            last = await statements.read_heads(connection, statements.STANDING)
        own, count = fold_board(own, new), count + len(new)
        if count > self._board[1]:
            self._board = own, count
        stand = {(head.target, head.environment): head for head in last}
        return replace(own, runs=tuple(runs), standing=stand), count

    def changes(self) -> AsyncIterator[RunId]:
        """See `Journal.changes`. Counts from this call, not from the first name taken."""
        return self._broadcast.subscribe(self._open_runs)

    async def _open_runs(self) -> Sequence[RunId]:
        async with self._reading() as connection:
            return [head.run for head in await statements.read_heads(connection, statements.OPEN)]

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
        async with self._reading() as connection:
            return await statements.read_heads(connection, query)

    async def _one(self, query: Select[Any]) -> Head | None:
        async with self._reading() as connection:
            return next(iter(await statements.read_heads(connection, query)), None)

    # Inbox

    async def keep(self, intent: Intent, at: datetime) -> bool:
        """See `Inbox.keep`."""
        return await asyncio.shield(self._gathering.keep(intent, at)) if intent.key else True

    async def _keep(self, waiting: Sequence[Kept]) -> Sequence[bool]:
        async with self._writing(first=True) as connection:
            await inbox.forget(connection, waiting[-1].at)
            return await inbox.keep(connection, [(one.intent, one.at) for one in waiting])

    async def heard(self, heard: Heard) -> None:
        """See `Inbox.heard`."""
        await asyncio.shield(self._heard(heard))

    async def _heard(self, heard: Heard) -> None:
        async with self._writing(first=True) as connection:
            await inbox.hear(connection, heard)

    async def was_heard(self, key: str) -> bool:
        """See `Inbox.was_heard`."""
        async with self._reading() as connection:
            return await inbox.was_heard(connection, key)

    async def unheard(self) -> Sequence[tuple[Intent, datetime]]:
        """See `Inbox.unheard`."""
        async with self._reading() as connection:
            return await inbox.unheard(connection)

    # Cursors

    async def told(self, run: RunId) -> Sequence[Told]:
        """See `Cursors.told`."""
        return await self._told(select(cursors).where(cursors.c.run == run))

    async def _told(self, query: Select[Any]) -> Sequence[Told]:
        async with self._reading() as connection:
            rows = (await connection.execute(query.order_by(cursors.c.platform, cursors.c.address))).mappings()
            return [Told(**row) for row in rows]

    async def behind(self) -> Sequence[RunId]:
        """See `Cursors.behind`."""
        async with self._reading() as connection:
            return [*await statements.behind(connection), *await statements.untold(connection)]

    async def drawn(self, sign: str) -> Sequence[Told]:
        """See `Cursors.drawn`."""
        return await self._told(select(cursors).where(cursors.c.drawn.endswith(sign, autoescape=True)))

    async def tell(self, *told: Told) -> None:
        """See `Cursors.tell`."""
        await asyncio.shield(self._tell(told))

    async def _tell(self, told: Sequence[Told]) -> None:
        async with self._writing() as connection:
            for one in told:
                await statements.put_told(connection, one)

    # Transactions

    @asynccontextmanager
    async def _writing(self, first: bool = False) -> AsyncIterator[AsyncConnection]:
        async with AsyncExitStack() as turn:
            async with nullcontext() if first else self._queue:
                await turn.enter_async_context(self._turn)
            with sqlite.guarded(self._file):
                async with self._writer.begin() as connection:
                    yield connection

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        with sqlite.guarded(self._file):
            async with self._engine.begin() as connection:
                yield connection

    async def set_up(self) -> None:
        """Bring the tables up to date."""
        with sqlite.guarded(self._file):
            async with self._writer.begin() as connection:
                await migrate(connection, sqlite.SERIAL)
        self._file.settle()

    async def settle(self) -> None:
        """Wait for appends whose callers were cancelled."""
        await self._gathering.settle()
        async with self._queue, self._turn:
            pass


@asynccontextmanager
async def open_journal(url: str = DEFAULT_URL, busy: timedelta = timedelta(seconds=5)) -> AsyncIterator[SqlJournal]:
    """The journal at `sqlite:///relative/path` or `sqlite:////absolute/path`, for this bot alone.

    Raises `Permanent` where the address is no such thing, another bot is running on the file, or a newer
    Outrider wrote it. `busy` is how long an append waits for other programs (a backup, a curious person)
    before it is `Temporary`.
    """
    async with sqlite.opened(_path(url), busy) as (engine, file):
        journal = SqlJournal(engine, file)
        await journal.set_up()
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
