"""A bot that kills itself at a named point: each port of the `World` in a wrapper that counts the calls.

A point is `NAME:N:before` or `NAME:N:after`: the N-th call of that port method in this life of the bot, before it is
made or after it has returned. `append:N` is another matter, as a run has several lives: the append that brings the
run's stream to N events or beyond. The kill is SIGKILL from inside: nothing is flushed, no `finally` runs.

A rollout looks again and again, and each look is two appends. Killed at every one of them it would neither measure nor
move any more, so an append of a kind at which it was killed `ENOUGH` times is passed over.
"""

import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from bot.app.world import World
from bot.domain.board import Board, Head
from bot.domain.board_events import BoardEvent
from bot.domain.events import Event
from bot.domain.targets import Check, Environment
from bot.domain.values import Commit, ComponentVersion, Live, Measurement, Reach, RunId, Share
from bot.ports.channel import Channel, Wanted
from bot.ports.chat import Chat, Intake, Limits
from bot.ports.deployer import Act, Built, Databases, Deployer, Fate, Subject
from bot.ports.journal import Cursors, Heard, Journal, Told
from bot.ports.metrics import Metrics, Poll, Scope
from bot.ports.process import Lines, Processes, Ran
from bot.ports.source import Hit, Source
from bot.view.card import RunCard
from bot.view.notice import Notice
from tests.e2e.room import append, lines

APPEND = "append"
ENOUGH = 3  # kills at appends of one kind
Answer = TypeVar("Answer")


class Killer:
    """Kills this process at its point, and writes where that was into the file `struck`, as the last thing it does."""

    def __init__(self, point: str = "", struck: Path = Path(os.devnull)) -> None:
        self._name, number, self._when = point.split(":") if point else ("", "0", "")
        self._number, self._struck = int(number), struck
        self._calls: Counter[str] = Counter()
        self._kinds = Counter(one["kind"] for one in lines(struck) if one["name"] == APPEND)

    async def around(self, name: str, work: Awaitable[Answer], number: int = 0, kind: str = "") -> Answer:
        """The work, unless the point is before it; its answer, unless it is after. Counts where no number is given."""
        self._calls[name] += 1
        number = number or self._calls[name]
        self._reach(name, number, "before", kind)
        answer = await work
        self._reach(name, number, "after", kind)
        return answer

    def _reach(self, name: str, number: int, when: str, kind: str) -> None:
        """Several events may be one append: it is the one that brings the stream to that number, or beyond it."""
        there = number >= self._number if name == APPEND else number == self._number
        enough = name == APPEND and self._kinds[kind] >= ENOUGH
        if there and not enough and (name, when) == (self._name, self._when):
            at = datetime.now(UTC).isoformat()
            append(self._struck, {"name": name, "number": number, "when": when, "kind": kind, "at": at})
            os.kill(os.getpid(), signal.SIGKILL)


def kind_of(events: Sequence[Event]) -> str:
    """What an append tells of, without the times and numbers that are new in each."""
    return ", ".join(f"{type(one).__name__} {getattr(one, 'item', '')}".strip() for one in events)


def armed(world: World, killer: Killer) -> World:
    """The world with every port that acts outside, and the journal, in its wrapper."""
    providers = {
        kind: replace(
            one, deployer=ArmedDeployer(one.deployer, killer), databases=ArmedDatabases(one.databases, killer)
        )
        for kind, one in world.providers.items()
    }
    return replace(
        world,
        journal=ArmedJournal(world.journal, killer),
        cursors=ArmedCursors(world.cursors, killer),
        source=ArmedSource(world.source, killer),
        processes=ArmedProcesses(world.processes, killer),
        providers=providers,
        channels={name: ArmedChannel(one, killer) for name, one in world.channels.items()},
        metrics={name: ArmedMetrics(one, killer) for name, one in world.metrics.items()},
    )


@dataclass(frozen=True)
class ArmedJournal:
    """`Journal`; the appends of a run's stream are its points."""

    inner: Journal
    killer: Killer

    async def append(
        self, run: RunId, expected: int, events: Sequence[Event], head: Head, heard: Heard | None = None
    ) -> None:
        work = self.inner.append(run, expected, events, head, heard)
        await self.killer.around(APPEND, work, expected + len(events), kind_of(events))

    async def read(self, run: RunId, after: int = 0) -> Sequence[Event]:
        return await self.inner.read(run, after)

    async def append_board(self, expected: int, events: Sequence[BoardEvent], heard: Heard | None = None) -> None:
        await self.inner.append_board(expected, events, heard)

    async def board(self) -> tuple[Board, int]:
        return await self.inner.board()

    def changes(self) -> AsyncIterator[RunId]:
        return self.inner.changes()


@dataclass(frozen=True)
class ArmedCursors:
    """`Cursors`."""

    inner: Cursors
    killer: Killer

    async def told(self, run: RunId) -> Sequence[Told]:
        return await self.inner.told(run)

    async def behind(self) -> Sequence[RunId]:
        return await self.inner.behind()

    async def drawn(self, sign: str) -> Sequence[Told]:
        return await self.inner.drawn(sign)

    async def tell(self, *told: Told) -> None:
        await self.killer.around("cursors.tell", self.inner.tell(*told))


