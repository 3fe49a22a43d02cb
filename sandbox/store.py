"""Where the account is kept: one SQLite file of JSON documents, written before an answer goes out.

A document is found by kind and key and keeps the place in which it was first written, so lists keep their order.
"""

import json
import sqlite3
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    place INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (kind, key)
);
CREATE TABLE IF NOT EXISTS invocations (
    second INTEGER, script TEXT, version TEXT, status TEXT, requests INTEGER, errors INTEGER, latencies TEXT,
    PRIMARY KEY (script, second, version, status)
);
"""
_PUT = """
INSERT INTO documents (kind, key, body) VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body
"""
_ADD = """
INSERT INTO invocations VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (script, second, version, status) DO UPDATE SET
    requests = requests + excluded.requests, errors = errors + excluded.errors,
    latencies = latencies || ',' || excluded.latencies
"""
_ROWS = """
SELECT second, version, status, requests, errors, latencies FROM invocations
WHERE script = ? AND second BETWEEN ? AND ? ORDER BY second
"""

InvocationRow = tuple[int, str, str, int, int, str]


class Store:
    """The file. Every write is its own transaction and survives a SIGKILL of the sandbox."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_SCHEMA)

    def put(self, kind: str, key: str, body: dict[str, Any]) -> None:
        """Writes a document, or writes it anew."""
        self._db.execute(_PUT, (kind, key, json.dumps(body)))

    def delete(self, kind: str, key: str) -> None:
        """Deletes a document, if it is there."""
        self._db.execute("DELETE FROM documents WHERE kind = ? AND key = ?", (kind, key))

    def all(self, kind: str) -> list[dict[str, Any]]:
        """Every document of a kind, oldest first."""
        rows = self._db.execute("SELECT body FROM documents WHERE kind = ? ORDER BY place", (kind,))
        return [json.loads(body) for (body,) in rows]

    def add_invocations(self, rows: list[tuple[int, str, str, str, int, int, str]]) -> None:
        """Adds (second, script, version, status, requests, errors, latencies in milliseconds joined by commas)."""
        with self._db:
            self._db.execute("BEGIN")
            self._db.executemany(_ADD, rows)

    def invocations(self, script: str, since: float, until: float) -> list[InvocationRow]:
        """A Worker's rows from second to second, both included."""
        return self._db.execute(_ROWS, (script, int(since), int(until))).fetchall()

    def close(self) -> None:
        """Closes the file."""
        self._db.close()
