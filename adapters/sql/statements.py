"""What is read and written, as functions of a connection inside somebody's transaction."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, Select, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql import records
from adapters.sql.tables import cursors, events, heads, micros, standing
from bot.domain.board import Head
from bot.domain.board_events import BoardEvent
from bot.domain.events import Event
from bot.domain.plan import RunKind
from bot.domain.values import Outcome, RunId
from bot.ports.errors import Conflict
from bot.ports.journal import LATEST, Told

_CHANGING = frozenset({RunKind.DEPLOY, RunKind.PROMOTE, RunKind.ROLLBACK})
OPEN = select(heads).where(heads.c.outcome.is_(None)).order_by(heads.c.position)
STANDING = select(heads).join(standing, standing.c.run == heads.c.run)


async def add(
    connection: AsyncConnection, stream: str, expected: int, new: Sequence[Event] | Sequence[BoardEvent]
) -> int:
    """Add to a stream that holds exactly as many events as expected; the position of the first one."""
    held = (
        await connection.execute(select(func.coalesce(func.max(events.c.seq), 0)).where(events.c.stream == stream))
    ).scalar_one()
    if held != expected:
        raise Conflict(f"The journal holds {held} events of {stream}, not {expected}.")
    positions: list[int] = []
    for seq, event in enumerate(new, start=expected + 1):
        row = to_row(records.to_record(event))
        query = insert(events).values(stream=stream, seq=seq, **row).returning(events.c.position)
        positions.append((await connection.execute(query)).scalar_one())
    return min(positions, default=0)


def to_row(record: Mapping[str, Any]) -> dict[str, Any]:
    """Columns `type`, `v` and `data` of a record."""
    rest = {name: value for name, value in record.items() if name not in ("type", "v")}
    return {"type": record["type"], "v": record["v"], "data": json.dumps(rest, ensure_ascii=False)}


async def read(connection: AsyncConnection, stream: str, after: int) -> list[Event | BoardEvent]:
    """A stream's events from that count on."""
    query = select(events).where(events.c.stream == stream, events.c.seq > after).order_by(events.c.seq)
    rows = (await connection.execute(query)).mappings().all()
    return [records.from_record(of_row(row, row["type"])) for row in rows]


def of_row(row: RowMapping, name: str) -> dict[str, Any]:
    """The record in these columns."""
    return {**json.loads(row["data"]), "type": name, "v": row["v"]}


async def read_heads(connection: AsyncConnection, query: Select[Any]) -> list[Head]:
    """The heads that the query finds, in its order."""
    rows = (await connection.execute(query)).mappings().all()
    return [records.head_from_record(of_row(row, "Head"), row["position"]) for row in rows]


async def refuse_twice(connection: AsyncConnection, head: Head) -> None:
    """`Conflict` where the new run's delivery was appended before."""
    if not head.key:
        return
    found = (await connection.execute(select(heads.c.run).where(heads.c.key == head.key))).scalar()
    if found is not None:
        raise Conflict(f"This delivery asked for run {found} already.")


async def put_head(connection: AsyncConnection, head: Head, position: int | None) -> None:
    """Insert the head of a new run at its position, replace that of a known one."""
    row = _head_row(head)
    if position is not None:
        await connection.execute(insert(heads).values(position=position, **row))
    else:
        await connection.execute(update(heads).where(heads.c.run == head.run).values(row))
    if head.outcome is Outcome.SUCCEEDED and head.kind in _CHANGING:
        await _stand(connection, head)


def _head_row(head: Head) -> dict[str, Any]:
    record = to_row(records.head_to_record(head))
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


async def put_told(connection: AsyncConnection, told: Told) -> None:
    """Remember how far one conversation was told, over what was known."""
    key = {"run": told.run, "platform": told.platform, "address": told.address}
    word = {"seq": told.seq, "card": told.card, "drawn": told.drawn}
    changed = await connection.execute(update(cursors).filter_by(**key).values(word))
    if changed.rowcount == 0:
        await connection.execute(insert(cursors).values(**key, **word))


async def untold(connection: AsyncConnection) -> list[RunId]:
    """The latest runs that began after all that have a cursor."""
    come_to = select(heads.c.position).where(exists().where(cursors.c.run == heads.c.run))
    newest = (await connection.execute(come_to.order_by(heads.c.position.desc()).limit(1))).scalar()
    query = select(heads.c.run).where(heads.c.position > (newest or 0)).order_by(heads.c.position.desc()).limit(LATEST)
    return [RunId(run) for run in (await connection.execute(query)).scalars()][::-1]


async def behind(connection: AsyncConnection) -> list[RunId]:
    """Runs with events that a conversation, once told of them, was not told."""
    more = exists().where(events.c.stream == cursors.c.run, events.c.seq > cursors.c.seq)
    query = select(cursors.c.run).distinct().where(more)
    return [RunId(run) for run in (await connection.execute(query)).scalars()]
