"""A rollout as it stands: which weights were chosen, by whom, how each bake went, and what was measured.

A *bake* is one weight, chosen, set on every component, and held while the evidence comes in. What is intended stands
in the journal before any traffic moves (`WeightChosen`), so the canary never has more of it than somebody, or the
plan, has put down.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.domain.events import Event
from bot.domain.rollout_events import Advanced, BakeEnded, LiveSeen, Looked, Overtaken, Paused, Resumed, WeightChosen
from bot.domain.values import Actor, Live, Verdict


@dataclass(frozen=True, slots=True)
class Bake:
    """One weight of a rollout; `number` counts from 1."""

    number: int
    weight: int
    chosen_at: datetime
    chosen_by: Actor | None = None
    verdict: Verdict | None = None
    """What the canary was found to be at this weight; None while nobody can tell."""
    ended_at: datetime | None = None
    advanced_by: Actor | None = None
    """Who did not want to wait for the rest of it."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """Everything that is known of a rollout."""

    bakes: tuple[Bake, ...] = ()
    held_by: Actor | None = None
    """Who holds it at its weight; None while nobody does."""
    held_at: datetime | None = None
    resumed_at: datetime | None = None
    """When somebody last let it go on."""
    overtaken: Live | None = None
    """What somebody else has made live meanwhile; None where nobody has, or a person has gone on since."""
    astray: tuple[tuple[datetime, datetime | None], ...] = ()
    """From when until when somebody else's deployment was live; the last one may not be over."""
    looks: tuple[Looked, ...] = ()
    seen: Mapping[str, Live] = field(default_factory=dict)
    """Component -> what was last read to be live of it while the rollout was under way."""

    @property
    def bake(self) -> Bake | None:
        """The weight that it is at, or on its way to."""
        return self.bakes[-1] if self.bakes else None

    @property
    def weight(self) -> int:
        """The share of traffic that is intended for the canary now."""
        return self.bakes[-1].weight if self.bakes else 0

    @property
    def mark(self) -> str:
        """What Resume goes on from, for its button: another weight, or somebody else's deploy, is another question."""
        return f"{self.weight}taken" if self.overtaken is not None else str(self.weight)

    @property
    def begun(self) -> bool:
        """True once any weight was chosen."""
        return bool(self.bakes)


def hear(rollout: Rollout, event: Event) -> Rollout:
    """The rollout after one more event; others leave it as it is."""
    match event:
        case WeightChosen(weight=weight, at=at, actor=actor):
            return _choose(rollout, weight, at, actor)
        case BakeEnded(verdict=verdict, at=at):
            return _last(rollout, verdict=verdict, ended_at=at)
        case Paused(actor=actor, at=at):
            return replace(rollout, held_by=actor, held_at=at)
        case Overtaken(live=live, at=at):
            since = min(live.since or at, at)
            return replace(rollout, overtaken=live, astray=(*rollout.astray, (since, None)))
        case Resumed(at=at):
            return _resume(rollout, at)
        case Advanced(actor=actor):
            return _last(rollout, advanced_by=actor)
        case Looked():
            return replace(rollout, looks=(*rollout.looks, event))
        case LiveSeen(item=item, live=live):
            return replace(rollout, seen={**rollout.seen, live.component or item: live})
        case _:
            return rollout


def _choose(rollout: Rollout, weight: int, at: datetime, actor: Actor | None) -> Rollout:
    """A weight that a person chose is held until a person lets it go; all of the traffic is what they were after."""
    chosen = replace(rollout, bakes=(*rollout.bakes, Bake(len(rollout.bakes) + 1, weight, at, actor)), seen={})
    by_hand = actor is not None and weight < 100
    return replace(chosen, held_by=actor, held_at=at) if by_hand else chosen


def _resume(rollout: Rollout, at: datetime) -> Rollout:
    """Going on after a question means measuring for one more bake: a verdict that could not tell is taken back."""
    bake = rollout.bake
    astray = tuple((since, until or at) for since, until in rollout.astray)
    let_go = replace(rollout, held_by=None, held_at=None, resumed_at=at, overtaken=None, astray=astray, seen={})
    if bake is None or bake.verdict is None or bake.verdict.passed:
        return let_go
    return replace(let_go, bakes=(*rollout.bakes[:-1], replace(bake, verdict=None, ended_at=at)))


def _last(
    rollout: Rollout,
    verdict: Verdict | None = None,
    ended_at: datetime | None = None,
    advanced_by: Actor | None = None,
) -> Rollout:
    bake = rollout.bake
    if bake is None:
        return rollout
    changed = replace(
        bake,
        verdict=verdict or bake.verdict,
        ended_at=ended_at or bake.ended_at,
        advanced_by=advanced_by or bake.advanced_by,
    )
    return replace(rollout, bakes=(*rollout.bakes[:-1], changed))
