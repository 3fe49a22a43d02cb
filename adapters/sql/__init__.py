"""The journal in a database: SQLite in one file."""

from adapters.sql.journal import SqlJournal, open_journal

__all__ = ["SqlJournal", "open_journal"]
