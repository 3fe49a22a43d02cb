"""A run as it stands, and what can be read off it. `fold` makes it from the events."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from bot.domain.events import (
    ActEnded,
    ActFailed,
    CheckMeasured,
    ComponentBuilt,
    ComponentDeployed,
    ComponentRestored,
    GateJudged,
    MigrationsApplied,
    SnapshotTaken,
)
from bot.domain.migrations import stays
from bot.domain.plan import CHANGING, MOVING, WAY_BACK, Plan, RunKind, StepKind
from bot.domain.rollout import Rollout
from bot.domain.rollout_events import VersionUploaded
from bot.domain.values import (
    Actor,
    Commit,
    ComponentVersion,
    Live,
    Mark,
    Outcome,
    Release,
    RunId,
    Snapshot,
    Verdict,
)


class Way(StrEnum):
    """Where a run is, in one word."""

    QUEUED = "queued"
    FORWARD = "forward"
    BACK = "back"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class StepState:
    """A step and how far it came."""

    kind: StepKind
    started_at: datetime | None = None
    ended_at: datetime | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class ActState:
    """One thing done outside: when it began, how often, and the fact that ended it."""

    step: StepKind
    item: str
    started_at: datetime
    attempt: int = 1
    end: ActEnded | None = None
    agreed: int = 0
    """The attempt whose question about secrets a person has agreed to, 0 for none."""

    waived: bool = False
    """A person has gone on after this attempt came to nothing."""

    hindered: str = ""
    """Why this attempt did not get through for some time; empty while it did."""

    @property
    def verdict(self) -> Verdict | None:
        """What it came to, None while nobody knows."""
        match self.end:
            case None:
                return None
            case ActFailed(reason=reason):
                return Verdict(Mark.FAIL, reason)
            case GateJudged(verdict=verdict) | CheckMeasured(verdict=verdict):
                return verdict
            case _:
                return Verdict(Mark.PASS)

    @property
    def question(self) -> tuple[str, ...]:
        """Names of the secrets that its end asks about, until a person has agreed. Asked again, it has failed."""
        return self.end.question if isinstance(self.end, ActFailed) and not self.agreed else ()

    @property
    def asked_again(self) -> bool:
        """True where a person has agreed and it was not tried since: once more, then."""
        return self.end is not None and self.agreed == self.attempt


@dataclass(frozen=True, slots=True)
class Run:
    """Everything that is known of a run after its first `seq` events."""

    id: RunId
    plan: Plan
    actor: Actor
    requested_at: datetime
    key: str = ""
    seq: int = 0
    started_at: datetime | None = None
    steps: tuple[StepState, ...] = ()
    acts: Mapping[tuple[StepKind, str], ActState] = field(default_factory=dict)
    commit: Commit | None = None
    approvals: tuple[Actor, ...] = ()
    rejected_by: Actor | None = None
    aborted_by: Actor | None = None
    secrets_accepted_by: Actor | None = None
    way_back_reason: str = ""
    going_back: bool = False
    rollout: Rollout = field(default_factory=Rollout)
    outcome: Outcome | None = None
    reason: str = ""
    ended_at: datetime | None = None

    @property
    def way(self) -> Way:
        """Where the run is."""
        if self.outcome is not None:
            return Way.ENDED
        if self.going_back:
            return Way.BACK
        return Way.QUEUED if self.started_at is None else Way.FORWARD

    @property
    def current(self) -> StepState | None:
        """The step to work on: on the way back the first open one there, else the first open one of the plan."""
        return next((step for step in self.steps if step.ended_at is None and self._walks(step.kind)), None)

    @property
    def fallen(self) -> StepState | None:
        """The step that did not pass, on the way that the run is on."""
        ended = (step for step in self.steps if step.verdict is not None and self._walks(step.kind))
        return next((step for step in ended if step.verdict and not step.verdict.passed), None)

    def _walks(self, kind: StepKind) -> bool:
        return (kind in WAY_BACK) == self.going_back

    def act(self, step: StepKind, item: str) -> ActState | None:
        """One act, None where it has not begun."""
        return self.acts.get((step, item))

    def acts_of(self, step: StepKind) -> tuple[ActState, ...]:
        """The acts of a step in the order in which they began."""
        return tuple(act for act in self.acts.values() if act.step is step)

    @property
    def open_acts(self) -> tuple[ActState, ...]:
        """Acts that were started and not ended: the ones a restart has to ask about."""
        return tuple(act for act in self.acts.values() if act.end is None)

    @property
    def touched(self) -> tuple[str, ...]:
        """Components that something was, or may have been, changed of; the one changed last comes last.

        A component whose database was migrated early counts where its traffic was moved.
        """
        changing = CHANGING - {StepKind.RESTORE}
        acts = [act for act in self.acts.values() if act.step in changing and not _untouched(act)]
        items = [name for act in acts if (name := changed_component(act.step, act.item))]
        return tuple(reversed(dict.fromkeys(reversed(items))))

    @property
    def snapshot(self) -> Snapshot:
        """The way-back point, as far as it was read."""
        taken = [act.end for act in self.acts_of(StepKind.SNAPSHOT) if isinstance(act.end, SnapshotTaken)]
        order = [component.name for component in self.plan.read]
        taken.sort(key=lambda one: order.index(one.item) if one.item in order else len(order))
        return Snapshot(
            lives=tuple(one.live for one in taken),
            bookmarks=tuple(mark for one in taken for mark in one.bookmarks),
            refused=tuple(one.reach.refused for one in taken if one.live.shares and one.reach.refused),
            limits=(*(limit for one in taken for limit in one.reach.limits), *self._applied),
        )

    @property
    def _applied(self) -> tuple[str, ...]:
        """Databases that a version's rollback leaves as they are; the run's own way back may take some along."""
        along = {one.name for one in self.plan.components if one.rewind_d1 and self.outcome is None}
        ends = [act.end for act in self.acts_of(StepKind.MIGRATE) if act.item not in along]
        applied = [end.names for end in ends if isinstance(end, MigrationsApplied)]
        return tuple(stays(database) for names in applied for database, files in names.items() if files)

    @property
    def deployed(self) -> tuple[Live, ...]:
        """What the run's own acts last read back as live, component by component."""
        ends = [act.end for act in self.acts.values() if act.step in MOVING]
        moved = {end.live.component: end.live for end in ends if isinstance(end, ComponentDeployed)}
        return tuple(moved.values())

    @property
    def uploaded(self) -> tuple[ComponentVersion, ...]:
        """The versions that this run made without giving them traffic."""
        ends = [act.end for act in self.acts_of(StepKind.UPLOAD)]
        return tuple(end.version for end in ends if isinstance(end, VersionUploaded))

    @property
    def migrated(self) -> tuple[str, ...]:
        """File names of the migrations that this run applied."""
        ends = [act.end for act in self.acts_of(StepKind.MIGRATE)]
        applied = [end for end in ends if isinstance(end, MigrationsApplied)]
        return tuple(name for end in applied for names in end.names.values() for name in names)

    @property
    def digests(self) -> Mapping[str, str]:
        """Component -> digest of the bundle built by this run."""
        ends = [act.end for act in self.acts_of(StepKind.BUILD)]
        return {end.item: end.digest for end in ends if isinstance(end, ComponentBuilt)}

    @property
    def release(self) -> Release | None:
        """What this run has brought live so far; None before anything is, or where nobody knows its commit."""
        if self.plan.kind is RunKind.ROLLBACK:
            return self.plan.release
        if self.commit is None or not self.deployed:
            return None
        digests = self.digests
        if self.plan.gradual:
            return Release(
                self.commit, tuple(replace(one, digest=digests.get(one.component, "")) for one in self.uploaded)
            )
        versions = tuple(
            ComponentVersion(live.component, live.version or "", digests.get(live.component, ""), live.worker)
            for live in self.deployed
        )
        return Release(self.commit, versions)

    @property
    def restored(self) -> tuple[Live, ...]:
        """What the way back read back as live."""
        ends = [act.end for act in self.acts_of(StepKind.RESTORE)]
        return tuple(end.live for end in ends if isinstance(end, ComponentRestored))

    @property
    def question(self) -> tuple[str, ...]:
        """Names of the secrets that a person has to agree about before traffic goes back.

        Of a rollback that is being undone itself nobody is asked any more.
        """
        if self.rejected_by is not None or self.outcome is not None:
            return ()
        acts = self.acts_of(StepKind.RESTORE if self.going_back else StepKind.SWITCH)
        return tuple(dict.fromkeys(name for act in acts for name in act.question))

    @property
    def log(self) -> tuple[str, ...]:
        """The last lines of the output of the latest failure."""
        ends = [act.end for act in self.acts.values()]
        logs = [end.log for end in ends if isinstance(end, (ActFailed, GateJudged)) and end.log]
        return logs[-1] if logs else ()


def _untouched(act: ActState) -> bool:
    return isinstance(act.end, ActFailed) and act.end.untouched


def setting(component: str, weight: int, number: int) -> str:
    """The item of the act that gives a component's canary its weight; `number` is the bake's, 0 before any."""
    return f"{component}@{weight}#{number}"


def setting_of(item: str) -> tuple[str, int, int] | None:
    """Component, weight and number of such an item; None for any other."""
    found = _SETTING.fullmatch(item)
    return (found["component"], int(found["weight"]), int(found["number"])) if found else None


def seeing(component: str) -> str:
    """The item of the acts that read what is live of a component."""
    return f"{_SEEING}{component}"


def component_of(item: str) -> str:
    """The component that an act with such an item is about."""
    found = setting_of(item)
    return found[0] if found else item.removeprefix(_SEEING)


def changed_component(step: StepKind, item: str) -> str:
    """The component that an act of a changing step is about; empty where it only measures."""
    if step not in (StepKind.SMOKE, StepKind.ROLLOUT):
        return item
    found = setting_of(item)
    return found[0] if found else ""


_SEEING = "live of "
_SETTING = re.compile(r"(?P<component>.+)@(?P<weight>\d{1,3})#(?P<number>\d+)")
