"""The one who kills the bot from inside, at the point that `kill` names."""

import os
import signal
from collections import Counter
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from bot.domain.events import Event
from tests.e2e.room import append, lines

APPEND = "append"
ENOUGH = 3
"""Kills at appends of one kind."""
Answer = TypeVar("Answer")


class Killer:
    """Kills this process at its point, and writes where that was into the file `struck`, as the last thing it does."""

    def __init__(self, point: str = "", struck: Path = Path(os.devnull)) -> None:
        self._name, number, self._when = point.split(":") if point else ("", "0", "")
        self._number = int(number)
        self._struck = struck
        self._calls: Counter[str] = Counter()
        self._kinds = Counter(one["kind"] for one in lines(struck) if one["name"] == APPEND)

    async def around(self, name: str, work: Awaitable[Answer], number: int = 0, kind: str = "") -> Answer:
        """The work, unless the point is before it; its answer, unless the point is after it. Counts where no number
        is given.
        """
        self._calls[name] += 1
        number = number or self._calls[name]
        self._reach(name, number, "before", kind)
        answer = await work
        self._reach(name, number, "after", kind)
        return answer

    def _reach(self, name: str, number: int, when: str, kind: str) -> None:
        """Several events may be one append: it is the one that brings the stream to that number, or beyond it."""
        there = number >= self._number if name == APPEND else number == self._number
        known = name == APPEND and self._kinds[kind] >= ENOUGH
        if there and not known and (name, when) == (self._name, self._when):
            where = {"name": name, "number": number, "when": when, "kind": kind}
            append(self._struck, {**where, "at": datetime.now(UTC).isoformat()})
            os.kill(os.getpid(), signal.SIGKILL)


def kind_of(events: Sequence[Event]) -> str:
    """What an append tells of, without the times and numbers that are new in each."""
    return ", ".join(f"{type(one).__name__} {getattr(one, 'item', '')}".strip() for one in events)
