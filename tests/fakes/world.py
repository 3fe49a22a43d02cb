"""A world of typed fakes of our own ports, with the real journal on SQLite: what the application is tested in.

`Provider` below behaves as a careful provider does (versions, deployments, guards) and as a careless one on demand:
`trouble` holds errors to raise on the next calls, before or after acting.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from adapters.sql.journal import SqlJournal
from bot.app.world import World
from bot.domain.redaction import Redactor
from bot.domain.targets import Check, Environment, Estate
from bot.domain.values import FREE, Commit, ComponentVersion, Live, Mark, Measurement, Reach, Share, Verdict
from bot.ports.channel import Wanted
from bot.ports.clock import Clock
from bot.ports.deployer import Act, Built, Fate, Provider, Subject
from bot.ports.errors import Conflict, Temporary, Trouble
from bot.ports.process import Lines, Ran
from bot.ports.source import Hit
from tests.fakes.metrics import FakeMetrics
from tests.fakes.virtual import VirtualClock

PASS = Verdict(Mark.PASS)


@dataclass
class Failing:
    """Errors to raise: call name -> errors, one a call; those in `after` come when the call has acted."""

    before: dict[str, list[Trouble]] = field(default_factory=lambda: defaultdict(list))
    after: dict[str, list[Trouble]] = field(default_factory=lambda: defaultdict(list))

    def raise_before(self, call: str) -> None:
        if self.before[call]:
            raise self.before[call].pop(0)

    def raise_after(self, call: str) -> None:
        if self.after[call]:
            raise self.after[call].pop(0)


@dataclass
class FakeProvider:
    """Deployer, databases and secrets of one account in memory; `calls` counts what changed something."""

    clock: Clock
    trouble: Failing = field(default_factory=Failing)
    lives: dict[tuple[str, str], Live] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    versions: dict[str, ComponentVersion] = field(default_factory=dict)
    """Uploaded without traffic: the act's cookie -> what it made."""
    walls: tuple[str, ...] = ()
    """Why traffic cannot be split."""
    reaches: Reach = FREE
    """What a rollback would meet."""
    calls: list[str] = field(default_factory=list)
    migrations: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    secret_names: frozenset[str] = frozenset()
    during_deploy: Callable[[], object] | None = None
    hang: asyncio.Event | None = None
    """Set to an event: a deploy waits for it after the traffic has moved."""

    def put(self, component: str, environment: str, version: str, author: str = "somebody") -> Live:
        """Make a version live, as somebody."""
        live = Live(
            component,
            (Share(version, 100),),
            f"d-{len(self.calls)}-{version}",
            author,
            worker=f"{component}-{environment}",
        )
        self.lives[component, environment] = live
        return live

    async def live(self, subject: Subject) -> Live:
        self.trouble.raise_before("live")
        key = (subject.component.name, subject.environment.name)
        return self.lives.get(key, Live(subject.component.name, worker="-".join(key)))

    async def build(self, act: Act, subject: Subject) -> Built:
        self.trouble.raise_before("build")
        return Built("d" * 64)

    async def deploy(self, act: Act, subject: Subject, commit: Commit, expected: Live) -> Live:
        self.trouble.raise_before("deploy")
        before = await self.live(subject)
        if not before.same_traffic(expected):
            raise Conflict(f"{before.author} deployed {subject.component.name} in the meantime")
        version = f"v-{commit.short}-{subject.environment.name}-{len(self.calls)}"
        live = self._move(act, subject, (Share(version, 100),))
        if self.during_deploy is not None:
            self.during_deploy()
        if self.hang is not None:
            await self.hang.wait()
        self.trouble.raise_after("deploy")
        return live

    async def switch(
        self, act: Act, subject: Subject, shares: tuple[Share, ...], expected: Live | None, force: bool = False
    ) -> Live:
        before = await self.live(subject)
        if before.same_traffic(Live(subject.component.name, shares)):
            return before
        if not force:
            self.trouble.raise_before("switch")
        live = self._move(act, subject, shares)
        self.trouble.raise_after("switch")
        return live

    def _move(self, act: Act, subject: Subject, shares: tuple[Share, ...]) -> Live:
        key = (subject.component.name, subject.environment.name)
        self.calls.append(f"{act.item} {subject.environment.name}")
        self.done.add(act.cookie)
        message = f"outrider run={act.run}"
        live = Live(key[0], shares, f"d-{len(self.calls)}", "bot", message, self.clock.now(), "-".join(key))
        self.lives[key] = live
        return live

    async def upload(self, act: Act, subject: Subject, commit: Commit) -> ComponentVersion:
        self.trouble.raise_before("upload")
        key = (subject.component.name, subject.environment.name)
        version = f"v-{commit.short}-{subject.environment.name}-{len(self.calls)}"
        self.calls.append(f"{act.item} {subject.environment.name}")
        self.versions[act.cookie] = ComponentVersion(subject.component.name, version, worker="-".join(key))
        self.trouble.raise_after("upload")
        return self.versions[act.cookie]

    async def uploaded(self, act: Act, subject: Subject) -> ComponentVersion | None:
        self.trouble.raise_before("uploaded")
        return self.versions.get(act.cookie)

    async def obstacles(self, subject: Subject) -> tuple[str, ...]:
        self.trouble.raise_before("obstacles")
        return self.walls

    async def reach(self, subject: Subject) -> Reach:
        self.trouble.raise_before("reach")
        live = self.lives.get((subject.component.name, subject.environment.name))
        return self.reaches if live else Reach(f"{subject.component.name} had no earlier release")

    async def settle(self, act: Act, subject: Subject) -> None:
        self.trouble.raise_before("settle")
        self.calls.append(f"{act.item} {subject.environment.name}")
        self.trouble.raise_after("settle")

    async def became_of(self, act: Act, subject: Subject) -> tuple[Fate, Live]:
        fate = Fate.DONE if act.cookie in self.done else Fate.NOT_DONE
        return fate, await self.live(subject)

    async def bookmark(self, subject: Subject, database: str) -> str:
        return f"bookmark-{database}"

    async def files(self, subject: Subject, database: str) -> Mapping[str, str]:
        return {}

    async def pending(self, subject: Subject, database: str) -> tuple[str, ...]:
        return tuple(self.migrations[database])

    async def migrate(self, act: Act, subject: Subject, database: str) -> None:
        self.trouble.raise_before("migrate")
        self.calls.append(f"{act.item} {database}")
        self.migrations[database].clear()
        self.trouble.raise_after("migrate")

    async def rewind(self, act: Act, subject: Subject, database: str, bookmark: str) -> None:
        self.calls.append(f"rewind {database} {bookmark}")

    async def names(self, subject: Subject) -> frozenset[str]:
        return self.secret_names


