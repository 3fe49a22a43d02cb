"""What was asked for, as functions of a connection inside somebody's transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql import records
from adapters.sql.statements import of_row, to_row
from adapters.sql.tables import inbox, micros, moment
from bot.domain.commands import Intent
from bot.ports.errors import Conflict
from bot.ports.journal import Heard

KEPT_FOR = timedelta(days=2)
"""A platform delivers again for a day at most."""
MOST = 16
"""Old deliveries that are forgotten in one commit: more than come in one, and never much work."""
_NOTHING: dict[str, Any] = {"heard": 1, "type": "", "v": 0, "data": ""}


async def forget(connection: AsyncConnection, now: datetime) -> None:
    """Delete some of the oldest, where they are old enough."""
    old = select(inbox.c.position).where(inbox.c.at < micros(now - KEPT_FOR)).order_by(inbox.c.at).limit(MOST)
    await connection.execute(delete(inbox).where(inbox.c.position.in_(old)))


async def keep(connection: AsyncConnection, waiting: Sequence[tuple[Intent, datetime]]) -> list[bool]:
    """Store them, by one statement; False for each whose key is there."""
    query = select(inbox.c.key).where(inbox.c.key.in_([intent.key for intent, _ in waiting]))
    there = set((await connection.execute(query)).scalars())
    found, rows = [], []
    for intent, at in waiting:
        found.append(intent.key not in there)
        if found[-1]:
            there.add(intent.key)
            rows.append({"key": intent.key, "at": micros(at), "heard": 0, **to_row(records.intent_to_record(intent))})
    if rows:
        await connection.execute(insert(inbox), rows)
    return found


async def hear(connection: AsyncConnection, heard: Heard) -> None:
    """Mark it, also where it was never kept; nothing is left of it but its key."""
    if not heard.key:
        return
    changed = await connection.execute(update(inbox).where(inbox.c.key == heard.key).values(_NOTHING))
    if changed.rowcount == 0:
        await connection.execute(insert(inbox).values(key=heard.key, at=micros(heard.at), **_NOTHING))


async def hear_once(connection: AsyncConnection, heard: Heard) -> None:
    """Mark it; `Conflict` where it was marked before."""
    if await was_heard(connection, heard.key):
        raise Conflict("This delivery was decided before.")
    await hear(connection, heard)


async def was_heard(connection: AsyncConnection, key: str) -> bool:
    """True where it is marked."""
    return bool(await _known(connection, key))


async def unheard(connection: AsyncConnection) -> list[tuple[Intent, datetime]]:
    """Those that are not marked, oldest first."""
    query = select(inbox).where(inbox.c.heard == 0).order_by(inbox.c.position)
    rows = (await connection.execute(query)).mappings().all()
    return [(records.intent_from_record(of_row(row, row["type"])), moment(row["at"])) for row in rows]


async def _known(connection: AsyncConnection, key: str) -> int | None:
    """Whether it is marked; None where it is not there."""
    found = (await connection.execute(select(inbox.c.heard).where(inbox.c.key == key))).scalar()
    return int(found) if found is not None else None
