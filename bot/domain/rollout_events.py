"""What has happened in a rollout: facts as in `events`, of runs that give traffic in steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.analysis.counts import Poll
from bot.domain.plan import StepKind
from bot.domain.values import Actor, ComponentVersion, Live, Verdict


@dataclass(frozen=True, slots=True)
class VersionUploaded:
    """Ends a component's upload act: a version that has no traffic yet, as read back."""

    step: StepKind
    item: str
    at: datetime
    version: ComponentVersion


@dataclass(frozen=True, slots=True)
class RoutesSet:
    """Ends a component's routes act."""

    step: StepKind
    item: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WeightChosen:
    """The canary shall have this weight from now on: the intent, before any component's traffic is moved."""

    weight: int
    at: datetime
    actor: Actor | None = None
    """Who chose it by hand; None where the plan did."""


@dataclass(frozen=True, slots=True)
class LiveSeen:
    """Ends a component's act of looking what is live while its traffic is split or watched."""

    step: StepKind
    item: str
    at: datetime
    live: Live


@dataclass(frozen=True, slots=True)
class Looked:
    """Ends an act of looking at canary and baseline: what each source counted, and why one counted nothing."""

    step: StepKind
    item: str
    at: datetime
    polls: tuple[Poll, ...] = ()
    troubles: Mapping[str, str] = field(default_factory=dict)
    """Source -> why it could not be asked."""


@dataclass(frozen=True, slots=True)
class BakeEnded:
    """This weight was held for long enough to say this of the canary."""

    verdict: Verdict
    at: datetime


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Somebody else's deployment was found live where this run had put its own. It is not overwritten."""

    live: Live
    at: datetime


@dataclass(frozen=True, slots=True)
class Paused:
    """Somebody holds the rollout at its weight. Measuring goes on."""

    actor: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class Resumed:
    """Somebody lets it go on."""

    actor: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class Advanced:
    """Somebody takes it to the next weight without the rest of this bake."""

    actor: Actor
    at: datetime
