"""Probes against a server that plays both versions."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from adapters.http.metrics import metrics
from adapters.http.pinned import OVERRIDE
from adapters.http.probes import Patience, Probes
from adapters.http.settings import Settings
from adapters.http.sources import problems
from bot.domain.analysis.counts import Poll
from bot.domain.targets import Component, Environment, Health, Source
from bot.ports.deployer import Subject
from bot.ports.errors import Permanent, Temporary
from bot.ports.metrics import Scope
from tests.adapters.http.conftest import TOKEN
from tests.adapters.http.server import Server
from tests.fakes.clock import StillClock

OLD, NEW = "1a2b3c4d-0000-4000-8000-000000000002", "9f8e7d6c-0000-4000-8000-000000000001"
Says = Callable[[str], web.Response]


def fine(version: str) -> web.Response:
    return web.Response(headers={"x-version": version})


def scope(url: str, weight: int = 10, **options: Any) -> Scope:
    place = Environment("production", url, health=Health("/health"))
    source = Source("ours", "probes", options=options)
    return Scope(source, Subject(Component("worker"), place, worker="hello"), OLD, NEW, weight)


class Edge:
    """Sends each request to the version that it asks for."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.baseline: Says = fine
        self.canary: Says = fine
        server.handler = self.answer

    async def answer(self, request: web.Request) -> web.StreamResponse:
        pinned = request.headers[OVERRIDE]
        return self.canary(NEW) if pinned == f'hello="{NEW}"' else self.baseline(OLD)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"


@pytest.fixture
def edge(server: Server) -> Edge:
    return Edge(server)


@pytest.fixture
async def probes(clock: StillClock) -> AsyncIterator[Probes]:
    # A busy machine may take its time: all answers come, and no longer than that is waited for.
    async with metrics(clock, Settings({"WORKER_TOKEN": TOKEN}), Patience(burst=timedelta(seconds=20))) as kinds:
        found = kinds["probes"]
        assert isinstance(found, Probes)
        yield found


async def counted(probes: Probes, clock: StillClock, asked: Scope) -> Poll:
    poll = await probes.count(asked, clock.now())
    assert poll is not None
    return poll


async def test_both_versions_are_asked_side_by_side_at_the_rate(edge: Edge, probes: Probes, clock: StillClock) -> None:
    begun = clock.now()
    poll = await counted(probes, clock, scope(edge.url, rate=3))
    assert (poll.baseline.requests, poll.canary.requests) == (6, 6)
    assert (poll.baseline.errors, poll.canary.errors) == (0, 0)
    assert (poll.canary.latency.total, poll.source, poll.weight) == (6, "ours", 10)
    assert begun == poll.since
    assert timedelta(seconds=1) < poll.at - begun < timedelta(seconds=2)
    assert Counter(one.headers[OVERRIDE] for one in edge.server.requests) == {
        f'hello="{OLD}"': 6,
        f'hello="{NEW}"': 6,
    }
    assert {one.path for one in edge.server.requests} == {"/health"}


async def test_the_rate_holds_on_average_and_no_burst_is_larger_than_twelve_seconds(
    edge: Edge, probes: Probes, clock: StillClock
) -> None:
    for waited, number in ((0, 4), (1, 6), (5, 14), (3600, 24)):
        poll = await probes.count(scope(edge.url), clock.now() - timedelta(seconds=waited))
        assert poll is not None
        assert poll.canary.requests == number


async def test_a_status_that_is_not_wanted_is_an_error_of_the_version_that_answered(
    edge: Edge, probes: Probes, clock: StillClock
) -> None:
    edge.canary = lambda version: web.Response(status=404, headers={"x-version": version})
    poll = await counted(probes, clock, scope(edge.url))
    assert (poll.baseline.errors, poll.canary.errors) == (0, 4)
    poll = await counted(probes, clock, scope(edge.url, status=[200, 404]))
    assert (poll.baseline.errors, poll.canary.errors) == (0, 0)


async def test_a_servers_error_page_names_nobody_and_is_the_pinned_versions_error(
    edge: Edge, probes: Probes, clock: StillClock
) -> None:
    edge.canary = lambda version: web.Response(status=500, text="<h1>Worker threw exception</h1>")
    poll = await counted(probes, clock, scope(edge.url))
    assert (poll.canary.requests, poll.canary.errors) == (4, 4)
    assert (poll.baseline.requests, poll.baseline.errors) == (4, 0)


async def test_an_answer_that_proves_nothing_counts_as_nothing(edge: Edge, probes: Probes, clock: StillClock) -> None:
    turns = iter(range(100))
    edge.canary = lambda version: fine(version) if next(turns) % 2 else web.Response(text="hello")
    poll = await counted(probes, clock, scope(edge.url))
    assert (poll.canary.requests, poll.canary.errors, poll.baseline.requests) == (2, 0, 4)


async def test_a_side_that_never_proves_itself_is_said_with_its_reason(
    edge: Edge, probes: Probes, clock: StillClock
) -> None:
    edge.canary = lambda version: web.Response(text="hello", status=403)
    with pytest.raises(Temporary, match=r"for the canary: the answer \(status 403\) names neither version"):
        await counted(probes, clock, scope(edge.url))
    edge.canary = lambda version: fine(OLD)
    with pytest.raises(Temporary, match="for the canary: the other version answered"):
        await counted(probes, clock, scope(edge.url))


