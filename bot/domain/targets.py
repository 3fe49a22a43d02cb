"""What may be deployed and where: the configuration as the domain sees it.

`bot.settings` reads `outrider.toml` into these; nothing else makes them, except tests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum
from typing import Any, Literal, TypeAlias

from bot.domain.values import Person, Room

Option: TypeAlias = Any
"""A value as TOML has them: text, number, truth, list or table of these. Each channel's adapter validates its own."""


class Strategy(StrEnum):
    """How traffic reaches a release: all at once, or in steps."""

    DIRECT = "direct"
    GRADUAL = "gradual"


class Unsure(StrEnum):
    """What a rollout does at the end of a bake that could not tell whether the canary is good."""

    WAIT = "wait"
    """Keep the weight and go on measuring until it can tell, for `bake_max` at most; then ask."""
    ASK = "ask"
    """Keep the weight, go on measuring, and ask a person."""
    BACK = "back"
    """Take the traffic back."""


@dataclass(frozen=True, slots=True)
class Component:
    """One Worker of a target."""

    name: str
    kind: str = "cloudflare"
    config: str = "wrangler.jsonc"
    """Path of wrangler's configuration inside the repository."""
    path: str = "."
    """Folder of the Worker inside the repository; commands run there."""
    build: tuple[str, ...] = ()
    """Arguments of the project's own build, run before wrangler's; empty for none."""
    d1: tuple[str, ...] = ()
    """Names of the D1 databases whose migrations belong to a deploy."""
    rewind_d1: bool = False
    """Take the databases back to the bookmark on the way back. Off: writes made meanwhile are worth more."""
    required_secrets: tuple[str, ...] = ()
    same_bundle: bool = True
    """A promotion whose bundle differs from the verified one is refused."""


@dataclass(frozen=True, slots=True)
class Window:
    """A time of the week in which nothing is deployed. Days count from Monday = 0; `start` <= t < `end`."""

    days: tuple[int, ...]
    start: time = time(0, 0)
    end: time = time.max


@dataclass(frozen=True, slots=True)
class Health:
    """The first question to a new release: does it answer at all."""

    path: str = "/"
    cold_start: timedelta = timedelta(minutes=2)
    """How long it may take to answer for the first time (a container takes one to two minutes)."""
    proof: bool = True
    """The answer must name the version that gave it; False for a Worker that cannot say."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a target is deployed."""

    name: str
    url: str
    wrangler_env: str = ""
    strategy: Strategy = Strategy.DIRECT
    promotes_to: str | None = None
    weights: tuple[int, ...] = (10, 50, 100)
    bake: timedelta = timedelta(minutes=5)
    bake_max: timedelta = timedelta(minutes=30)
    """How long one weight is held at most before a person is asked, with `inconclusive = "wait"`."""
    inconclusive: Unsure = Unsure.WAIT
    watch: timedelta = timedelta(minutes=15)
    approvals: int = 0
    approval_expires: timedelta = timedelta(hours=4)
    health: Health = Health()


@dataclass(frozen=True, slots=True)
class CommandGate:
    """A command of the project's that must exit with 0 in the checkout."""

    name: str
    argv: tuple[str, ...]
    deadline: timedelta = timedelta(minutes=10)
    kind: Literal["command"] = "command"


@dataclass(frozen=True, slots=True)
class PatternGate:
    """A regular expression (git's extended syntax) that must be found in no tracked file."""

    name: str
    pattern: str
    paths: tuple[str, ...] = ()
    kind: Literal["pattern"] = "pattern"


@dataclass(frozen=True, slots=True)
class BranchGate:
    """The commit must be on one of these branches (shell patterns)."""

    name: str
    branches: tuple[str, ...]
    kind: Literal["branch"] = "branch"


@dataclass(frozen=True, slots=True)
class CalendarGate:
    """No deploys inside these windows of the zone's week. A rollback is never asked."""

    name: str
    zone: str
    windows: tuple[Window, ...]
    kind: Literal["calendar"] = "calendar"