@dataclass
class FakeSource:
    """One repository with one commit, and no git."""

    commit: Commit = field(default_factory=lambda: Commit("c" * 40, "Say hello", "ana"))
    resolved: list[str] = field(default_factory=list)
    fails: bool = False

    async def resolve(self, repo: str, ref: str) -> Commit:
        if self.fails:
            raise Temporary("the repository cannot be reached")
        self.resolved.append(ref)
        return self.commit

    async def checkout(self, repo: str, sha: str) -> Path:
        return Path("checkout") / sha

    async def log(self, repo: str, base: str, head: str) -> Sequence[Commit]:
        return []

    async def branches(self, repo: str, sha: str) -> frozenset[str]:
        return frozenset({"main"})

    async def search(self, repo: str, sha: str, pattern: str, paths: Sequence[str]) -> Sequence[Hit]:
        return []


@dataclass
class FakeProcesses:
    """Commands that end at once with the status that was set for their first word."""

    statuses: dict[str, int] = field(default_factory=dict)
    ran: list[tuple[str, ...]] = field(default_factory=list)
    hold: asyncio.Event | None = None
    """Set to an event: commands wait for it."""

    async def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        deadline: timedelta,
        lines: Lines | None = None,
        stdin: bytes = b"",
        cookie: str = "",
    ) -> Ran:
        self.ran.append(tuple(argv))
        if self.hold is not None:
            await self.hold.wait()
        return Ran(self.statuses.get(argv[0], 0), "", (f"{argv[0]} said this last",))

    async def ended(self, cookie: str) -> None:
        """Nothing is ever left."""


@dataclass
class FakeChannel:
    """Answers as it is told; by default it passes, proven by the wanted version."""

    answer: Callable[[Check, Wanted], Measurement] | None = None
    asked: list[str] = field(default_factory=list)

    async def measure(self, check: Check, environment: Environment, wanted: Wanted) -> Measurement:
        self.asked.append(check.name)
        if self.answer is not None:
            return self.answer(check, wanted)
        return Measurement(PASS, 0.01, wanted.versions[0] if wanted.versions else None)


@dataclass
class Fakes:
    """Everything a test may turn."""

    clock: VirtualClock
    provider: FakeProvider
    source: FakeSource
    processes: FakeProcesses
    channel: FakeChannel
    world: World
    metrics: FakeMetrics


def fake_world(estate: Estate, journal: SqlJournal, clock: VirtualClock | None = None) -> Fakes:
    """A world around a real journal; `clock`: one that others live by too."""
    clock = clock or VirtualClock()
    provider, source, processes, channel = FakeProvider(clock), FakeSource(), FakeProcesses(), FakeChannel()
    metrics = FakeMetrics(clock)
    world = World(
        estate=estate,
        clock=clock,
        journal=journal,
        archive=journal,
        cursors=journal,
        inbox=journal,
        source=source,
        processes=processes,
        providers={"cloudflare": Provider(provider, provider, provider)},
        channels={"http": channel, "health": channel},
        redactor=Redactor(()),
        metrics={"probes": metrics},
    )
    return Fakes(clock, provider, source, processes, channel, world, metrics)


__all__ = ["FakeChannel", "FakeProcesses", "FakeProvider", "FakeSource", "Fakes", "VirtualClock", "fake_world"]
