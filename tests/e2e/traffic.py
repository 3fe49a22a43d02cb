"""People who use the Worker: requests at a set rate, and what became of each.

The rate is kept whatever the answers do: a slow Worker is not asked less often, as people do not wait for each other.
"""

import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiohttp

PATIENCE = 10.0
"""Seconds that somebody waits for an answer."""
PATHS = ("/", "/", "/", "/", "/checkout")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. Times are by the machine's clock, in seconds; `version` is empty where the answer names none."""

    sent: float
    ended: float
    path: str
    status: int
    """0 where no answer came."""
    version: str = ""
    order: str = ""
    """What became of the order; empty where the answer says nothing of one."""

    @property
    def bad(self) -> bool:
        """What a person would call broken."""
        return self.status == 0 or self.status >= 500


@dataclass
class Traffic:
    """`async with` it: requests go to `url` until the block ends."""

    url: str
    rate: float
    paths: Sequence[str] = PATHS
    asked: list[Asked] = field(default_factory=list)

    async def __aenter__(self) -> "Traffic":
        self._group = await asyncio.TaskGroup().__aenter__()
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        self._task = self._group.create_task(self._send())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await self._group.__aexit__(None, None, None)
        await self._session.close()

    def bad(self) -> list[Asked]:
        """Those that nobody would have liked, in the order in which they were sent."""
        return sorted((one for one in self.asked if one.bad), key=lambda one: one.sent)

    async def _send(self) -> None:
        begun = time.monotonic()
        for number, path in enumerate(itertools.cycle(self.paths)):
            await asyncio.sleep(max(0.0, begun + number / self.rate - time.monotonic()))
            self._group.create_task(self._ask(path))

    async def _ask(self, path: str) -> None:
        sent = time.time()
        status, version, order = 0, "", ""
        try:
            async with asyncio.timeout(PATIENCE), self._session.get(self.url + path) as answer:
                await answer.read()
                status, version = answer.status, answer.headers.get("x-version", "")
                order = answer.headers.get("x-order", "")
        except (aiohttp.ClientError, TimeoutError, OSError):
            pass  # no answer came: that is what status 0 says
        self.asked.append(Asked(sent, time.time(), path, status, version, order))
