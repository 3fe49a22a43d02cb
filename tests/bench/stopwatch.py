"""Ports with a stop watch: the same ports, and when each call of theirs began and ended."""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from bot.app.world import World
from bot.domain.targets import Check, Environment
from bot.domain.values import Measurement
from bot.ports.channel import Channel, Wanted
from bot.ports.process import Lines, Processes, Ran


@dataclass(frozen=True, slots=True)
class Span:
    """Something outside that the bot waited for. Times are by the machine's clock, in seconds."""

    what: str
    begun: float
    ended: float


@dataclass(frozen=True, slots=True)
class Stopwatch:
    """All spans so far."""

    spans: list[Span] = field(default_factory=list)

    @asynccontextmanager
    async def timing(self, what: str) -> AsyncIterator[None]:
        """Note how long the block takes, however it ends."""
        begun = time.time()
        try:
            yield
        finally:
            self.spans.append(Span(what, begun, time.time()))

    def commands(self, processes: Processes) -> Processes:
        """The machine's commands, timed: the first word of each."""
        return TimedProcesses(processes, self)

    def outside(self, world: World) -> World:
        """The world with its channels timed."""
        return replace(world, channels={name: TimedChannel(one, self) for name, one in world.channels.items()})


@dataclass(frozen=True, slots=True)
class TimedProcesses:
    """`Processes`."""

    processes: Processes
    watch: Stopwatch

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
        async with self.watch.timing(argv[0]):
            return await self.processes.run(
                argv, cwd=cwd, env=env, deadline=deadline, lines=lines, stdin=stdin, cookie=cookie
            )

    async def ended(self, cookie: str) -> None:
        await self.processes.ended(cookie)


@dataclass(frozen=True, slots=True)
class TimedChannel:
    """`Channel`."""

    channel: Channel
    watch: Stopwatch

    async def measure(self, check: Check, environment: Environment, wanted: Wanted) -> Measurement:
        async with self.watch.timing("the Worker"):
            return await self.channel.measure(check, environment, wanted)
