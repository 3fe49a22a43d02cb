"""The tables as statements see them. How they come to be, and grow, is in `schema`; a test holds the two
together.

`events` is the truth; `heads` and `standing` are kept beside it in the same transaction, so that a status
never folds: `standing` names, for each environment, the run that last succeeded in changing it. Times are
whole microseconds since 1970 (UTC): exact, and in order as numbers.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text

metadata = MetaData()

schema = Table("schema", metadata, Column("version", Integer, primary_key=True))

events = Table(
    "events",
    metadata,
    Column("position", BigInteger, primary_key=True),
    Column("stream", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("v", Integer, nullable=False),
    Column("data", Text, nullable=False),
)

heads = Table(
    "heads",
    metadata,
    Column("run", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("key", Text),
    Column("target", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("outcome", Text),
    Column("requested_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("v", Integer, nullable=False),
    Column("data", Text, nullable=False),
)

standing = Table(
    "standing",
    metadata,
    Column("target", Text, primary_key=True),
    Column("environment", Text, primary_key=True),
    Column("run", Text, nullable=False),
)

cursors = Table(
    "cursors",
    metadata,
    Column("run", Text, primary_key=True),
    Column("platform", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("card", Text, nullable=False),
    Column("drawn", Text, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("position", BigInteger, primary_key=True),
    Column("key", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("heard", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("v", Integer, nullable=False),
    Column("data", Text, nullable=False),
)
"""Deliveries by their keys. `heard` is 0 or 1; of what was heard nothing but the key is left."""

BOARD = "board"
"""The board's stream among `events`. No run is called so: the names of runs have no `o`."""

_START = datetime(1970, 1, 1, tzinfo=UTC)


def micros(at: datetime) -> int:
    """A time as these tables hold it."""
    return (at - _START) // timedelta(microseconds=1)


def moment(held: int) -> datetime:
    """The time that `micros` made the number of."""
    return _START + timedelta(microseconds=held)
