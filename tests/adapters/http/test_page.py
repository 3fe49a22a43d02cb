"""An application's own page in Prometheus' text format."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from adapters.http.client import opened
from adapters.http.endpoint import Endpoint
from adapters.http.pinned import OVERRIDE
from adapters.http.selectors import selector
from adapters.http.settings import Settings
from adapters.http.sources import problems
from bot.domain.analysis.counts import Counts, Poll
from bot.domain.targets import Component, Environment, Source
from bot.ports.deployer import Subject
from bot.ports.errors import Temporary
from bot.ports.metrics import Scope
from tests.adapters.http.server import Server
from tests.fakes.clock import StillClock

OLD, NEW = "1a2b3c4d-0000-4000-8000-000000000002", "9f8e7d6c-0000-4000-8000-000000000001"
BOTH = {
    "path": "/metrics",
    "format": "prometheus",
    "requests": 'http_requests_total{version="$version"}',
    "errors": 'http_requests_total{version="$version", code=~"5.."}',
    "extra": {"declined": 'orders_total{version="$version",paid!="yes"}'},
}
OWN = {
    "path": "/metrics",
    "format": "prometheus",
    "requests": "http_requests_total",
    "errors": 'http_requests_total{code=~"5.."}',
}


def page(old: tuple[int, int, int], new: tuple[int, int, int] | None) -> str:
    """Requests, errors and declined orders of both versions, as a client library writes them."""
    lines = ["# HELP http_requests_total Requests.", "# TYPE http_requests_total counter"]
    for version, counts in ((OLD, old), (NEW, new)):
        if counts is not None:
            requests, errors, declined = counts
            lines += [
                f'http_requests_total{{version="{version}",code="200"}} {requests - errors:.1f} 1700000000000',
                f'http_requests_total{{code="503",version="{version}",path="/a\\"}}b"}} {errors:e}',
                f'orders_total{{version="{version}",paid="yes",}} 999',
                f'orders_total{{version="{version}",paid="no"}} {declined}',
            ]
    return "\n".join([*lines, "", "process_open_fds 12", "up +Inf"])


@pytest.fixture
async def endpoint(clock: StillClock) -> AsyncIterator[Endpoint]:
    async with opened(Settings()) as client:
        yield Endpoint(client, clock, {})


async def told(
    endpoint: Endpoint, server: Server, clock: StillClock, options: dict[str, Any], *pages: str
) -> list[Any]:
    """What comes of one page after another, five seconds apart."""
    place = Environment("production", f"http://127.0.0.1:{server.port}")
    subject = Subject(Component("worker"), place, worker="hello")
    scope = Scope(Source("app", "http", options=options), subject, OLD, NEW, 10)
    found = []
    for one in pages:
        server.says(one)
        found.append(await endpoint.count(scope, clock.now()))
        clock.time += timedelta(seconds=5)
    return found


async def test_one_page_may_have_both_versions(endpoint: Endpoint, server: Server, clock: StillClock) -> None:
    pages = page((1000, 10, 5), None), page((1900, 19, 6), (100, 2, 40))
    first, second = await told(endpoint, server, clock, BOTH, *pages)
    assert first is None
    assert second.baseline == Counts(900, 9, extra={"declined": 1})
    assert (second.canary.requests, second.canary.errors) == (100, 2)
    third = (await told(endpoint, server, clock, BOTH, page((2000, 20, 6), (150, 2, 90))))[0]
    assert third.canary == Counts(50, 0, extra={"declined": 50})
    assert OVERRIDE not in server.requests[0].headers
    assert server.requests[0].headers["Accept"].startswith("text/plain")


async def test_each_version_may_have_a_page_of_its_own(endpoint: Endpoint, server: Server, clock: StillClock) -> None:
    counts = {OLD: 100, NEW: 10}

    async def answer(request: web.Request) -> web.StreamResponse:
        version = next(one for one in counts if one in request.headers[OVERRIDE])
        text = f'http_requests_total{{code="200"}} {counts[version]}\nhttp_requests_total{{code="500"}} 3\n'
        return web.Response(text=text, headers={"x-version": version})

    place = Environment("production", f"http://127.0.0.1:{server.port}")
    scope = Scope(Source("app", "http", options=OWN), Subject(Component("worker"), place, worker="hello"), OLD, NEW, 10)
    server.handler = answer
    assert await endpoint.count(scope, clock.now()) is None
    counts[NEW] += 7
    clock.time += timedelta(seconds=5)
    poll = await endpoint.count(scope, clock.now())
    assert poll is not None
    assert (poll.baseline, poll.canary) == (Counts(), Counts(7, 0))


async def test_buckets_become_latencies(endpoint: Endpoint, server: Server, clock: StillClock) -> None:
    def timed(count: int) -> str:
        lines = [f'http_requests_total{{version="{one}",code="200"}} {count}' for one in (OLD, NEW)]
        for one, quick in ((OLD, count), (NEW, 0)):
            lines.append(f'took_bucket{{version="{one}",le="100"}} {quick}')
            lines += [f'took_bucket{{version="{one}",le="{bound}"}} {count}' for bound in ("200", "+Inf")]
        return "\n".join(lines)

    options = {**BOTH, "buckets": 'took_bucket{version="$version"}', "unit": "ms"}
    poll: Poll = (await told(endpoint, server, clock, options, timed(100), timed(200)))[1]
    assert poll.baseline.latency.total == poll.canary.latency.total == 100
    assert (poll.baseline.latency.quantile(0.9) or 1) <= 0.11
    assert 0.1 < (poll.canary.latency.quantile(0.5) or 0) < 0.2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<html>", "line 1 of the page is no sample"),
        ('a{b="c"} x', "line 1 of the page has no number"),
        ('a{b=~"c"} 1', "line 1 of the page is no sample"),
        ("a 1\n", f"no line of it is {BOTH['requests']}, for either version"),
        (f'http_requests_total{{version="{OLD}"}} NaN', f"{BOTH['requests']} is no count"),
    ],
)
async def test_what_cannot_be_read_is_said_in_a_sentence(
    endpoint: Endpoint, server: Server, clock: StillClock, text: str, said: str
) -> None:
    with pytest.raises(Temporary) as trouble:
        await told(endpoint, server, clock, BOTH, text)
    assert trouble.value.reason == f"the counters cannot be read: {said}"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, []),
        (
            {"requests": "up"},
            ["put $version into every selector, or into none where each version has a page of its own"],
        ),
        ({"requests": "a{"}, ['requests must be a selector such as http_requests_total{version="$version"}']),
        (
            {"errors": 'a{version=~"$version("}'},
            ['errors must be a selector such as http_requests_total{version="$version"}'],
        ),
        (
            {"extra": {"a": 1}},
            ['extra must be a table of names and selectors such as http_requests_total{version="$version"}'],
        ),
        ({"versions": "/v"}, ["there is no option versions: known are"]),
        ({"format": "xml"}, ["format must be one of json, prometheus"]),
        ({"unit": "ms"}, ["unit is that of buckets or quantiles: give one of them too"]),
    ],
)
def test_options(changed: dict[str, Any], said: list[str]) -> None:
    found = problems({**BOTH, **changed}, "http")
    assert len([one for one in found if any(one.startswith(each) for each in said)]) == len(said), found
    assert said or not found


def test_requests_and_errors_have_to_be_said() -> None:
    assert problems({"path": "/m", "format": "prometheus"}, "http") == [
        "there must be requests",
        "there must be errors",
    ]


@pytest.mark.parametrize("text", ["", "1a", "a{b}", 'a{b="c}', 'a{b=~"("}', "a b", 'a{b="c"}[5m]', "sum(a)"])
def test_what_is_no_selector(text: str) -> None:
    assert selector(text) is None
