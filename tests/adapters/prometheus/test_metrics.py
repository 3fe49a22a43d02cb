"""A server that answers instant queries as Prometheus does; what it was asked is kept."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.prometheus.metrics import metrics
from adapters.prometheus.options import problems
from adapters.prometheus.settings import Settings
from bot.domain.analysis.counts import Counts, Poll
from bot.domain.targets import Component, Environment, Source
from bot.ports.deployer import Subject
from bot.ports.errors import Permanent, Temporary
from bot.ports.metrics import Metrics, Scope
from tests.fakes.clock import StillClock

OLD, NEW = "1a2b3c4d-0000-4000-8000-000000000002", "9f8e7d6c-0000-4000-8000-000000000001"
TOKEN = "t0p-s3cret-value"
REQUESTS = 'sum(increase(requests_total{version="$version"}[$window]))'
ERRORS = 'sum(increase(requests_total{version="$version",code=~"5.."}[$window]))'
BUCKETS = 'sum by (le) (increase(took_bucket{version="$version"}[$window]))'
TIMEOUTS = 'sum(increase(timeouts_total{version="$version"}[$window]))'
Result = list[tuple[dict[str, str], str]]


class Server:
    """`results`: filled-in query -> series; what is not in it has none."""

    def __init__(self) -> None:
        self.results: dict[str, Result] = {}
        self.asked: list[tuple[str, float]] = []
        self.headers: list[str] = []
        self.instead: Callable[[], web.Response] | None = None
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        assert (request.method, request.path) == ("GET", "/prom/api/v1/query")
        self.asked.append((request.query["query"], float(request.query["time"])))
        self.headers.append(request.headers.get("Authorization", ""))
        if self.instead is not None:
            return self.instead()
        found = self.results.get(request.query["query"], [])
        at = float(request.query["time"])
        series = [{"metric": labels, "value": [at, value]} for labels, value in found]
        return web.json_response({"status": "success", "data": {"resultType": "vector", "result": series}})

    def has(self, query: str, version: str, *series: tuple[dict[str, str], str], window: str = "60s") -> None:
        self.results[query.replace("$version", version).replace("$window", window)] = list(series)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    async with TestServer(app) as served:
        server.url = str(served.make_url("/prom/"))
        yield server


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
async def source(clock: StillClock) -> AsyncIterator[Metrics]:
    async with metrics(clock, Settings({"PROM_TOKEN": TOKEN})) as kinds:
        yield kinds["prometheus"]


def scope(server: Server, **options: Any) -> Scope:
    given = {"url": server.url, "requests": REQUESTS, "errors": ERRORS} | options
    place = Environment("production", "https://hello.example.workers.dev")
    subject = Subject(Component("worker"), place, worker="hello")
    return Scope(Source("prom", "prometheus", options=given), subject, OLD, NEW, 10)


async def counted(source: Metrics, clock: StillClock, asked: Scope, seconds: float = 90) -> Poll:
    """What is told so many seconds after the beginning."""
    begun = clock.now()
    clock.time += timedelta(seconds=seconds)
    poll = await source.count(asked, begun)
    assert poll is not None
    return poll


async def test_a_window_is_asked_for_when_it_is_complete_and_by_absolute_time(
    server: Server, source: Metrics, clock: StillClock
) -> None:
    begun = clock.now()
    clock.time += timedelta(seconds=89)
    assert await source.count(scope(server), begun) is None
    assert server.asked == []
    server.has(REQUESTS, OLD, ({}, "900.4"))
    server.has(REQUESTS, NEW, ({}, "99.6"))
    server.has(ERRORS, NEW, ({}, "4.9"))
    clock.time += timedelta(seconds=1)
    poll = await source.count(scope(server), begun)
    assert poll == Poll(begun, begun + timedelta(seconds=60), "prom", 10, Counts(900, 0), Counts(100, 5))
    assert {at for _, at in server.asked} == {(begun + timedelta(seconds=60)).timestamp()}
    assert server.headers == [""] * 4


async def test_what_was_missed_is_counted_in_one_larger_window(
    server: Server, source: Metrics, clock: StillClock
) -> None:
    server.has(REQUESTS, NEW, ({}, "700"), window="270s")
    poll = await counted(source, clock, scope(server), 300)
    assert (poll.at - poll.since, poll.canary.requests) == (timedelta(seconds=270), 700)


async def test_window_and_lag_may_be_set(server: Server, source: Metrics, clock: StillClock) -> None:
    server.has(REQUESTS, NEW, ({}, "7"), window="20s")
    poll = await counted(source, clock, scope(server, window=15, lag=0), 20)
    assert poll.canary.requests == 7


async def test_series_are_added_up_and_no_number_is_none(server: Server, source: Metrics, clock: StillClock) -> None:
    server.has(REQUESTS, OLD, ({"pod": "a"}, "10"), ({"pod": "b"}, "20.2"), ({"pod": "c"}, "NaN"))
    server.has(ERRORS, OLD, ({}, "31"))
    poll = await counted(source, clock, scope(server))
    assert poll.baseline == Counts(31, 31)


async def test_buckets_become_latencies_and_extra_counters_keep_their_names(
    server: Server, source: Metrics, clock: StillClock
) -> None:
    for version, quick in ((OLD, "95"), (NEW, "10")):
        server.has(REQUESTS, version, ({}, "100"))
        server.has(BUCKETS, version, ({"le": "100"}, quick), ({"le": "200"}, "100"), ({"le": "+Inf"}, "100"))
        server.has(TIMEOUTS, version, ({}, "3"))
    poll = await counted(source, clock, scope(server, buckets=BUCKETS, unit="ms", extra={"requests": TIMEOUTS}))
    assert (poll.baseline.extra, poll.canary.extra) == ({"requests": 3}, {"requests": 3})
    assert (poll.baseline.latency.total, poll.canary.latency.total) == (100, 100)
    assert (poll.baseline.latency.quantile(0.5) or 0) < 0.1 < (poll.canary.latency.quantile(0.5) or 0)


async def test_a_token_is_sent_and_one_that_is_missing_is_said(
    server: Server, source: Metrics, clock: StillClock
) -> None:
    server.has(REQUESTS, NEW, ({}, "7"))
    await counted(source, clock, scope(server, token_env="PROM_TOKEN"))
    assert set(server.headers) == {f"Bearer {TOKEN}"}
    with pytest.raises(Permanent, match="there is no OTHER: set it"):
        await counted(source, clock, scope(server, token_env="OTHER"))


def said(code: int, /, **body: Any) -> Callable[[], web.Response]:
    return lambda: web.json_response(body, status=code)


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (said(400, status="error", errorType="bad_data", error="parse error"), Permanent, "this query: parse error"),
        (said(422, status="error", error="too many samples"), Permanent, "this query: too many samples"),
        (said(503, status="error", errorType="timeout", error="x"), Temporary, r"in trouble \(status 503\)"),
        (lambda: web.Response(status=502, text="<html>"), Temporary, r"in trouble \(status 502\)"),
        (lambda: web.Response(status=200, text="<html>"), Permanent, "is no Prometheus server"),
        (lambda: web.Response(status=401, text="no"), Permanent, r"refuses \(status 401\)"),
        (lambda: web.Response(status=403, text="no"), Permanent, r"refuses \(status 403\)"),
        (said(200, status="success", data={"resultType": "matrix", "result": []}), Permanent, "gives a matrix"),
        (said(200, status="success", data={}), Temporary, "a dialect of its own"),
        (said(200, status="success", data={"resultType": "vector", "result": []}), Temporary, "finds no series"),
    ],
)
async def test_what_an_answer_means(
    server: Server,
    source: Metrics,
    clock: StillClock,
    answer: Callable[[], web.Response],
    kind: type[Exception],
    reason: str,
) -> None:
    server.instead = answer
    with pytest.raises(kind, match=reason):
        await counted(source, clock, scope(server))


async def test_a_scalar_is_a_number_too(server: Server, source: Metrics, clock: StillClock) -> None:
    server.instead = said(200, status="success", data={"resultType": "scalar", "result": [0, "5"]})
    assert (await counted(source, clock, scope(server))).canary == Counts(5, 5)


async def test_buckets_without_bounds_are_said(server: Server, source: Metrics, clock: StillClock) -> None:
    server.has(REQUESTS, NEW, ({}, "1"))
    server.has(BUCKETS, NEW, ({}, "1"))
    with pytest.raises(Permanent, match="sum by \\(le\\)"):
        await counted(source, clock, scope(server, buckets=BUCKETS))


async def test_a_server_that_is_gone_is_said(server: Server, source: Metrics, clock: StillClock) -> None:
    with pytest.raises(Temporary, match="cannot be reached"):
        await asyncio.wait_for(counted(source, clock, scope(server, url="http://127.0.0.1:1")), 30)


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, ["there must be url, requests, errors"]),
        (
            {"url": "http://u:p@x", "requests": REQUESTS, "errors": ERRORS},
            ['url must be the address of the server, such as "https://prometheus.example", without a password'],
        ),
        (
            {"url": "http://x", "requests": "up", "errors": ERRORS},
            [
                "requests must be a query with $version and $window in it, such as"
                " sum(increase(http_requests_total{version='$version'}[$window]))"
            ],
        ),
        (
            {"url": "http://x", "requests": REQUESTS, "errors": ERRORS, "window": 5, "lag": 1.5},
            [
                "window must be a whole number of seconds from 10 to 600",
                "lag must be a whole number of seconds from 0 to 600",
            ],
        ),
        (
            {"url": "http://x", "requests": REQUESTS, "errors": ERRORS, "extra": {"a": "up"}, "windows": 1},
            [
                "extra must be a table of names and queries, each with $version and $window in it",
                "there is no option windows: did you mean window?",
            ],
        ),
        ({"url": "http://x", "requests": REQUESTS, "errors": ERRORS, "buckets": BUCKETS, "unit": "ms"}, []),
    ],
)
def test_options(options: dict[str, Any], found: list[str]) -> None:
    assert problems(options) == found
