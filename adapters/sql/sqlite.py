"""Everything that is SQLite's own: the file, its lock, its settings, and what its errors mean.

Promise kept here: what was committed has survived a kill and a power cut. WAL with `synchronous=FULL` waits
for the disk at each commit (NORMAL would lose the last commits in a power cut), `fullfsync` makes macOS mean
it, and the folder is synced once so that the file's name is on the disk too.

A second dialect supplies the same four: `opened`, `SERIAL`, `guarded` and an engine whose `writes` option
takes the writer's lock at the start of a transaction.
"""

import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.ports.errors import Conflict, Permanent, Temporary, Trouble

SERIAL = "INTEGER PRIMARY KEY AUTOINCREMENT"

_LATER = {
    sqlite3.SQLITE_BUSY: "is held by another program: end that one",
    sqlite3.SQLITE_LOCKED: "is held by another program: end that one",
    sqlite3.SQLITE_FULL: "has no room left on its disk: make some",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: let the bot read and write it and its folder",
    sqlite3.SQLITE_READONLY: "cannot be written: let the bot write it and its folder",
    sqlite3.SQLITE_IOERR: "cannot be read or written, its disk reports an error: look at the disk",
}
"""Primary result code -> what a person should know; all of these may pass. https://sqlite.org/rescode.html"""


class File:
    """The journal's file: locked for one bot, and watched for being taken away."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._identity: tuple[int, int] | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock that makes this the only bot on the file; the system lets go of it when the bot dies.

        The lock has a file of its own: closing any handle of the database's would drop SQLite's own locks on
        it.
        """
        with self._lock_file() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise Permanent(
                    f"Another bot is running on {self.path}: stop it, or give this one its own DATABASE_URL."
                ) from error
            yield

    @contextmanager
    def _lock_file(self) -> Iterator[int]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(f"{self.path}-lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Permanent(
                f"The journal cannot be kept in {self.path} ({error.strerror}): give DATABASE_URL a path "
                "in a folder that the bot may write to."
            ) from error
        try:
            yield lock
        finally:
            os.close(lock)

    def settle(self) -> None:
        """Bring the file's name to the disk, and remember which file it is."""
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self._identity = self._look()

    def check(self) -> None:
        """`Temporary` where the file is gone: SQLite itself would go on writing into nowhere."""
        if self._identity is not None and self._look() != self._identity:
            raise Temporary(f"The journal's file {self.path} was moved or deleted: put it back, or restart the bot.")

    def _look(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


@asynccontextmanager
async def opened(path: Path, busy: timedelta) -> AsyncIterator[tuple[AsyncEngine, File]]:
    """The engine on a file that nobody else holds. `busy` is how long to wait for other programs' locks."""
    file = File(path)
    with file.held():
        url = URL.create("sqlite+aiosqlite", database=str(file.path))
        engine = create_async_engine(url, connect_args={"timeout": busy.total_seconds()})
        event.listen(engine.sync_engine, "connect", _settings)
        event.listen(engine.sync_engine, "begin", _begin)
        try:
            yield engine, file
        finally:
            await engine.dispose()


@contextmanager
def guarded(file: File) -> Iterator[None]:
    """Around each transaction: the file is there before and after it, and errors are the port's."""
    file.check()
    try:
        yield
    except DBAPIError as error:
        raise _meaning(error, file) from error
    file.check()


def _settings(connection: Any, _record: object) -> None:
    # Any: SQLAlchemy's adapter around the driver's connection has no public type.
    connection.isolation_level = None  # the driver begins nothing by itself: see _begin
    cursor = connection.cursor()
    for setting in ("journal_mode=WAL", "synchronous=FULL", "fullfsync=ON", "checkpoint_fullfsync=ON"):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """A writer takes the write lock first: a reader that turns writer half-way could not wait for it."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _meaning(error: DBAPIError, file: File) -> Trouble:
    if isinstance(error, IntegrityError):
        return Conflict("Somebody else wrote to the journal first.")
    code = getattr(error.orig, "sqlite_errorcode", None)
    later = _LATER.get(code & 0xFF) if isinstance(code, int) else None
    if later is not None:
        return Temporary(f"The journal {file.path} {later}.")
    return Permanent(f"The journal {file.path} cannot be used ({error.orig}): restore a copy of it.")
