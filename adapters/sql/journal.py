"""The journal on SQLAlchemy Core: implements `Journal`, `Archive` and `Cursors` of `bot.ports.journal`.

Writers go one by one. An append is one transaction: the events, the run's head and, where the run succeeded in
changing its environment, who stands there. It is shielded: a caller that is cancelled leaves it to finish, so that what
was committed is always told to the listeners. Readers see one moment, and wait for nobody.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy import RowMapping, Select, func, insert, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.sql import records, sqlite
from adapters.sql.broadcast import Broadcast
from adapters.sql.schema import migrate
from adapters.sql.tables import BOARD, cursors, events, heads, micros, standing
from bot.domain.board import Board, Head, fold_board
from bot.domain.events import BoardEvent, Event
from bot.domain.plan import RunKind
from bot.domain.values import Outcome, RunId
from bot.ports.errors import Conflict, Permanent
from bot.ports.journal import Told

DEFAULT_URL = "sqlite:///outrider.db"
_CHANGING = frozenset({RunKind.DEPLOY, RunKind.PROMOTE, RunKind.ROLLBACK})


class SqlJournal:
    """All three ports on one database; made by `open_journal`."""

    def __init__(self, engine: AsyncEngine, file: sqlite.File) -> None:
        self._engine = engine
        self._writer = engine.execution_options(writes=True)
        self._file = file
        self._turn = asyncio.Lock()
        self._broadcast = Broadcast()
        self._board = (Board(), 0)
        """The board's own stream as far as it was folded, and that count: its past is never folded twice."""

    # Journal

    async def append(self, run: RunId, expected: int, events: Sequence[Event], head: Head) -> None:
        """See `Journal.append`."""
        await asyncio.shield(self._append(run, expected, events, head))

    async def _append(self, run: RunId, expected: int, events: Sequence[Event], head: Head) -> None:
        async with self._writing() as connection:
            if expected == 0:
                await _refuse_twice(connection, head)
            position = await _add(connection, run, expected, events)
            await _put_head(connection, head, position if expected == 0 else None)
        self._broadcast.tell(run)

    async def read(self, run: RunId, after: int = 0) -> Sequence[Event]:
        """See `Journal.read`."""
        async with self._reading() as connection:
            return cast("list[Event]", await _read(connection, run, after))

    async def append_board(self, expected: int, events: Sequence[BoardEvent]) -> None:
        """See `Journal.append_board`."""
        await asyncio.shield(self._append_board(expected, events))

    async def _append_board(self, expected: int, events: Sequence[BoardEvent]) -> None:
        async with self._writing() as connection:
            await _add(connection, BOARD, expected, events)

    async def board(self) -> tuple[Board, int]:
        """See `Journal.board`. Reads the open runs, one run for each environment, and what is new of its stream."""
        own, count = self._board
        async with self._reading() as connection:
            new = cast("list[BoardEvent]", await _read(connection, BOARD, count))
            runs = await _heads(connection, _OPEN)
            last = await _heads(connection, _STANDING)
        own, count = fold_board(own, new), count + len(new)
        if count > self._board[1]:
            self._board = own, count
        stand = {(head.target, head.environment): head for head in last}
        return Board(tuple(runs), stand, own.locks, own.freeze), count

    def changes(self) -> AsyncIterator[RunId]:
        """See `Journal.changes`. Nothing that grows after this call is missed, however late it is asked for."""
        return self._broadcast.subscribe(self._open_runs)

    async def _open_runs(self) -> Sequence[RunId]:
        async with self._reading() as connection:
            return [head.run for head in await _heads(connection, _OPEN)]

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
            return await _heads(connection, query)

    async def _one(self, query: Select[Any]) -> Head | None:
        async with self._reading() as connection:
            return next(iter(await _heads(connection, query)), None)

    # Cursors

    async def told(self, run: RunId) -> Sequence[Told]:
        """See `Cursors.told`."""
        query = select(cursors).where(cursors.c.run == run).order_by(cursors.c.platform, cursors.c.address)
        async with self._reading() as connection:
            rows = (await connection.execute(query)).mappings()
            return [Told(**row) for row in rows]

    async def tell(self, told: Told) -> None:
        """See `Cursors.tell`."""
        await asyncio.shield(self._tell(told))

    async def _tell(self, told: Told) -> None:
        key = {"run": told.run, "platform": told.platform, "address": told.address}
        word = {"seq": told.seq, "card": told.card, "drawn": told.drawn}
        async with self._writing() as connection:
            changed = await connection.execute(update(cursors).filter_by(**key).values(word))
            if changed.rowcount == 0:
                await connection.execute(insert(cursors).values(**key, **word))

    # Transactions

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        async with self._turn:
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
        async with self._turn:
            pass


