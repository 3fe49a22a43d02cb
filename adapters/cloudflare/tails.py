"""The kind `tail`: the live tail of the Worker, seconds after the fact.

A request that threw, ran into a limit, or was answered with a status from 500 on is an error. Above some hundred
requests a second Cloudflare sends a sample; what came is counted.
"""

import asyncio
from datetime import datetime

from adapters.cloudflare.client import Client
from adapters.cloudflare.sources import problems, read
from adapters.cloudflare.tailing import Line, Pace, Tail, forget
from bot.domain.analysis.counts import Counts, Poll
from bot.ports.clock import Clock
from bot.ports.errors import Permanent, Temporary, Trouble
from bot.ports.metrics import Scope


class Tails:
    """`bot.ports.metrics.Metrics`. The tails live in `group`; the first count opens one and tells nothing yet."""

    def __init__(self, client: Client, line: Line, clock: Clock, group: asyncio.TaskGroup, pace: Pace) -> None:
        self._client = client
        self._line = line
        self._clock = clock
        self._group = group
        self._pace = pace
        self._open: dict[tuple[str, str], Tail] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def count(self, scope: Scope, since: datetime) -> Poll | None:
        """See the port. Counts from its own last answer; None until the tail is open."""
        if wrong := problems(scope.source.options, "tail"):
            raise Permanent("; ".join(wrong))
        if not scope.subject.worker:
            raise Permanent(f"the Worker of {scope.subject.component.name} has no known name, so it cannot be asked")
        tail = self._tail(scope)
        taken = tail.take()
        if taken is None:
            _complain(tail.trouble)
            return None
        begun, at, versions = taken
        baseline, canary = versions.get(scope.baseline, Counts()), versions.get(scope.canary, Counts())
        return Poll(begun, at, scope.source.name, scope.weight, baseline, canary)

    def sweep(self) -> None:
        """Take away what an earlier life, which was killed, has left; beside everything else."""
        for tail, worker in self._line.left.tails().items():
            self._keep(self._group.create_task(forget(self._client, self._line.left, worker, tail)))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def stop(self) -> None:
        """End all of them; each deletes itself at Cloudflare before its task is done."""
        for task in self._running:
            task.cancel()

    def _tail(self, scope: Scope) -> Tail:
        worker = scope.subject.worker
        key = worker, scope.source.name
        tail = self._open.get(key)
        if tail is None or tail.over:
            clock = read(scope.source.options).clock
            tail = self._open[key] = Tail(self._client, self._line, self._clock, worker, clock, self._pace)
            self._keep(self._group.create_task(tail.run()))
        tail.renew()
        return tail


def _complain(trouble: Trouble | None) -> None:
    """Raised anew each time: the same exception raised again would carry all its earlier ways."""
    if trouble is not None:
        raise (Permanent if isinstance(trouble, Permanent) else Temporary)(trouble.reason)
