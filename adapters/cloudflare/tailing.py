"""One live tail of one Worker: opened, kept open, and taken away again.

It counts while it is open; whoever asks takes what came since the last time. It ends by itself when nobody has asked
for a while, and it is deleted at Cloudflare in every way of ending but a kill: a Worker can have ten listeners at most.
What a killed bot has left is in a note, and deleted by its next life.
A tail that breaks is opened again after a pause that grows; what came before stays counted, and the gap is missing on
both sides alike.
"""

import asyncio
import contextlib
import ssl
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from adapters.cloudflare.client import TOKEN_CODES, Client, Declined
from adapters.cloudflare.left import Left
from adapters.cloudflare.traces import Trace, read
from bot.domain.analysis.counts import Counts
from bot.domain.analysis.histogram import Histogram
from bot.ports.clock import Clock
from bot.ports.errors import Permanent, Temporary, Trouble

PROTOCOL = "trace-v1"
RIGHT = "Account · Workers Tail · Read"
"""The permission of the token."""
MOST = 10
"""Listeners that a Worker can have. Source: Cloudflare's page about real-time logs."""
PAUSES = (1, 2, 4, 8, 15, 30)
"""Seconds before the next try to open it."""
OPEN = 15.0
"""Seconds that the connection may take."""
LEAVE = 5.0
"""Seconds that deleting it may take."""
BEAT = 15.0
"""Seconds between the pings that notice a dead connection."""


