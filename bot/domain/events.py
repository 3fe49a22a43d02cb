"""What has happened: past-tense facts, in the order in which they were appended to a run's stream.

State, card, report and audit line are folds of these. A fact is never changed: a new meaning gets a new class.
Everything done outside is an *act*, named by its step and its item (a component, a gate, a check): `ActStarted`
before it, exactly one fact that ends it after it. One that was started and not ended is what a restart asks about.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from bot.domain.hindrance import Hindered
from bot.domain.plan import Plan, StepKind
from bot.domain.rollout_events import (
    Advanced,
    BakeEnded,
    LiveSeen,
    Looked,
    Overtaken,
    Paused,
    Resumed,
    RoutesSet,
    VersionUploaded,
    WeightChosen,
)
from bot.domain.values import (
    FREE,
    Actor,
    Bookmark,
    Commit,
    Live,
    Measurement,
    Outcome,
    Reach,
    Release,
    RunId,
    Snapshot,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class RunRequested:
    """Somebody asked, and was allowed to. The plan is frozen here: later configuration does not reach it."""

    run: RunId
    plan: Plan
    actor: Actor
    at: datetime
    key: str = ""
    """The delivery that asked: the same delivery twice is one run."""


@dataclass(frozen=True, slots=True)
class RunStarted:
    """Its turn came: no earlier run of this environment is under way."""

    at: datetime


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step began."""

    step: StepKind
    at: datetime


@dataclass(frozen=True, slots=True)
class StepEnded:
    """A step is over, with what it came to."""

    step: StepKind
    verdict: Verdict
    at: datetime


@dataclass(frozen=True, slots=True)
class ActStarted:
    """About to do something outside. `attempt` counts from 1."""

    step: StepKind
    item: str
    at: datetime
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class CommitPinned:
    """Ends the checkout act: the ref is this commit for the rest of the run."""

    step: StepKind
    item: str
    at: datetime
    commit: Commit
    reach: Mapping[str, Reach] = field(default_factory=dict)
    """Component -> what a rollback would meet, as far as it could be told then."""


@dataclass(frozen=True, slots=True)
class GateJudged:
    """Ends a gate's act."""

    step: StepKind
    item: str
    at: datetime
    verdict: Verdict
    log: tuple[str, ...] = ()
    """The last lines that its command printed, redacted."""


@dataclass(frozen=True, slots=True)
class SnapshotTaken:
    """Ends a component's snapshot act."""

    step: StepKind
    item: str
    at: datetime
    live: Live
    bookmarks: tuple[Bookmark, ...] = ()
    reach: Reach = FREE


@dataclass(frozen=True, slots=True)
class ComponentBuilt:
    """Ends a component's build act. `digest` is the bundle's, SHA-256 in hexadecimal."""

    step: StepKind
    item: str
    at: datetime
    digest: str


@dataclass(frozen=True, slots=True)
class MigrationsApplied:
    """Ends a component's migrate act. `names` are those applied by this run, database -> file names."""

    step: StepKind
    item: str
    at: datetime
    names: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ComponentDeployed:
    """Ends a component's deploy act: read back from the provider, not believed."""

    step: StepKind
    item: str
    at: datetime
    live: Live


@dataclass(frozen=True, slots=True)
class CheckMeasured:
    """Ends a check's act: the sample that decided, the verdict, and how many samples it took."""

    step: StepKind
    item: str
    at: datetime
    measurement: Measurement
    verdict: Verdict
    samples: int = 1


@dataclass(frozen=True, slots=True)
class ComponentRestored:
    """Ends a component's restore act: what was read back. `changed` is False where it had never moved."""

    step: StepKind
    item: str
    at: datetime
    live: Live
    changed: bool = True
    rewound: tuple[str, ...] = ()
    """Databases taken back to their bookmark."""


@dataclass(frozen=True, slots=True)
class ActFailed:
    """Ends any act that came to nothing."""

    step: StepKind
    item: str
    at: datetime
    reason: str
    log: tuple[str, ...] = ()
    question: tuple[str, ...] = ()
    """Names of the secrets that differ, where the provider refuses to go on without a person's word (code 10220)."""
    live: Live | None = None
    """What the provider says is live after the failure, where it could be read."""
    untouched: bool = False
    """It is known that nothing was changed: there is nothing to restore."""


@dataclass(frozen=True, slots=True)
class Approved:
    """A second person let the pinned release go."""

    actor: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class Rejected:
    """A second person did not."""

    actor: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class SecretsAccepted:
    """A person answered the provider's question: go back although the older version carries older secrets."""

    actor: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class AbortRequested:
    """Somebody asked to stop and restore."""

    actor: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class WayBackStarted:
    """Going back began, and why. From here on only the way back is walked."""

    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The run is over; nothing follows."""

    outcome: Outcome
    reason: str
    at: datetime
    release: Release | None = None
    """What this run left live in its environment, where it knows."""
    way_back: Snapshot | None = None
    """Where a rollback of this run goes."""


Event: TypeAlias = (
    RunRequested
    | RunStarted
    | StepStarted
    | StepEnded
    | ActStarted
    | CommitPinned
    | GateJudged
    | SnapshotTaken
    | ComponentBuilt
    | MigrationsApplied
    | ComponentDeployed
    | VersionUploaded
    | RoutesSet
    | LiveSeen
    | Looked
    | CheckMeasured
    | ComponentRestored
    | ActFailed
    | WeightChosen
    | BakeEnded
    | Overtaken
    | Paused
    | Resumed
    | Advanced
    | Hindered
    | Approved
    | Rejected
    | SecretsAccepted
    | AbortRequested
    | WayBackStarted
    | RunEnded
)
"""What a run's stream holds."""

ActEnded: TypeAlias = (
    CommitPinned
    | GateJudged
    | SnapshotTaken
    | ComponentBuilt
    | MigrationsApplied
    | ComponentDeployed
    | VersionUploaded
    | RoutesSet
    | LiveSeen
    | Looked
    | CheckMeasured
    | ComponentRestored
    | ActFailed
)
"""The facts that end an act."""
