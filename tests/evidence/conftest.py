"""A real edge with two versions of a Worker behind it, traffic, and what the edge itself counted."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

import adapters.http.settings
from adapters.cloudflare import CloudflareSettings
from adapters.cloudflare.metrics import metrics as cloudflare_metrics
from adapters.http.metrics import metrics as http_metrics
from adapters.http.pinned import OVERRIDE
from adapters.system.clock import SystemClock
from bot.domain.analysis.counts import Counts, Poll
from bot.domain.targets import Component, Environment, Source
from bot.ports.deployer import Subject
from bot.ports.metrics import Metrics, Scope
from sandbox.install import install
from sandbox.running import Sandbox
from tests.sandbox.rest import Api

CODE = """const told = { requests: 0, errors: 0, le: { "0.05": 0, "0.1": 0, "0.2": 0, "0.4": 0, "+Inf": 0 } };
export default { async fetch(request, env) {
  const headers = { "x-version": env.VERSION.id };
  if (new URL(request.url).pathname === "/counters") return Response.json(told, { headers });
  const nth = ++told.requests;
  const slow = SLOW;
  if (slow) await scheduler.wait(slow);
  for (const bound in told.le) if (slow / 1000 < Number(bound.replace("+Inf", "Infinity"))) told.le[bound] += 1;
  if (THROWS && nth % THROWS === 0) { told.errors += 1; throw new Error("broken"); }
  if (FAILS && nth % FAILS === 0) { told.errors += 1; return new Response("no", { status: 503, headers }); }
  return new Response("ok", { headers });
} };"""
"""`told` is what it counts itself; every `THROWS`-th request throws, every `FAILS`-th is answered with 503."""
COUNTERS: dict[str, Any] = {"path": "/counters", "buckets": "/le"}


def code(throws: int = 0, fails: int = 0, slow: int = 0) -> str:
    return CODE.replace("THROWS", str(throws)).replace("FAILS", str(fails)).replace("SLOW", str(slow))


class Ahead(SystemClock):
    """The machine's clock, put forward: analytics are asked for what has been over for a while. Pauses are shorter."""

    def __init__(self) -> None:
        super().__init__()
        self.by = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.by

    async def sleep(self, span: timedelta) -> None:
        await super().sleep(span / 4)


@dataclass
class Edge:
    """A Worker with two versions at 50 % each, and the sources that look at it."""

    api: Api
    name: str
    baseline: str
    canary: str
    url: str
    clock: Ahead
    kinds: Mapping[str, Metrics]
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))

    def scope(self, kind: str, **options: Any) -> Scope:
        place = Environment("production", self.url)
        subject = Subject(Component("worker"), place, worker=self.name)
        return Scope(Source(kind, kind, options=options), subject, self.baseline, self.canary, 50)

    async def count(self, kind: str, **options: Any) -> Poll | None:
        return await self.kinds[kind].count(self.scope(kind, **options), self.begun)

    async def counted(self, kind: str, least: int, **options: Any) -> tuple[Counts, Counts]:
        """Both sides, of as many polls as it takes to tell so many requests."""
        baseline, canary = Counts(), Counts()
        async with asyncio.timeout(20):
            while baseline.requests + canary.requests < least:
                poll = await self.count(kind, **options)
                baseline = baseline.merged(poll.baseline if poll else Counts())
                canary = canary.merged(poll.canary if poll else Counts())
                await asyncio.sleep(0.05)
        return baseline, canary

    async def users(self, number: int = 80, path: str = "/") -> None:
        """Ordinary requests, eight at a time, until all of them are in the edge's books."""

        async def one() -> None:
            for _ in range(number // 8):
                await self.api.client.get(self.url + path)

        async with asyncio.TaskGroup() as group:
            for _ in range(8):
                group.create_task(one())
        async with asyncio.timeout(30):
            while sum(await self.met()) < number:  # noqa: ASYNC110  # another process sets no event of ours
                await asyncio.sleep(0.02)

    async def truth(self, version: str) -> Any:
        """What the edge counted of a version: `requests`, `errors` of the runtime, `statuses`."""
        found = (await self.api.sandbox.get("traffic")).get(self.name, {})
        return found.get(version, {"requests": 0, "errors": 0})

    async def met(self) -> tuple[int, int]:
        """Requests of users to the baseline and to the canary."""
        return (await self.truth(self.baseline))["requests"], (await self.truth(self.canary))["requests"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Api]:
    install()
    async with Sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox, httpx.AsyncClient(trust_env=False) as client:
        yield Api(sandbox, client)


async def opened(stack: AsyncExitStack, api: Api, canary: str) -> Edge:
    """The edge with that code behind the canary, both versions warm and nothing counted yet."""
    name = f"w-{uuid.uuid4().hex[:8]}"
    first = await api.put(name, code())
    second = await api.upload(name, canary)
    await api.deploy(name, {second: 50, first: 50})
    settings = CloudflareSettings(api.sandbox.token, api.sandbox.account_id, api.sandbox.api)
    clock = Ahead()
    own = await stack.enter_async_context(http_metrics(clock, adapters.http.settings.Settings()))
    theirs = await stack.enter_async_context(cloudflare_metrics(settings, clock))
    edge = Edge(api, name, first, second, await api.url(name), clock, {**own, **theirs})
    for version in (first, second):
        await api.get(name, "/counters", {OVERRIDE: f'{name}="{version}"'})
    await api.sandbox.delete("rules")
    await api.sandbox.post("settings", {"analytics_lag": 0, "sample_interval": 1})
    # The first answer of these two is where they begin.
    assert await edge.count("tail") is None
    assert await edge.count("http", **COUNTERS) is None
    async with asyncio.timeout(30):
        while name not in await api.sandbox.get("tails", wait="1"):
            pass
    # The warm-up belongs to an earlier second than what is counted: analytics know no fractions of one.
    await asyncio.sleep(1.1 - datetime.now(UTC).microsecond / 1e6)
    await api.sandbox.post("reset-traffic")
    edge.begun = datetime.now(UTC).replace(microsecond=0)
    return edge
