"""D1 databases: time travel and the list of applied migrations by REST, applying by wrangler.

wrangler keeps the names of applied migrations in a table of the database itself (`d1_migrations` unless
configured otherwise), and each migration is one request with that note in it: it is applied and noted, or
neither. So the list says what happened, whatever became of an answer.
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from adapters.cloudflare.client import Client
from adapters.cloudflare.config import Database, worker_of
from adapters.cloudflare.wrangler import Printed, Wrangler
from bot.ports.deployer import Act, Subject
from bot.ports.errors import Doubtful, Permanent, Temporary
from bot.ports.process import Processes


class CloudflareDatabases:
    """`Databases` for D1."""

    def __init__(self, client: Client, wrangler: Wrangler, processes: Processes) -> None:
        self._client = client
        self._wrangler = wrangler
        self._processes = processes

    async def bookmark(self, subject: Subject, database: str) -> str:
        """See the port."""
        found = (await worker_of(subject)).database(database)
        result = await self._client.get(self._path(found, "time_travel", "bookmark"))
        mark = result.get("bookmark") if isinstance(result, dict) else None
        if not isinstance(mark, str) or not mark:
            raise Temporary(f"Cloudflare named no bookmark of {found.name}.")
        return mark

    async def pending(self, subject: Subject, database: str) -> tuple[str, ...]:
        """See the port."""
        return await self._pending((await worker_of(subject)).database(database))

    async def files(self, subject: Subject, database: str) -> Mapping[str, str]:
        """See the port."""
        folder = (await worker_of(subject)).database(database).migrations
        return await asyncio.to_thread(_texts, folder)

    async def migrate(self, act: Act, subject: Subject, database: str) -> None:
        """See the port. Waits first for a run of the same act that a crash may have left behind."""
        worker = await worker_of(subject)
        found = worker.database(database)
        await self._processes.ended(act.cookie)
        if not await self._pending(found):
            return
        if found.name.startswith("-"):
            raise Permanent(f"wrangler would take the database's name {found.name!r} for an option: rename it.")
        words = ("d1", "migrations", "apply", found.name, "--remote")
        printed = await self._wrangler.run(act, worker, *words)
        await self._judge(found, printed)

    async def rewind(self, act: Act, subject: Subject, database: str, bookmark: str) -> None:
        """See the port."""
        found = (await worker_of(subject)).database(database)
        await self._client.post(self._path(found, "time_travel", "restore"), params={"bookmark": bookmark})

    async def _judge(self, database: Database, printed: Printed) -> None:
        """The list decides, not the exit status."""
        try:
            left = await self._pending(database)
        except Temporary as trouble:
            raise Doubtful(f"The migrations of {database.name} ran, but: {trouble.reason}", printed.log) from trouble
        if not left:
            return
        why = self._client.clean(printed.reason).rstrip(".")
        if printed.ran.status == 0:
            why = "wrangler applied nothing and said so by no error"
        elif printed.unanswered:
            raise Doubtful(f"The answer to {left[0]} on {database.name} was lost: {why}.", printed.log)
        elif printed.passing:
            raise Temporary(f"Migration {left[0]} was not applied to {database.name}: {why}.", printed.log)
        raise Permanent(f"Migration {left[0]} failed on {database.name}: {why}.", printed.log)

    async def _pending(self, database: Database) -> tuple[str, ...]:
        names = await asyncio.to_thread(_names, database.migrations)
        if not names:
            return ()
        applied = await self._applied(database)
        return tuple(name for name in names if name not in applied)

    async def _applied(self, database: Database) -> frozenset[str]:
        """Names that the database remembers; it has no table for them before the first migration."""
        there = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = ?"
        if not await self._rows(database, there, database.table):
            return frozenset()
        table = database.table.replace('"', '""')
        rows = await self._rows(database, f'SELECT name FROM "{table}" ORDER BY id')  # noqa: S608 - quoted above
        return frozenset(str(row.get("name")) for row in rows)

    async def _rows(self, database: Database, sql: str, *params: str) -> Sequence[dict[str, Any]]:
        body = {"sql": sql, "params": list(params)}
        result = await self._client.post(self._path(database, "query"), body, changes=False)
        try:
            return [row for row in result[0]["results"] if isinstance(row, dict)]
        except (IndexError, KeyError, TypeError) as error:
            raise Temporary(f"Cloudflare's answer about {database.name} has an unknown shape.") from error

    def _path(self, database: Database, *parts: str) -> str:
        return self._client.account("d1", "database", database.id, *parts)


def _names(folder: Path) -> Sequence[str]:
    """Migrations of the checkout in wrangler's order, which is that of their names."""
    return sorted(path.name for path in folder.iterdir() if path.name.endswith(".sql")) if folder.is_dir() else ()


def _texts(folder: Path) -> Mapping[str, str]:
    return {name: (folder / name).read_text("utf-8", "replace") for name in _names(folder)}