@dataclass(frozen=True, slots=True)
class MigrationGate:
    """Migrations are numbered in sequence, and none pending is destructive without its override."""

    name: str
    kind: Literal["migrations"] = "migrations"


@dataclass(frozen=True, slots=True)
class SecretsGate:
    """Every required secret is present in the environment. Names only."""

    name: str
    kind: Literal["secrets"] = "secrets"


@dataclass(frozen=True, slots=True)
class SplitGate:
    """Traffic can be split between what is live and this commit. Every gradual run has it, configured or not."""

    name: str = "split"
    kind: Literal["split"] = "split"


Gate: TypeAlias = CommandGate | PatternGate | BranchGate | CalendarGate | MigrationGate | SecretsGate | SplitGate


@dataclass(frozen=True, slots=True)
class Floors:
    """Up to where a difference between canary and baseline harms nobody."""

    errors: float = 0.001
    """Error rate of the canary below which nothing is harm."""
    slower: float = 1.1
    """How many times as slow as the baseline does no harm yet."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where counts of canary and baseline come from."""

    name: str
    kind: str
    component: str = ""
    """The Worker whose versions are compared; empty for the one that users reach, the last in the order of deploys."""
    options: Mapping[str, Option] = field(default_factory=dict)
    """What only that kind understands; its adapter has validated them."""
    floors: Mapping[str, float] = field(default_factory=dict)
    """The application's own counter -> how many for each request are no harm yet, where that was said."""


@dataclass(frozen=True, slots=True)
class Check:
    """What to measure through one channel, and its limit."""

    name: str
    channel: str
    options: Mapping[str, Option] = field(default_factory=dict)
    """What only that channel understands; its adapter has validated them."""
    deadline: timedelta = timedelta(seconds=30)
    """For all attempts together, cold start included."""
    attempt: timedelta = timedelta(seconds=10)
    """For one attempt."""
    max_latency: timedelta | None = None
    proof: bool = True
    """A sample counts only when the answer names the version under test."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is deployed."""

    name: str
    repo: str
    room: str
    components: tuple[Component, ...]
    environments: tuple[Environment, ...]
    branch: str = "main"
    gates: tuple[Gate, ...] = ()
    checks: tuple[Check, ...] = ()
    sources: tuple[Source, ...] = ()
    floors: Floors = Floors()

    def environment(self, name: str) -> Environment | None:
        """The environment of that name, None where the target has none."""
        return next((one for one in self.environments if one.name == name), None)

    def before(self, name: str) -> Environment | None:
        """The environment that promotes to the named one."""
        return next((one for one in self.environments if one.promotes_to == name), None)

    def component(self, name: str) -> Component | None:
        """The component of that name, None where the target has none."""
        return next((one for one in self.components if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Estate:
    """Everything the configuration names: who may do what to which target, told where."""

    targets: tuple[Target, ...] = ()
    people: tuple[Person, ...] = ()
    rooms: tuple[Room, ...] = ()

    def target(self, name: str) -> Target | None:
        """The target of that name, None where there is none."""
        return next((one for one in self.targets if one.name == name), None)

    def person(self, name: str | None) -> Person | None:
        """The person of that name, None where there is none."""
        return next((one for one in self.people if one.name == name), None)

    def person_at(self, platform: str, account: str) -> Person | None:
        """The person that an account on a platform belongs to."""
        return next((one for one in self.people if one.accounts.get(platform) == account), None)

    def room(self, name: str) -> Room | None:
        """The room of that name, None where there is none."""
        return next((one for one in self.rooms if one.name == name), None)

    def room_at(self, platform: str, address: str) -> Room | None:
        """The room that a conversation on a platform belongs to."""
        return next((one for one in self.rooms if one.addresses.get(platform) == address), None)
