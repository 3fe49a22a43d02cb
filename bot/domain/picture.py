"""What a decision is made from, and what it can be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.domain.board import Board, Head
from bot.domain.board_events import Hold
from bot.domain.events import Event, RunRequested
from bot.domain.locate import Site
from bot.domain.refusal import Refusal
from bot.domain.run import Run
from bot.domain.targets import Estate
from bot.domain.values import RunId


def clock_words(at: datetime) -> str:
    """A time as a sentence has it."""
    return f"{at:%a %d %b %H:%M} UTC"


@dataclass(frozen=True, slots=True)
class Picture:
    """What is true when a command is decided."""

    estate: Estate
    board: Board
    site: Site
    run: Run | None = None
    """The run that the command is about, folded."""
    past: Sequence[Head] = ()
    """Earlier runs of the environment, newest first: where releases are looked up by name."""


@dataclass(frozen=True, slots=True)
class Begin:
    """A new run; the runs in `stops` are aborted for it, as by who asked."""

    event: RunRequested
    stops: tuple[RunId, ...] = ()


@dataclass(frozen=True, slots=True)
class Tell:
    """One more fact for a run that is under way, which stood at `expected` events."""

    run: RunId
    expected: int
    event: Event
    stops: tuple[RunId, ...] = ()
    """Other runs that are aborted along with it."""


@dataclass(frozen=True, slots=True)
class Note:
    """One more fact for the board."""

    event: Hold


Decision: TypeAlias = Begin | Tell | Note | Refusal
