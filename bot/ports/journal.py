"""The journal: streams of events, the heads beside them, what was asked for, and how far each thread was told."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.board import Board, Head
from bot.domain.board_events import BoardEvent
from bot.domain.commands import Intent
from bot.domain.events import Event
from bot.domain.values import RunId

LATEST = 20
"""Runs that nobody has come to tell: more than can begin in the moments before the bot is killed."""


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


@dataclass(frozen=True, slots=True)
class Heard:
    """A delivery that was decided, and when. `key` is the intent's; an empty one is nobody's."""

    key: str
    at: datetime


class Journal(Protocol):
    """One writer's promise each: what `append` returned from has survived a kill and a power cut."""

    async def append(
        self, run: RunId, expected: int, events: Sequence[Event], head: Head, heard: Heard | None = None
    ) -> None:
        """Add events to the run's stream and replace its head, both or neither.

        `expected` is the number of events that the stream holds as the caller knows it; `Conflict` where it holds
        more, or where a new run's `key` was appended before (the same delivery twice). `heard` is the delivery that
        the events come from: it is marked as heard in the same commit, and `Conflict` where it was before.
        """
        ...

    async def read(self, run: RunId, after: int = 0) -> Sequence[Event]:
        """The run's events from that count on, oldest first; empty for an unknown run."""
        ...

    async def append_board(self, expected: int, events: Sequence[BoardEvent], heard: Heard | None = None) -> None:
        """Add events to the board's stream; `heard` and `Conflict` as in `append`."""
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


class Inbox(Protocol):
    """What people asked for, kept before their platform is told so: what was acknowledged survives a kill.

    A delivery is known by its intent's key for two days; then it is forgotten, whatever became of it.
    """

    async def keep(self, intent: Intent, at: datetime) -> bool:
        """Store it in one commit; False where its key was kept or heard before. Asked many at once it may take one
        commit for all of them. A caller that is cancelled leaves it to finish. An empty key is stored nowhere: True.
        """
        ...

    async def heard(self, heard: Heard) -> None:
        """It was decided, or nobody wants it any more; also where it could not be kept. Idempotent."""
        ...

    async def was_heard(self, key: str) -> bool:
        """True where the delivery was decided."""
        ...

    async def unheard(self) -> Sequence[tuple[Intent, datetime]]:
        """What was kept and not heard, each with the time of its keeping, oldest first."""
        ...


class Cursors(Protocol):
    """What was told where. That a run is to be told is written before anything is said (`Told` of nothing yet), and
    that it was told after the platform has confirmed it: so a crash repeats, never forgets.
    """

    async def told(self, run: RunId) -> Sequence[Told]:
        """Every conversation that the run was told in so far."""
        ...

    async def behind(self) -> Sequence[RunId]:
        """Runs of which some conversation has not been told everything; then those that began after the latest one with
        a cursor, in their order: nobody has come to tell them. Of these the last `LATEST` at most, as runs that no room
        is told of have no cursor either.
        """
        ...

    async def drawn(self, sign: str) -> Sequence[Told]:
        """Conversations whose `Told.drawn` ends so."""
        ...

    async def tell(self, *told: Told) -> None:
        """Remember, all in one commit; the last word wins."""
        ...
