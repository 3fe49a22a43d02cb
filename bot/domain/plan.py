"""The plan of a run: which steps, over what, in which order. Made once when the run is asked for, then frozen."""

from dataclasses import dataclass, replace
from enum import StrEnum

from bot.domain.targets import Check, Component, Environment, Source, SplitGate, Strategy, Target
from bot.domain.values import Commit, Live, Release, Snapshot


class RunKind(StrEnum):
    """What a run is an attempt at."""

    DEPLOY = "deploy"
    PROMOTE = "promote"
    ROLLBACK = "rollback"
    VERIFY = "verify"
    """Measures and changes nothing, so it waits for nobody."""


class StepKind(StrEnum):
    """The steps, in the order in which a run may meet them. Each stands at most once in a plan."""

    CHECKOUT = "checkout"
    GATES = "gates"
    APPROVAL = "approval"
    SNAPSHOT = "snapshot"
    BUILD = "build"
    MIGRATE = "migrate"
    DEPLOY = "deploy"
    UPLOAD = "upload"
    """A version without traffic."""
    SMOKE = "smoke"
    """The version is put beside the baseline at weight 0, and asked by the override header."""
    ROLLOUT = "rollout"
    """Traffic in steps: each weight is set, read back, and held while the evidence comes in."""
    ROUTES = "routes"
    """What is no part of a version: routes, schedules."""
    SWITCH = "switch"
    """A rollback's own act: traffic to the named versions."""
    HEALTH = "health"
    VERIFY = "verify"
    WATCH = "watch"
    RESTORE = "restore"
    """The way back: every touched component to its snapshot, the last one first."""
    RECHECK = "recheck"
    """The way back is walked only when what it restored answers."""


WAY_BACK = (StepKind.RESTORE, StepKind.RECHECK)
MOVING = (StepKind.DEPLOY, StepKind.SMOKE, StepKind.ROLLOUT, StepKind.SWITCH)
"""Steps whose acts give versions their traffic."""
CHANGING = frozenset({StepKind.MIGRATE, StepKind.RESTORE, *MOVING})
"""Steps whose acts may change what users meet. (An upload changes nothing that anybody meets.)"""


PROBES = Source("probes", "probes")
PINNED = frozenset({"http", "health"})
"""Channels whose requests can name the version that shall answer them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a run needs to know, so that it never reads the configuration again."""

    kind: RunKind
    target: Target
    environment: Environment
    components: tuple[Component, ...]
    steps: tuple[StepKind, ...]
    ref: str = ""
    """What was asked for; empty where `commit` is given."""
    commit: Commit | None = None
    release: Release | None = None
    """The verified release that a promotion ships; where a rollback goes, if it is known by name."""
    goal: Snapshot | None = None
    """The versions that a rollback switches to."""
    undoes: tuple[Live, ...] = ()
    """For a pressed rollback: what must still be live, because the button was drawn for it."""
    known: tuple[Live, ...] = ()
    """What the environment's last run left there, so that no checkout is needed to find the components."""

    @property
    def read(self) -> tuple[Component, ...]:
        """The components whose live state belongs to the snapshot."""
        ships = self.kind in (RunKind.DEPLOY, RunKind.PROMOTE)
        return self.target.components if ships else self.components

    @property
    def gradual(self) -> bool:
        """Traffic goes there in steps."""
        return StepKind.ROLLOUT in self.steps

    @property
    def smoke(self) -> tuple[Check, ...]:
        """What a version without traffic is asked: the checks that can reach one version and prove which answered."""
        asked = self.health
        return (
            *((asked,) if asked.proof else ()),
            *(one for one in self.checks if one.proof and one.channel in PINNED),
        )

    @property
    def sources(self) -> tuple[Source, ...]:
        """Where the counts of a rollout come from; the bot's own probes where nothing is configured."""
        return self.target.sources or (PROBES,)

    @property
    def checks(self) -> tuple[Check, ...]:
        """What verification measures, one row each."""
        return self.target.checks

    @property
    def health(self) -> Check:
        """The health question as a check: the first answer may take as long as a cold start."""
        asked = self.environment.health
        return Check(
            name="health",
            channel="http",
            options={"path": asked.path},
            deadline=asked.cold_start,
            proof=asked.proof,
        )


def deploy_plan(target: Target, environment: Environment, ref: str, only: tuple[str, ...] = ()) -> Plan:
    """The plan of a deploy of a ref along the environment's strategy; `only` keeps to the named components."""
    chosen = tuple(one for one in target.components if not only or one.name in only)
    target = _gated(target, environment)
    return Plan(RunKind.DEPLOY, target, environment, chosen, _forward_steps(target, environment, chosen), ref=ref)


def promote_plan(target: Target, environment: Environment, release: Release) -> Plan:
    """The plan that ships exactly this release to the next environment."""
    names = {one.component for one in release.versions}
    chosen = tuple(one for one in target.components if one.name in names)
    target = _gated(target, environment)
    steps = _forward_steps(target, environment, chosen)
    plan = Plan(RunKind.PROMOTE, target, environment, chosen, steps)
    return replace(plan, commit=release.commit, release=release)


def rollback_plan(target: Target, environment: Environment, goal: Snapshot, release: Release | None = None) -> Plan:
    """The plan that takes traffic to the goal's versions and asks for health."""
    names = {live.component for live in goal.lives}
    chosen = tuple(one for one in target.components if one.name in names)
    steps = (StepKind.SNAPSHOT, StepKind.SWITCH, StepKind.HEALTH, *_verify_step(target))
    return Plan(RunKind.ROLLBACK, target, environment, chosen, steps, release=release, goal=goal)


def verify_plan(target: Target, environment: Environment, known: tuple[Live, ...] = ()) -> Plan:
    """The plan that only measures. Without a run that left something there, the branch says what its Workers are."""
    find = () if known else (StepKind.CHECKOUT,)
    steps = (*find, StepKind.SNAPSHOT, StepKind.HEALTH, *_verify_step(target))
    return Plan(RunKind.VERIFY, target, environment, target.components, steps, ref=target.branch, known=known)


def _gated(target: Target, environment: Environment) -> Target:
    """What cannot be split is said before anything starts."""
    if environment.strategy is not Strategy.GRADUAL:
        return target
    return replace(target, gates=(*(gate for gate in target.gates if gate.kind != "split"), SplitGate()))


def _forward_steps(target: Target, environment: Environment, components: tuple[Component, ...]) -> tuple[StepKind, ...]:
    wanted = {
        StepKind.GATES: bool(target.gates),
        StepKind.APPROVAL: environment.approvals > 0,
        StepKind.MIGRATE: any(one.d1 for one in components),
        StepKind.VERIFY: bool(target.checks),
        StepKind.WATCH: environment.watch.total_seconds() > 0,
    }
    before = (StepKind.CHECKOUT, StepKind.GATES, StepKind.APPROVAL, StepKind.SNAPSHOT, StepKind.BUILD, StepKind.MIGRATE)
    direct = (StepKind.DEPLOY, StepKind.HEALTH)
    gradual = (StepKind.UPLOAD, StepKind.SMOKE, StepKind.ROLLOUT, StepKind.ROUTES)
    along = gradual if environment.strategy is Strategy.GRADUAL else direct
    return tuple(step for step in (*before, *along, StepKind.VERIFY, StepKind.WATCH) if wanted.get(step, True))


def _verify_step(target: Target) -> tuple[StepKind, ...]:
    return (StepKind.VERIFY,) if target.checks else ()
