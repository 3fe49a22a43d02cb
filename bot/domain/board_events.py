"""What has happened to the board: who holds an environment, and who has stopped everybody. Facts as in `events`."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.domain.values import Actor, Live


@dataclass(frozen=True, slots=True)
class Locked:
    """A person holds an environment."""

    target: str
    environment: str
    actor: Actor
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Unlocked:
    """Nobody holds it any more."""

    target: str
    environment: str
    actor: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class Frozen:
    """Everything stands still, for ever where `until` is None."""

    actor: Actor
    reason: str
    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unfrozen:
    """Everything may move again."""

    actor: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class ForeignSeen:
    """A deployment that no run of ours made was found live, and the room was told."""

    target: str
    environment: str
    live: Live
    at: datetime


Hold: TypeAlias = Locked | Unlocked | Frozen | Unfrozen
"""What people do to the board."""
BoardEvent: TypeAlias = Hold | ForeignSeen
"""What the board's stream holds."""
