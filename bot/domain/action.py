"""What a run does next, as a value: facts to append, acts to do, a time to ask again."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.domain.events import Event
from bot.domain.plan import StepKind
from bot.domain.run import ActState

Key: TypeAlias = tuple[StepKind, str]


@dataclass(frozen=True, slots=True)
class Action:
    """One act to do. `resumed`: the journal says it was started, and this life of the bot did not start it."""

    step: StepKind
    item: str
    attempt: int = 1
    resumed: bool = False
    force: bool = False
    """A person has agreed that the older secrets come back, of this very act."""

    @property
    def key(self) -> Key:
        """What names the act within its run."""
        return self.step, self.item


@dataclass(frozen=True, slots=True)
class Next:
    """What to do now. With `events`, append them and ask again before anything else."""

    events: tuple[Event, ...] = ()
    actions: tuple[Action, ...] = ()
    wake: datetime | None = None
    """Ask again at that time although nothing happened."""
    cancel: bool = False
    """Stop what is in flight: nothing of this run's forward acts is wanted any more. The actions are to be ended with
    what became of them, never done."""


def due(kind: StepKind, item: str, act: ActState | None) -> Action:
    """The act as it has to be done now: begun, taken up again, or once more."""
    if act is None:
        return Action(kind, item)
    force = act.agreed > 0
    if act.end is None:
        return Action(kind, item, act.attempt, resumed=True, force=force)
    return Action(kind, item, act.attempt + 1, force=force)


def open_or_due(act: ActState | None, at: datetime, now: datetime) -> bool:
    """True for an act that nobody has ended, for one whose time has come, and for one that began in times to come: the
    machine's clock was set back while the bot was down, and nobody waits until it shows that time again.
    """
    return now >= at or (act is not None and (act.end is None or act.started_at > now))