@dataclass(frozen=True)
class ArmedChat:
    """`Chat`."""

    inner: Chat
    killer: Killer

    @property
    def platform(self) -> str:
        return self.inner.platform

    @property
    def limits(self) -> Limits:
        return self.inner.limits

    async def draw(self, address: str, card: RunCard, known: str, key: str) -> str:
        return await self.killer.around("chat.draw", self.inner.draw(address, card, known, key))

    async def say(self, address: str, thread: str, notice: Notice, key: str) -> None:
        await self.killer.around("chat.say", self.inner.say(address, thread, notice, key))

    async def listen(self, intake: Intake) -> None:
        await self.inner.listen(intake)

    async def probe(self) -> None:
        await self.inner.probe()


@dataclass(frozen=True)
class ArmedDeployer:
    """`Deployer`."""

    inner: Deployer
    killer: Killer

    async def live(self, subject: Subject) -> Live:
        return await self.killer.around("deployer.live", self.inner.live(subject))

    async def build(self, act: Act, subject: Subject) -> Built:
        return await self.killer.around("deployer.build", self.inner.build(act, subject))

    async def deploy(self, act: Act, subject: Subject, commit: Commit, expected: Live) -> Live:
        return await self.killer.around("deployer.deploy", self.inner.deploy(act, subject, commit, expected))

    async def switch(
        self, act: Act, subject: Subject, shares: tuple[Share, ...], expected: Live | None, force: bool = False
    ) -> Live:
        return await self.killer.around("deployer.switch", self.inner.switch(act, subject, shares, expected, force))

    async def upload(self, act: Act, subject: Subject, commit: Commit) -> ComponentVersion:
        return await self.killer.around("deployer.upload", self.inner.upload(act, subject, commit))

    async def uploaded(self, act: Act, subject: Subject) -> ComponentVersion | None:
        return await self.killer.around("deployer.uploaded", self.inner.uploaded(act, subject))

    async def obstacles(self, subject: Subject) -> tuple[str, ...]:
        return await self.killer.around("deployer.obstacles", self.inner.obstacles(subject))

    async def reach(self, subject: Subject) -> Reach:
        return await self.inner.reach(subject)

    async def settle(self, act: Act, subject: Subject) -> None:
        await self.killer.around("deployer.settle", self.inner.settle(act, subject))

    async def became_of(self, act: Act, subject: Subject) -> tuple[Fate, Live]:
        return await self.killer.around("deployer.became_of", self.inner.became_of(act, subject))


@dataclass(frozen=True)
class ArmedDatabases:
    """`Databases`."""

    inner: Databases
    killer: Killer

    async def bookmark(self, subject: Subject, database: str) -> str:
        return await self.killer.around("databases.bookmark", self.inner.bookmark(subject, database))

    async def pending(self, subject: Subject, database: str) -> tuple[str, ...]:
        return await self.killer.around("databases.pending", self.inner.pending(subject, database))

    async def files(self, subject: Subject, database: str) -> Mapping[str, str]:
        return await self.inner.files(subject, database)

    async def migrate(self, act: Act, subject: Subject, database: str) -> None:
        await self.killer.around("databases.migrate", self.inner.migrate(act, subject, database))

    async def rewind(self, act: Act, subject: Subject, database: str, bookmark: str) -> None:
        await self.killer.around("databases.rewind", self.inner.rewind(act, subject, database, bookmark))


@dataclass(frozen=True)
class ArmedSource:
    """`Source`."""

    inner: Source
    killer: Killer

    async def resolve(self, repo: str, ref: str) -> Commit:
        return await self.killer.around("source.resolve", self.inner.resolve(repo, ref))

    async def checkout(self, repo: str, sha: str) -> Path:
        return await self.killer.around("source.checkout", self.inner.checkout(repo, sha))

    async def log(self, repo: str, base: str, head: str) -> Sequence[Commit]:
        return await self.inner.log(repo, base, head)

    async def branches(self, repo: str, sha: str) -> frozenset[str]:
        return await self.killer.around("source.branches", self.inner.branches(repo, sha))

    async def search(self, repo: str, sha: str, pattern: str, paths: Sequence[str]) -> Sequence[Hit]:
        return await self.killer.around("source.search", self.inner.search(repo, sha, pattern, paths))


@dataclass(frozen=True)
class ArmedChannel:
    """`Channel`."""

    inner: Channel
    killer: Killer

    async def measure(self, check: Check, environment: Environment, wanted: Wanted) -> Measurement:
        return await self.killer.around("channel.measure", self.inner.measure(check, environment, wanted))


@dataclass(frozen=True)
class ArmedMetrics:
    """`Metrics`."""

    inner: Metrics
    killer: Killer

    async def count(self, scope: Scope, since: datetime) -> Poll | None:
        return await self.killer.around("metrics.count", self.inner.count(scope, since))


@dataclass(frozen=True)
class ArmedProcesses:
    """`Processes`, for the gates' own commands; git, npm and wrangler are inside other ports."""

    inner: Processes
    killer: Killer

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
        work = self.inner.run(argv, cwd=cwd, env=env, deadline=deadline, lines=lines, stdin=stdin, cookie=cookie)
        return await self.killer.around("processes.run", work)

    async def ended(self, cookie: str) -> None:
        await self.inner.ended(cookie)
