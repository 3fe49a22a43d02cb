"""The running Workers: one workerd for each version that needs one, started when first asked for, stopped when unused.

A version is kept while it is live, and for a while after its last use, so that an uploaded version which is deployed a
moment later need not start twice. It is stopped only when no request is in it.
"""

import asyncio
import logging
import re
from collections import defaultdict
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass, field

from sandbox.account import Account, Version
from sandbox.clock import now
from sandbox.errors import script_invalid
from sandbox.host import Host, HostError
from sandbox.spec import Place, spec

_LINGER = 20.0
_log = logging.getLogger("sandbox")
_SERVICE = re.compile(r"service core:user:worker:\s*")
_FILE = re.compile(r"file://\S*/")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class _Running:
    port: int
    milliseconds: int
    started: float
    used: float
    requests: int = 0


@dataclass
class Instances:
    """All of them."""

    host: Host
    account: Account
    place: Place
    group: asyncio.TaskGroup
    _running: dict[str, _Running] = field(default_factory=dict)
    _locks: dict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def ensure(self, version: Version) -> int:
        """The loopback port of the version, started if it is not running. `HostError` if it will not start."""
        async with self._locks[version.id]:
            running = self._running.get(version.id)
            if running is None:
                running = self._running[version.id] = await self._start(version)
            running.used = now()
            return running.port

    async def validate(self, version: Version) -> int:
        """Starts a version that is being uploaded; the milliseconds it took. Refused (10021) if it will not start."""
        try:
            await self.ensure(version)
        except HostError as error:
            raise script_invalid(_cleaned(str(error))) from None
        return self._running[version.id].milliseconds

    def warm(self, version: Version) -> None:
        """Starts a version that has become live without waiting for it; a request that comes first waits instead."""
        self.group.create_task(self._warm(version))

    async def _warm(self, version: Version) -> None:
        try:
            await self.ensure(version)
        except HostError as error:
            _log.warning("version %s does not start: %s", version.id, error)

    async def _start(self, version: Version) -> _Running:
        script = self.account.scripts.get(version.script)
        if script is None:
            raise HostError(f"the Worker {version.script} has been deleted")
        started = await self.host.ask("start", version=spec(version, script, self.place))
        return _Running(started["port"], started["milliseconds"], now(), now())

    @contextmanager
    def busy(self, version_id: str) -> Iterator[None]:
        """While a request is in a version."""
        running = self._running.get(version_id)
        if running is None:
            yield
            return
        running.requests += 1
        try:
            yield
        finally:
            running.requests -= 1
            running.used = now()

    async def prune(self, live: Set[str]) -> None:
        """Stops what is neither live nor in use any more."""
        idle = [key for key, one in self._running.items() if key not in live and _is_idle(one)]
        for key in idle:
            async with self._locks[key]:
                if key in self._running and _is_idle(self._running[key]):
                    del self._running[key]
                    await self.host.ask("stop", version=key)

    def listed(self) -> dict[str, dict[str, float]]:
        """Version id → port, start and requests in it now."""
        shown = {key: (one.port, one.started, one.requests) for key, one in self._running.items()}
        return {key: dict(zip(("port", "started", "requests"), one, strict=True)) for key, one in shown.items()}


def _is_idle(running: _Running) -> bool:
    return running.requests == 0 and now() - running.used > _LINGER


def _cleaned(words: str) -> str:
    """The runtime's words without colours, and with module names for paths."""
    plain = _FILE.sub("", _SERVICE.sub("", _ANSI.sub("", words)))
    return plain.strip() or "The script could not be started."
