"""Time travel of D1 databases: snapshots of the SQLite file, each under a bookmark.

The vendor can go to any minute; here a snapshot is taken when the API changes a database, and whenever a bookmark is
asked for, so that a bookmark is always exact. What a Worker wrote between two snapshots is not to be had by time. A
snapshot is put back into the open file by SQLite's own backup: the storage that holds it open sees the change as
another writer's.
"""

import hashlib
import hmac
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sandbox.clock import now

_KEPT = 200
_OBJECT = "miniflare-D1DatabaseObject"


@dataclass(frozen=True)
class Snapshot:
    """A bookmark: sortable by time, unique."""

    bookmark: str
    at: float
    file: Path


class TimeTravel:
    """The snapshots of every database, in one folder for each."""

    def __init__(self, directory: Path, storage: Path) -> None:
        self._directory = directory
        self._files = storage / "d1" / _OBJECT

    def take(self, database: str) -> str:
        """A snapshot of now; its bookmark. The last one's again if nothing has changed since."""
        content = self._content(database)
        digest = hashlib.sha256(content).hexdigest()
        last = self._all(database)[-1:]
        if last and last[0].bookmark.endswith(digest[:32]):
            return last[0].bookmark
        bookmark = f"{int(now() * 1000):016x}-{len(self._all(database)):08x}-00004e2f-{digest[:32]}"
        folder = self._directory / database
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{bookmark}.sqlite").write_bytes(content)
        for old in self._all(database)[:-_KEPT]:
            old.file.unlink()
        return bookmark

    def at(self, database: str, moment: float) -> str | None:
        """The bookmark of the newest snapshot not after the moment."""
        earlier = [one for one in self._all(database) if one.at <= moment]
        return earlier[-1].bookmark if earlier else None

    def restore(self, database: str, bookmark: str) -> str | None:
        """Puts a snapshot back; the bookmark of what was there before. None if there is no such snapshot."""
        found = next((one for one in self._all(database) if one.bookmark == bookmark), None)
        if found is None:
            return None
        before = self.take(database)
        with (
            closing(sqlite3.connect(found.file)) as source,
            closing(sqlite3.connect(self._file(database), timeout=10)) as live,
        ):
            source.backup(live)
        return before

    def _all(self, database: str) -> list[Snapshot]:
        files = sorted((self._directory / database).glob("*.sqlite"))
        return [Snapshot(file.stem, int(file.stem[:16], 16) / 1000, file) for file in files]

    def _content(self, database: str) -> bytes:
        """The database as one file's bytes, whatever is still in its write-ahead log."""
        with (
            closing(sqlite3.connect(f"file:{self._file(database)}?mode=ro", uri=True)) as live,
            closing(sqlite3.connect(":memory:")) as copy,
        ):
            live.backup(copy)
            return copy.serialize()

    def _file(self, database: str) -> Path:
        """Where Miniflare keeps it: the object's id, derived from the class's key and the database's id."""
        key = hashlib.sha256(_OBJECT.encode()).digest()
        name = hmac.digest(key, database.encode(), "sha256")[:16]
        return self._files / f"{(name + hmac.digest(key, name, 'sha256')[:16]).hex()}.sqlite"
