"""The journal: streams of events, the heads beside them, and how far each thread was told."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.board import Board, Head
from bot.domain.board_events import BoardEvent
from bot.domain.events import Event
from bot.domain.values import RunId


@dataclass(frozen=True, slots=True)
class Told:
    """How far one run was told in one conversation of one platform."""

    run: RunId
    platform: str
    address: str
    seq: int = 0
    """Events of the run whose notices were sent."""
    card: str = ""
    """The platform's own reference of the card, empty before the first one."""
    drawn: str = ""
    """Digest of the card as it was last drawn, and whether it shows buttons (`bot.app.drawn`)."""


class Journal(Protocol):
    """One writer's promise each: what `append` returned from has survived a kill and a power cut."""

    async def append(self, run: RunId, expected: int, events: Sequence[Event], head: Head) -> None:
        """Add events to the run's stream and replace its head, both or neither.

        `expected` is the number of events that the stream holds as the caller knows it; `Conflict` where it holds
        more, or where a new run's `key` was appended before (the same delivery twice).
        """
        ...

    async def read(self, run: RunId, after: int = 0) -> Sequence[Event]:
        """The run's events from that count on, oldest first; empty for an unknown run."""
        ...

    async def append_board(self, expected: int, events: Sequence[BoardEvent]) -> None:
        """Add events to the board's stream; `Conflict` as in `append`."""
        ...

    async def board(self) -> tuple[Board, int]:
        """The board as it stands, and the count of its own stream's events."""
        ...

    def changes(self) -> AsyncIterator[RunId]:
        """Names of runs whose streams grew, as they grow, by whichever replica; first those that are open now."""
        ...


class Archive(Protocol):
    """Looking up what was; every answer takes the same time with a hundred runs and with a hundred thousand."""

    async def head(self, run: RunId) -> Head | None:
        """One run's head."""
        ...

    async def by_key(self, key: str) -> Head | None:
        """The run that this delivery asked for."""
        ...

    async def history(
        self, target: str | None, environment: str | None, limit: int, before: datetime | None = None
    ) -> Sequence[Head]:
        """Heads of runs, newest first, that ended or not."""
        ...


class Cursors(Protocol):
    """What was told where. Written after the platform has confirmed, so a crash repeats, never forgets."""

    async def told(self, run: RunId) -> Sequence[Told]:
        """Every conversation that the run was told in so far."""
        ...

    async def behind(self) -> Sequence[RunId]:
        """Runs of which a conversation that was told something was not told everything."""
        ...

    async def tell(self, told: Told) -> None:
        """Remember; the last word wins."""
        ...