@dataclass(frozen=True, slots=True)
class Line:
    """How websockets are reached: the session, and what it trusts and goes through; where open tails are noted."""

    session: aiohttp.ClientSession
    trust: ssl.SSLContext
    proxy: str = ""
    left: Left = field(default_factory=lambda: Left(None))


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a tail stays open."""

    lease: timedelta = timedelta(minutes=1)
    """It ends when nobody has asked for so long."""
    renew: timedelta = timedelta(minutes=2)
    """It is replaced this long before it expires,"""
    shortest: timedelta = timedelta(minutes=1)
    """but never sooner than this."""


@dataclass(slots=True)
class Tally:
    """What came of one version."""

    requests: int = 0
    errors: int = 0
    seconds: list[float] = field(default_factory=list)

    def add(self, trace: Trace) -> None:
        """One more."""
        self.requests += 1
        self.errors += trace.error
        if trace.seconds is not None:
            self.seconds.append(trace.seconds)

    @property
    def counts(self) -> Counts:
        """As the port has it."""
        return Counts(self.requests, self.errors, Histogram.of(self.seconds))


class Tail:
    """`run` it in a task; `take` what it counted."""

    def __init__(self, client: Client, line: Line, clock: Clock, worker: str, measured: str, pace: Pace) -> None:
        self._pace = pace
        self._client = client
        self._line = line
        self._clock = clock
        self._worker = worker
        self._measured = measured
        self._tallies: dict[str, Tally] = defaultdict(Tally)
        self._lease: asyncio.Timeout | None = None
        self._tries = 0
        self.since: datetime | None = None
        """From when on it has counted what was not taken yet; None before it was open for the first time."""
        self.trouble: Trouble | None = None
        """Why it is not open now; None while it is, or is about to be for the first time."""
        self._ended = False

    async def run(self) -> None:
        """Keep it open until nobody has asked for as long as the lease, or until the task is cancelled."""
        try:
            async with asyncio.timeout(self._pace.lease.total_seconds()) as self._lease:
                while True:
                    await self._once()
                    await self._clock.sleep(timedelta(seconds=PAUSES[min(self._tries, len(PAUSES)) - 1]))
        except TimeoutError:
            pass
        finally:
            self._ended = True

    @property
    def over(self) -> bool:
        """It counts no more: nobody had asked for a lease, or its task was ended."""
        return self._ended or (self._lease is not None and self._lease.expired())

    def renew(self) -> None:
        """Somebody asked: it stays open for another lease."""
        if self._lease is not None and not self.over:
            self._lease.reschedule(asyncio.get_running_loop().time() + self._pace.lease.total_seconds())

    def take(self) -> tuple[datetime, datetime, Mapping[str, Counts]] | None:
        """From when, to when, and each version's counts; None where it was never open, or is not and counted nothing.

        What is taken is not given again.
        """
        now = self._clock.now()
        if self.since is None or self.since >= now or (self.trouble is not None and not self._tallies):
            return None
        taken = self.since, now, {version: tally.counts for version, tally in self._tallies.items()}
        self.since = now
        self._tallies.clear()
        return taken

    async def _once(self) -> None:
        """Open it, and listen until it breaks or has to be replaced."""
        self._tries += 1
        try:
            await self._held(await self._made())
        except Trouble as trouble:
            self.trouble = trouble
        except Exception as broken:
            # Whatever it is, it is this tail's trouble: raised in its task it would end everything beside it.
            self.trouble = Temporary(f"The live tail broke: {_why(broken)}.")

    async def _made(self) -> Mapping[str, Any]:
        """A new tail; `Permanent` with what to do where the token may not make one, or nobody can."""
        try:
            made = await self._client.post(self._client.script(self._worker, "tails"), {"filters": []}, changes=False)
        except Declined as declined:
            if TOKEN_CODES & {*declined.codes}:
                raise Permanent(f"{declined.reason} A live tail needs {RIGHT}.") from declined
            raise (await self._crowded()) or declined from declined
        self._line.left.opened(str(made["id"]), self._worker)
        return dict(made)

    async def _crowded(self) -> Permanent | None:
        """What to do where the Worker has all the listeners that it can have."""
        try:
            others = await self._client.get(self._client.script(self._worker, "tails"))
            free = min(one["expires_at"] for one in others) if len(others) >= MOST else None
        except (Trouble, KeyError, TypeError):
            return None
        if free is None:
            return None
        return Permanent(
            f"{self._worker} has {MOST} live tails already, and cannot have more: end one that is not needed"
            f" (wrangler tail), or wait for one to expire ({datetime.fromisoformat(free):%a %H:%M} UTC)."
        )

    async def _held(self, made: Mapping[str, Any]) -> None:
        life = datetime.fromisoformat(made["expires_at"]) - self._clock.now() - self._pace.renew
        limit = asyncio.timeout(max(life, self._pace.shortest).total_seconds())
        try:
            async with limit:
                await self._listen(made["url"])
            self.trouble = Temporary("The live tail was closed by Cloudflare; it is being opened again.")
        except TimeoutError:
            # Replaced in time is no trouble; what did not even open is.
            if not limit.expired():
                self.trouble = Temporary("The live tail did not open in time; it is tried again.")
        finally:
            await self._forget(str(made["id"]))

    async def _listen(self, url: str) -> None:
        line = self._line
        async with asyncio.timeout(OPEN):
            socket = await line.session.ws_connect(
                url, protocols=(PROTOCOL,), heartbeat=BEAT, ssl=line.trust, proxy=line.proxy or None
            )
        async with socket:
            await socket.send_json({"debug": False})
            self.trouble, self._tries = None, 0
            self.since = self.since or self._clock.now()
            async for message in socket:
                if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                    self._hear(message.data)

    def _hear(self, data: str | bytes) -> None:
        trace = read(data if isinstance(data, str) else data.decode("utf-8", "replace"), self._measured)
        if trace is not None:
            self._tallies[trace.version].add(trace)

    async def _forget(self, tail: str) -> None:
        await forget(self._client, self._line.left, self._worker, tail)


async def forget(client: Client, left: Left, worker: str, tail: str) -> None:
    """Take a tail away. That it cannot be deleted harms no counting: the note stays, and the next life tries again."""
    with contextlib.suppress(Trouble, TimeoutError):
        async with asyncio.timeout(LEAVE):
            with contextlib.suppress(Declined):  # it is gone already, or the token may not: nothing to try again
                await client.delete(client.script(worker, "tails", tail))
            left.gone(tail)


def _why(broken: Exception) -> str:
    """Without the websocket's address: whoever knows that can listen."""
    if isinstance(broken, aiohttp.WSServerHandshakeError):
        return f"its websocket was refused (status {broken.status})"
    if isinstance(broken, aiohttp.ClientConnectionError | OSError):
        return "no connection"
    return f"what Cloudflare sent is not understood ({type(broken).__name__})"