async def test_an_endpoint_that_is_gone_is_nobodys_error(clock: StillClock, probes: Probes) -> None:
    with pytest.raises(Temporary, match="for the baseline: connection refused"):
        await counted(probes, clock, scope("http://127.0.0.1:1"))


async def test_a_version_that_breaks_off_errs(edge: Edge, probes: Probes, clock: StillClock) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if NEW not in request.headers[OVERRIDE]:
            return fine(OLD)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    edge.server.handler = answer
    poll = await counted(probes, clock, scope(edge.url))
    assert (poll.canary.requests, poll.canary.errors) == (4, 4)
    assert (poll.baseline.requests, poll.baseline.errors) == (4, 0)


async def test_a_version_that_hangs_errs_and_nobody_waits_for_it(edge: Edge, clock: StillClock) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if NEW not in request.headers[OVERRIDE]:
            return fine(OLD)
        await asyncio.Event().wait()
        raise AssertionError

    edge.server.handler = answer
    async with metrics(clock, Settings(), Patience(probe=timedelta(seconds=1.6))) as kinds:
        source = kinds["probes"]
        assert isinstance(source, Probes)
        polls = [await counted(source, clock, scope(edge.url))]
        async with asyncio.timeout(60):
            while sum(one.canary.errors for one in polls) < 4:
                polls.append(await counted(source, clock, scope(edge.url)))
    assert all(one.canary.requests == one.canary.errors for one in polls)
    assert sum(one.baseline.requests for one in polls) >= 4, "the version that answers was not waited for in vain"
    assert not any(one.baseline.errors for one in polls)


async def test_a_version_that_is_slow_is_counted_later_and_with_what_it_took(edge: Edge, clock: StillClock) -> None:
    free = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        if NEW in request.headers[OVERRIDE]:
            await free.wait()
            return fine(NEW)
        return fine(OLD)

    edge.server.handler = answer
    async with metrics(clock, Settings()) as kinds:
        source = kinds["probes"]
        assert isinstance(source, Probes)
        first = await counted(source, clock, scope(edge.url))
        assert (first.baseline.requests, first.canary.requests) == (4, 0)
        clock.time += timedelta(seconds=2)
        free.set()
        second = await counted(source, clock, scope(edge.url))
    assert (second.baseline.requests, second.canary.requests, second.canary.errors) == (4, 8, 0)
    assert (second.canary.latency.quantile(0.75) or 0) > 1.5


async def test_what_is_still_open_at_the_end_is_not_waited_for(edge: Edge, clock: StillClock) -> None:
    async def silent(request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    edge.server.handler = silent
    async with asyncio.timeout(30), metrics(clock, Settings()) as kinds:
        poll = await kinds["probes"].count(scope(edge.url), clock.now())
        assert poll is not None
        assert (poll.baseline.requests, poll.canary.requests) == (0, 0)


async def test_what_is_raised_meanwhile_comes_out_as_it_is(clock: StillClock) -> None:
    async def raising() -> None:
        async with metrics(clock, Settings()):
            raise Permanent("somebody else's trouble")

    with pytest.raises(Permanent, match="somebody else's trouble"):
        await raising()


async def test_latency_is_what_each_version_took(edge: Edge, clock: StillClock, probes: Probes) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        slow = NEW in request.headers[OVERRIDE]
        if slow:
            clock.time += timedelta(seconds=1)
        return fine(NEW if slow else OLD)

    edge.server.handler = answer
    poll = await counted(probes, clock, scope(edge.url, rate=0.25))
    assert poll.canary.requests == 1
    assert (poll.canary.latency.quantile(0.5) or 0) > 0.95


async def test_where_all_traffic_is_the_canarys_there_is_nothing_to_compare(
    edge: Edge, probes: Probes, clock: StillClock
) -> None:
    assert await probes.count(scope(edge.url, 100), clock.now()) is None
    assert edge.server.requests == []


async def test_a_token_is_sent_and_one_that_is_missing_is_said(edge: Edge, probes: Probes, clock: StillClock) -> None:
    await counted(probes, clock, scope(edge.url, token_env="WORKER_TOKEN", path="/deep", headers={"x-a": "b"}))
    request = edge.server.requests[0]
    assert (request.headers["Authorization"], request.headers["x-a"]) == (f"Bearer {TOKEN}", "b")
    assert request.path == "/deep"
    with pytest.raises(Permanent, match="there is no OTHER: set it"):
        await counted(probes, clock, scope(edge.url, token_env="OTHER"))
    unnamed = Subject(Component("web"), Environment("production", edge.url))
    with pytest.raises(Permanent, match="the Worker of web has no known name"):
        await counted(probes, clock, replace(scope(edge.url), subject=unnamed))
    with pytest.raises(Permanent, match="rate must be a number"):
        await counted(probes, clock, replace(scope(edge.url), source=Source("x", "probes", options={"rate": 0})))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"rate": 11}, "rate must be a number of requests a second, above 0 and at most 10"),
        ({"rate": True}, "rate must be a number of requests a second, above 0 and at most 10"),
        ({"rates": 1}, "there is no option rates: did you mean rate?"),
        ({"path": "x"}, 'path must be a path such as "/health"'),
        ({"method": "POST"}, "method must be one of GET, HEAD"),
        ({"rate": 0.5, "path": "/x", "status": [200, 404], "method": "HEAD"}, ""),
    ],
)
def test_options(options: dict[str, Any], said: str) -> None:
    assert problems(options, "probes") == ([said] if said else [])