@asynccontextmanager
async def open_journal(
    url: str = DEFAULT_URL, busy: timedelta = timedelta(seconds=5)
) -> AsyncIterator[SqlJournal]:
    """The journal at `sqlite:///relative/path` or `sqlite:////absolute/path`, for this bot alone.

    Raises `Permanent` where the address is no such thing, another bot is running on the file, or a newer Outrider wrote
    it. `busy` is how long an append waits for other programs (a backup, a curious person) before it is `Temporary`.
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


# Statements

_OPEN = select(heads).where(heads.c.outcome.is_(None)).order_by(heads.c.position)
_STANDING = select(heads).join(standing, standing.c.run == heads.c.run)


async def _add(
    connection: AsyncConnection, stream: str, expected: int, new: Sequence[Event] | Sequence[BoardEvent]
) -> int:
    """Add to a stream that holds exactly as many events as expected; the position of the last one."""
    held = (
        await connection.execute(select(func.coalesce(func.max(events.c.seq), 0)).where(events.c.stream == stream))
    ).scalar_one()
    if held != expected:
        raise Conflict(f"The journal holds {held} events of {stream}, not {expected}.")
    position = 0
    for seq, event in enumerate(new, start=expected + 1):
        row = _row(records.to_record(event))
        added = await connection.execute(insert(events).values(stream=stream, seq=seq, **row))
        position = added.inserted_primary_key[0]
    return position


def _row(record: Mapping[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in record.items() if name not in ("type", "v")}
    return {"type": record["type"], "v": record["v"], "data": json.dumps(rest, ensure_ascii=False)}


async def _read(connection: AsyncConnection, stream: str, after: int) -> list[Event | BoardEvent]:
    query = select(events).where(events.c.stream == stream, events.c.seq > after).order_by(events.c.seq)
    rows = (await connection.execute(query)).mappings().all()
    return [records.from_record(_record(row, row["type"])) for row in rows]


def _record(row: RowMapping, name: str) -> dict[str, Any]:
    return {**json.loads(row["data"]), "type": name, "v": row["v"]}


async def _heads(connection: AsyncConnection, query: Select[Any]) -> list[Head]:
    rows = (await connection.execute(query)).mappings().all()
    return [records.head_from_record(_record(row, "Head"), row["position"]) for row in rows]


async def _refuse_twice(connection: AsyncConnection, head: Head) -> None:
    if not head.key:
        return
    found = (await connection.execute(select(heads.c.run).where(heads.c.key == head.key))).scalar()
    if found is not None:
        raise Conflict(f"This delivery asked for run {found} already.")


async def _put_head(connection: AsyncConnection, head: Head, position: int | None) -> None:
    """Insert the head of a new run at its position, replace that of a known one."""
    row = _head_row(head)
    if position is not None:
        await connection.execute(insert(heads).values(position=position, **row))
    else:
        await connection.execute(update(heads).where(heads.c.run == head.run).values(row))
    if head.outcome is Outcome.SUCCEEDED and head.kind in _CHANGING:
        await _stand(connection, head)


def _head_row(head: Head) -> dict[str, Any]:
    record = _row(records.head_to_record(head))
    return {
        "run": head.run,
        "key": head.key or None,
        "target": head.target,
        "environment": head.environment,
        "kind": head.kind.value,
        "outcome": head.outcome.value if head.outcome else None,
        "requested_at": micros(head.requested_at),
        "ended_at": micros(head.ended_at) if head.ended_at else None,
        "v": record["v"],
        "data": record["data"],
    }


async def _stand(connection: AsyncConnection, head: Head) -> None:
    place = {"target": head.target, "environment": head.environment}
    changed = await connection.execute(update(standing).filter_by(**place).values(run=head.run))
    if changed.rowcount == 0:
        await connection.execute(insert(standing).values(run=head.run, **place))
