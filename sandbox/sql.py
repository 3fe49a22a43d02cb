"""SQL text into statements: pure."""

import re
import sqlite3

_NOTE = re.compile(r"""\s*INSERT\s+INTO\s+["'`\[]?\w*migrations\b""", re.IGNORECASE)


def statements(text: str) -> list[str]:
    """Each statement of the text, in order; comments and empty statements alone are none.

    A semicolon in a string, a comment or a trigger's body does not end a statement: SQLite itself is asked.
    """
    found, begin = [], 0
    for place, letter in enumerate(text):
        if letter == ";" and sqlite3.complete_statement(text[begin : place + 1]):
            found.append(text[begin : place + 1].strip())
            begin = place + 1
    found.append(text[begin:].strip())
    return [one for one in found if _says_something(one)]


def _says_something(statement: str) -> bool:
    """False for comments and semicolons only."""
    rest = statement
    while rest:
        rest = rest.lstrip("; \t\r\n")
        if rest.startswith("--"):
            rest = rest.partition("\n")[2]
        elif rest.startswith("/*"):
            rest = rest.partition("*/")[2]
        else:
            return bool(rest)
    return False


def reads_only(statement: str) -> bool:
    """Whether a statement surely changes nothing."""
    return statement.lstrip().split(None, 1)[0].upper() in ("SELECT", "EXPLAIN", "VALUES")


def records_migration(statement: str) -> bool:
    """Whether the statement is wrangler's note that a migration has been applied."""
    return bool(_NOTE.match(statement))
