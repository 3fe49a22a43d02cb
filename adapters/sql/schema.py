"""How the tables come to be: an ordered list of migrations, run once each when the journal is opened.

A migration that was released is never changed: a new one follows it. `{serial}` is the dialect's words for a
number that counts up by itself and never goes back.
"""

from collections.abc import Sequence

from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.tables import schema
from bot.ports.errors import Permanent

MIGRATIONS: Sequence[Sequence[str]] = (
    (
        """CREATE TABLE events (position {serial}, stream TEXT NOT NULL, seq INTEGER NOT NULL, type TEXT NOT
        NULL,
           v INTEGER NOT NULL, data TEXT NOT NULL, UNIQUE (stream, seq))""",
        """CREATE TABLE heads (run TEXT NOT NULL PRIMARY KEY, position BIGINT NOT NULL, key TEXT UNIQUE,
           target TEXT NOT NULL, environment TEXT NOT NULL, kind TEXT NOT NULL, outcome TEXT,
           requested_at BIGINT NOT NULL, ended_at BIGINT, v INTEGER NOT NULL, data TEXT NOT NULL)""",
        "CREATE INDEX heads_open ON heads (position) WHERE outcome IS NULL",
        "CREATE INDEX heads_all ON heads (requested_at, position)",
        "CREATE INDEX heads_of_target ON heads (target, requested_at, position)",
        "CREATE INDEX heads_of_environment ON heads (environment, requested_at, position)",
        "CREATE INDEX heads_of_both ON heads (target, environment, requested_at, position)",
        """CREATE TABLE standing (target TEXT NOT NULL, environment TEXT NOT NULL, run TEXT NOT NULL,
           PRIMARY KEY (target, environment))""",
        """CREATE TABLE cursors (run TEXT NOT NULL, platform TEXT NOT NULL, address TEXT NOT NULL,
           seq INTEGER NOT NULL, card TEXT NOT NULL, drawn TEXT NOT NULL,
           PRIMARY KEY (run, platform, address))""",
    ),
    (
        """CREATE TABLE inbox (position {serial}, key TEXT NOT NULL UNIQUE, at BIGINT NOT NULL, heard INTEGER NOT NULL,
           type TEXT NOT NULL, v INTEGER NOT NULL, data TEXT NOT NULL)""",
        "CREATE INDEX inbox_unheard ON inbox (position) WHERE heard = 0",
        "CREATE INDEX inbox_old ON inbox (at, position)",
    ),
)


async def migrate(connection: AsyncConnection, serial: str, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Bring the tables up to date in the caller's transaction; `Permanent` where they are from the future."""
    await connection.execute(text("CREATE TABLE IF NOT EXISTS schema (version INTEGER NOT NULL PRIMARY KEY)"))
    found = (await connection.execute(select(func.max(schema.c.version)))).scalar() or 0
    if found > len(migrations):
        raise Permanent(
            f"The journal was written by a newer Outrider (schema {found}, this one knows "
            f"{len(migrations)}): start that one."
        )
    for version, statements in enumerate(migrations[found:], start=found + 1):
        for statement in statements:
            await connection.execute(text(statement.format(serial=serial)))
        await connection.execute(insert(schema).values(version=version))
