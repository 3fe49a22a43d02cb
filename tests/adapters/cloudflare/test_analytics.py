"""Analytics by a server that says what a test wants; what it was asked is kept."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.cloudflare import CloudflareSettings
from adapters.cloudflare.metrics import metrics
from bot.domain.analysis.counts import Poll
from bot.domain.targets import Component, Environment, Source
from bot.ports.deployer import Subject
from bot.ports.errors import Permanent, Temporary
from bot.ports.metrics import Metrics, Scope
from tests.adapters.cloudflare.doubles import ACCOUNT, TOKEN, Ticks, refused

OLD, NEW, THIRD = "11111111-aaaa", "22222222-bbbb", "33333333-cccc"
Row = dict[str, Any]
Rows = Callable[[datetime, datetime], list[Row]]
Span = tuple[datetime, datetime]
WINDOW = re.compile(r'(w\d+): workersInvocationsAdaptive.*?datetime_geq: "([^"]+)", datetime_lt: "([^"]+)"')


def row(version: str, requests: int, status: str = "success", interval: float = 1, median: float = 20_000) -> Row:
    times = {name: median * factor for name, factor in (("P25", 0.5), ("P50", 1), ("P75", 2), ("P90", 3), ("P99", 8))}
    return {
        "sum": {"requests": requests},
        "avg": {"sampleInterval": interval},
        "quantiles": {f"wallTime{name}": took for name, took in times.items()} | {"wallTimeP999": None},
        "dimensions": {"scriptVersion": version, "status": status},
    }


class Served:
    """The GraphQL API. `rows` is what a window holds now, `instead` an answer in place of any."""

    def __init__(self) -> None:
        self.rows: Rows = lambda begin, end: []
        self.asked: list[list[Span]] = []
        self.instead: Callable[[], web.Response] | None = None

    async def answer(self, request: web.Request) -> web.Response:
        assert (request.method, request.path) == ("POST", "/client/v4/graphql")
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        body = await request.json()
        assert body["variables"] == {"account": ACCOUNT, "script": "hello"}
        if self.instead is not None:
            return self.instead()
        spans = {name: (when(begin), when(end)) for name, begin, end in WINDOW.findall(body["query"])}
        self.asked.append(list(spans.values()))
        found = {name: self.rows(*span) for name, span in spans.items()}
        return web.json_response({"data": {"viewer": {"accounts": [found]}}, "errors": None})

    @asynccontextmanager
    async def metrics(self, clock: Ticks) -> AsyncIterator[Metrics]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.answer)
        async with TestServer(app) as server:
            settings = CloudflareSettings(TOKEN, ACCOUNT, str(server.make_url("/client/v4")))
            async with metrics(settings, clock) as kinds:
                yield kinds["cloudflare"]


def when(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)


@pytest.fixture
def served() -> Served:
    return Served()


@pytest.fixture
async def source(served: Served, clock: Ticks) -> AsyncIterator[Metrics]:
    async with served.metrics(clock) as found:
        yield found


def scope(weight: int = 10, canary: str = NEW, **options: Any) -> Scope:
    place = Environment("production", "https://hello.example.workers.dev")
    asked = Source("analytics", "cloudflare", options=options)
    return Scope(asked, Subject(Component("worker"), place, worker="hello"), OLD, canary, weight)


async def counted(source: Metrics, since: datetime, **other: Any) -> Poll:
    poll = await source.count(scope(**other), since)
    assert poll is not None
    return poll


def later(clock: Ticks, seconds: float) -> datetime:
    clock.passed += timedelta(seconds=seconds)
    return clock.now()


async def test_a_window_is_asked_for_once_it_has_been_over_for_the_lag(
    served: Served, source: Metrics, clock: Ticks
) -> None:
    begun = clock.now()
    later(clock, 75 + 14)
    assert await source.count(scope(), begun) is None
    assert served.asked == []
    later(clock, 1)
    poll = await counted(source, begun)
    assert (poll.since, poll.at) == (begun, begun + timedelta(seconds=15))
    assert served.asked == [[(poll.since, poll.at)]]


async def test_the_end_of_a_weight_is_told_when_it_is_complete_however_short(
    served: Served, source: Metrics, clock: Ticks
) -> None:
    begun = clock.now()
    until = begun + timedelta(seconds=20)
    ended = replace(scope(), until=until)
    later(clock, 75 + 15)
    first = await source.count(ended, begun)
    assert first is not None
    assert first.at == begun + timedelta(seconds=15)
    later(clock, 4)
    assert await source.count(ended, first.at) is None
    served.rows = lambda begin, end: [row(NEW, 7, "scriptThrewException")] if begin == first.at else []
    later(clock, 300)
    last = await source.count(ended, first.at)
    assert last is not None
    assert (last.since, last.at, last.weight) == (first.at, until, 10)
    assert (last.canary.requests, last.canary.errors) == (7, 7)
    assert await source.count(ended, last.at) is None


async def test_the_lag_may_be_set(served: Served, source: Metrics, clock: Ticks) -> None:
    begun = clock.now()
    later(clock, 60)
    assert (await counted(source, begun, lag=40)).at == begun + timedelta(seconds=20)


async def test_requests_errors_and_latency_are_told_by_version(served: Served, source: Metrics, clock: Ticks) -> None:
    begun = clock.now()
    served.rows = lambda begin, end: [
        row(OLD, 900),
        row(OLD, 9, "scriptThrewException"),
        row(OLD, 5, "clientDisconnected"),
        row(NEW, 90, median=40_000),
        row(NEW, 7, "exceededResources"),
        row(NEW, 2, "internalError"),
        row(THIRD, 1000),
    ]
    later(clock, 90)
    poll = await counted(source, begun)
    assert (poll.baseline.requests, poll.baseline.errors) == (914, 9)
    assert (poll.canary.requests, poll.canary.errors) == (99, 9)
    assert poll.baseline.latency.quantile(0.5) == pytest.approx(0.02, rel=0.1)
    assert poll.canary.latency.quantile(0.5) == pytest.approx(0.04, rel=0.15)
    assert (poll.baseline.latency.total, poll.source, poll.weight) == (914, "analytics", 10)


async def test_estimates_are_thinned_to_what_was_seen_and_both_sides_alike(
    served: Served, source: Metrics, clock: Ticks
) -> None:
    begun = clock.now()
    served.rows = lambda begin, end: [
        row(OLD, 9000, interval=10),
        row(OLD, 100, "scriptThrewException", interval=2.5),
        row(NEW, 1000, interval=1),
        row(NEW, 100, "scriptThrewException", interval=1),
    ]
    later(clock, 90)
    poll = await counted(source, begun)
    assert (poll.baseline.requests, poll.baseline.errors) == (910, 10)
    assert (poll.canary.requests, poll.canary.errors) == (110, 10)
    assert poll.baseline.latency.total == 910


async def test_rows_that_come_late_are_counted_once_and_never_again(
    served: Served, source: Metrics, clock: Ticks
) -> None:
    begun, extra = clock.now(), {"late": 0}
    served.rows = lambda begin, end: [row(OLD, 100), row(NEW, 10 + (extra["late"] if begin == begun else 0))]
    later(clock, 90)
    first = await counted(source, begun)
    assert first.canary.requests == 10
    extra["late"] = 5
    later(clock, 15)
    second = await counted(source, first.at)
    assert (second.since, second.canary.requests, second.baseline.requests) == (first.at, 15, 100)
    later(clock, 15)
    third = await counted(source, second.at)
    assert (third.canary.requests, third.baseline.requests) == (10, 100)
    assert served.asked[-1] == [(first.since, first.at), (second.since, second.at), (third.since, third.at)]


async def test_windows_are_asked_again_for_a_while_only(served: Served, source: Metrics, clock: Ticks) -> None:
    since = clock.now()
    later(clock, 75)
    for _ in range(8):
        later(clock, 15)
        since = (await counted(source, since)).at
    assert [len(spans) for spans in served.asked] == [1, 2, 3, 4, 5, 5, 5, 5]


async def test_no_time_is_counted_twice_when_an_answer_was_lost_on_the_way(
    served: Served, source: Metrics, clock: Ticks
) -> None:
    begun = clock.now()
    later(clock, 90)
    first = await counted(source, begun)
    later(clock, 20)
    assert (await counted(source, begun)).since == first.at


async def test_another_weight_begins_anew(served: Served, source: Metrics, clock: Ticks) -> None:
    begun = clock.now()
    later(clock, 90)
    first = await counted(source, begun)
    later(clock, 100)
    poll = await counted(source, first.at + timedelta(seconds=40.5), weight=50)
    assert (poll.since, poll.weight) == (first.at + timedelta(seconds=41), 50)
    assert len(served.asked[-1]) == 1


async def test_silence_is_told_as_a_poll_without_requests(source: Metrics, clock: Ticks) -> None:
    begun = clock.now()
    later(clock, 90)
    poll = await counted(source, begun)
    assert (poll.baseline.requests, poll.canary.requests) == (0, 0)


def error(message: str, status: int = 200, code: str = "") -> Callable[[], web.Response]:
    what = {"message": message, "path": None, "extensions": {"code": code}}
    return lambda: web.json_response({"data": None, "errors": [what]}, status=status)


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (error("not authorized for that account", code="authz"), Permanent, "Account · Account Analytics · Read"),
        (error("rate limiter budget depleted, try again after 5 minutes"), Temporary, "ask to slow down"),
        (error('unknown field "scriptVersions"', 400), Permanent, 'said no: unknown field "scriptVersions"'),
        (error("unable to execute query, please try again later", 503), Temporary, "in trouble \\(503\\)"),
        (lambda: refused(403, 10000, "Authentication error"), Permanent, "refused the API token \\(code 10000\\)"),
        (lambda: refused(429, 971, "Please wait"), Temporary, "asks to slow down"),
        (lambda: web.json_response({"data": {"viewer": {}}}), Temporary, "in a shape that is not theirs"),
        (lambda: web.json_response({"data": {"viewer": {"accounts": []}}}), Temporary, "in a shape that is not theirs"),
        (lambda: web.json_response({"data": None}), Permanent, "there is no data in the answer"),
        (lambda: web.Response(text="<html>"), Temporary, "not its JSON"),
    ],
)
async def test_what_a_refusal_means(
    served: Served, source: Metrics, clock: Ticks, answer: Callable[[], web.Response], kind: type[Exception], said: str
) -> None:
    served.instead = answer
    begun = clock.now()
    later(clock, 90)
    with pytest.raises(kind, match=said):
        await source.count(scope(), begun)
    served.instead = None
    assert (await counted(source, begun)).since == begun


async def test_wrong_options_are_said(source: Metrics, clock: Ticks) -> None:
    unnamed = Subject(Component("web"), Environment("production", "https://a.test"))
    with pytest.raises(Permanent, match="the Worker of web has no known name"):
        await source.count(replace(scope(), subject=unnamed), clock.now())
    with pytest.raises(Permanent, match="lag must be a number"):
        await source.count(scope(lag=1), clock.now())
