"""Reading a document whose shape may still be wrong somewhere: what is no table or list counts as empty.

So that contradictions are found together with wrong shapes, and not one after the other.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeAlias

from bot.domain.spans import read_span

Raw: TypeAlias = Mapping[str, Any]


def table(value: object) -> Raw:
    """The table, empty where it is none."""
    return value if isinstance(value, dict) else {}


def tables(value: object) -> Iterator[tuple[str, Raw]]:
    """Name and table of each table in a table."""
    return ((name, one) for name, one in table(value).items() if isinstance(one, dict))


def members(value: object) -> Iterator[tuple[int, Raw]]:
    """Position and table of each table in a list."""
    listed = value if isinstance(value, list) else []
    return ((at, one) for at, one in enumerate(listed) if isinstance(one, dict))


def texts(value: object) -> Sequence[str]:
    """The texts in a list."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def text(value: object) -> str:
    """The text, empty where it is none."""
    return value if isinstance(value, str) else ""


def span(value: object, default: timedelta) -> timedelta:
    """The span of time, the default where it is left out or none."""
    return read_span(text(value)) or default
