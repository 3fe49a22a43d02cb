"""An application's own counters, by a server that tells what a test wants."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from adapters.http.client import opened
from adapters.http.endpoint import Endpoint
from adapters.http.metrics import metrics
from adapters.http.pinned import OVERRIDE
from adapters.http.settings import Settings
from adapters.http.sources import problems
from bot.domain.analysis.counts import Counts, Poll
from bot.domain.targets import Component, Environment, Source
from bot.ports.deployer import Subject
from bot.ports.errors import Permanent, Temporary
from bot.ports.metrics import Scope
from tests.adapters.http.conftest import TOKEN
from tests.adapters.http.server import Server
from tests.fakes.clock import StillClock

OLD, NEW = "1a2b3c4d-0000-4000-8000-000000000002", "9f8e7d6c-0000-4000-8000-000000000001"
Document = dict[str, Any]


class Application:
    """One document with both versions at /both, and each version's own at /own."""

    def __init__(self, server: Server, clock: StillClock) -> None:
        self.server = server
        self.clock = clock
        self.versions: dict[str, Document] = {OLD: {}, NEW: {}}
        self.unnamed = False
        server.handler = self.answer

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/both":
            return web.json_response({"about": {"by/version": self.versions}})
        version = next(one for one in self.versions if one in request.headers[OVERRIDE])
        headers = {} if self.unnamed else {"x-version": version}
        return web.json_response(self.versions[version], headers=headers)

    def scope(self, weight: int = 10, **options: Any) -> Scope:
        place = Environment("production", f"http://127.0.0.1:{self.server.port}")
        given = {"path": "/own"} if not {"path", "url"} & options.keys() else {}
        source = Source("app", "http", options=given | options)
        return Scope(source, Subject(Component("worker"), place, worker="hello"), OLD, NEW, weight)

    def tells(self, baseline: Document, canary: Document) -> None:
        """From now on; five seconds have passed."""
        self.versions = {OLD: baseline, NEW: canary}
        self.clock.time += timedelta(seconds=5)


def plain(requests: int, errors: int, **other: Any) -> Document:
    return {"requests": requests, "errors": errors, **other}


@pytest.fixture
def app(server: Server, clock: StillClock) -> Application:
    return Application(server, clock)


@pytest.fixture
async def endpoint(clock: StillClock) -> AsyncIterator[Endpoint]:
    async with metrics(clock, Settings({"WORKER_TOKEN": TOKEN})) as kinds:
        found = kinds["http"]
        assert isinstance(found, Endpoint)
        yield found


async def counted(endpoint: Endpoint, app: Application, scope: Scope) -> Poll:
    poll = await endpoint.count(scope, app.clock.now())
    assert poll is not None
    return poll


async def test_each_version_is_asked_for_its_own_and_the_first_answer_is_the_beginning(
    app: Application, endpoint: Endpoint
) -> None:
    app.tells(plain(1000, 10), plain(100, 2))
    begun = app.clock.now()
    assert await endpoint.count(app.scope(), begun) is None
    app.tells(plain(1900, 19), plain(200, 7))
    poll = await counted(endpoint, app, app.scope())
    assert (poll.since, poll.at) == (begun, app.clock.now())
    assert (poll.baseline, poll.canary) == (Counts(900, 9), Counts(100, 5))
    assert (poll.source, poll.weight) == ("app", 10)


async def test_one_document_may_have_both_versions(app: Application, endpoint: Endpoint) -> None:
    scope = app.scope(path="/both", versions="/about/by~1version", requests="/n/all", errors="/n/bad")
    app.versions = {OLD: {"n": {"all": 50, "bad": 0}}}
    assert await endpoint.count(scope, app.clock.now()) is None
    app.tells({"n": {"all": 60, "bad": 1}}, {"n": {"all": 3, "bad": 2}})
    poll = await counted(endpoint, app, scope)
    assert (poll.baseline, poll.canary) == (Counts(10, 1), Counts(3, 2))
    assert OVERRIDE not in app.server.requests[0].headers


async def test_the_document_may_be_elsewhere(app: Application, endpoint: Endpoint) -> None:
    url = f"http://localhost:{app.server.port}/both"
    scope = app.scope(url=url, versions="/about/by~1version")
    app.tells(plain(1, 0), plain(1, 0))
    assert await endpoint.count(scope, app.clock.now()) is None
    assert app.server.requests[0].path == "/both"


async def test_counters_that_were_reset_count_from_zero(app: Application, endpoint: Endpoint) -> None:
    app.tells(plain(1000, 10), plain(1000, 10))
    await endpoint.count(app.scope(), app.clock.now())
    app.tells(plain(1100, 11), plain(40, 3))
    poll = await counted(endpoint, app, app.scope())
    assert (poll.baseline, poll.canary) == (Counts(100, 1), Counts(40, 3))


async def test_counters_that_fell_a_little_tell_nothing_and_the_next_difference_is_sound(
    app: Application, endpoint: Endpoint
) -> None:
    app.tells(plain(1000, 10), plain(1000, 10))
    await endpoint.count(app.scope(), app.clock.now())
    app.tells(plain(1100, 11), plain(900, 3))
    with pytest.raises(Temporary, match="a counter fell, so what is new in it is not known"):
        await endpoint.count(app.scope(), app.clock.now())
    app.tells(plain(1200, 12), plain(1000, 4))
    poll = await counted(endpoint, app, app.scope())
    assert (poll.baseline, poll.canary) == (Counts(100, 1), Counts(100, 1))


async def test_after_a_gap_the_difference_covers_it(app: Application, endpoint: Endpoint) -> None:
    app.tells(plain(10, 0), plain(10, 0))
    begun = app.clock.now()
    await endpoint.count(app.scope(), begun)
    answer = app.server.handler
    app.server.says(status=503)
    with pytest.raises(Temporary, match="the counters cannot be had: status 503"):
        await endpoint.count(app.scope(), begun)
    app.server.handler = answer
    app.tells(plain(20, 1), plain(13, 0))
    poll = await counted(endpoint, app, app.scope())
    assert (poll.since, poll.baseline, poll.canary) == (begun, Counts(10, 1), Counts(3, 0))


async def test_another_weight_or_canary_begins_anew(app: Application, endpoint: Endpoint) -> None:
    app.tells(plain(10, 0), plain(10, 0))
    await endpoint.count(app.scope(), app.clock.now())
    app.tells(plain(20, 0), plain(20, 0))
    assert await endpoint.count(app.scope(weight=50), app.clock.now()) is None
    app.tells(plain(30, 0), plain(30, 0))
    assert (await counted(endpoint, app, app.scope(weight=50))).canary.requests == 10


async def test_buckets_become_latencies(app: Application, endpoint: Endpoint) -> None:
    scope = app.scope(buckets="/le", unit="ms", extra={"timeouts": "/t"})
    app.tells(plain(10, 0, t=1, le={"100": 10, "+Inf": 10}), plain(0, 0, t=0, le={"100": 0, "200": 0, "+Inf": 0}))
    await endpoint.count(scope, app.clock.now())
    app.tells(
        plain(110, 0, t=1, le={"100": 110, "+Inf": 110}), plain(100, 0, t=4, le={"100": 1, "200": 100, "+Inf": 100})
    )
    poll = await counted(endpoint, app, scope)
    assert (poll.baseline.extra, poll.canary.extra) == ({"timeouts": 0}, {"timeouts": 4})
    assert (poll.baseline.latency.total, poll.canary.latency.total) == (100, 100)
    assert (poll.baseline.latency.quantile(0.9) or 0) <= 0.11
    assert 0.1 < (poll.canary.latency.quantile(0.5) or 0) < 0.2


async def test_quantiles_become_latencies(app: Application, endpoint: Endpoint) -> None:
    scope = app.scope(quantiles="/took")
    polls = []
    for requests in (100, 300):
        app.tells(
            plain(requests, 0, took={"p50": 0.1, "p99": 0.4, "max": 9}),
            plain(requests, 0, took={"p50": 0.2, "p99": 0.8, "p999": None}),
        )
        polls.append(await endpoint.count(scope, app.clock.now()))
    poll = polls[-1]
    assert poll is not None
    assert poll.baseline.latency.total == poll.canary.latency.total == 200
    assert poll.baseline.latency.quantile(0.5) == pytest.approx(0.1, rel=0.1)
    assert poll.canary.latency.quantile(0.99) == pytest.approx(0.8, rel=0.15)


@pytest.mark.parametrize(
    ("body", "options", "said"),
    [
        ("<html>", {}, "the document is no JSON"),
        ("[1, 2]", {}, "the document has no /requests"),
        ('{"requests": 1}', {}, "the document has no /errors"),
        ('{"requests": "7", "errors": 0}', {}, "/requests is no count"),
        ('{"requests": true, "errors": 0}', {}, "/requests is no count"),
        ('{"requests": -1, "errors": 0}', {}, "/requests is no count"),
        ('{"requests": NaN, "errors": 0}', {}, "/requests is no count"),
        ('{"requests": 1, "errors": 0, "b": 3}', {"buckets": "/b"}, "/b is no table"),
        ('{"requests": 1, "errors": 0, "b": {"x": 3}}', {"buckets": "/b"}, "/b has 'x', which is no time"),
        ('{"requests": 1, "errors": 0, "q": {"max": 3}}', {"quantiles": "/q"}, "/q has none of p50, p90, p99"),
        ('{"versions": {"other": {}}}', {"versions": "/versions"}, "/versions has neither version"),
        (json.dumps({"requests": "x" * 300_000}), {}, "the document is longer than 256 KiB"),
    ],
)
async def test_what_cannot_be_read_is_said_in_a_sentence(
    app: Application, endpoint: Endpoint, body: str, options: dict[str, Any], said: str
) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        pinned = request.headers.get(OVERRIDE, "")
        return web.Response(text=body, headers={"x-version": NEW if NEW in pinned else OLD})

    app.server.handler = answer
    with pytest.raises(Temporary) as told:
        await endpoint.count(app.scope(**options), app.clock.now())
    assert told.value.reason == f"the counters cannot be read: {said}"


async def test_an_answer_must_name_the_version_that_was_asked_for(app: Application, endpoint: Endpoint) -> None:
    app.tells(plain(1, 0), plain(1, 0))
    app.unnamed = True
    with pytest.raises(Temporary, match="does not name version 1a2b3c4d, which was asked for"):
        await endpoint.count(app.scope(), app.clock.now())


async def test_an_endpoint_that_is_gone_or_silent_is_said(app: Application, clock: StillClock) -> None:
    async with opened(Settings()) as client:
        source = Endpoint(client, clock, {}, timedelta(milliseconds=100))
        with pytest.raises(Temporary, match="cannot be had: connection refused"):
            await source.count(app.scope(url="http://127.0.0.1:1/x"), clock.now())

        async def silent(request: web.Request) -> web.StreamResponse:
            await asyncio.Event().wait()
            raise AssertionError

        app.server.handler = silent
        with pytest.raises(Temporary, match=r"did not come within 0\.1 s"):
            await source.count(app.scope(), clock.now())


async def test_a_token_is_sent_and_one_that_is_missing_is_said(app: Application, endpoint: Endpoint) -> None:
    app.tells(plain(1, 0), plain(1, 0))
    await endpoint.count(app.scope(token_env="WORKER_TOKEN"), app.clock.now())
    assert app.server.requests[0].headers["Authorization"] == f"Bearer {TOKEN}"
    with pytest.raises(Permanent, match="there is no OTHER: set it"):
        await endpoint.count(app.scope(token_env="OTHER"), app.clock.now())
    with pytest.raises(Permanent, match="give either path"):
        await endpoint.count(app.scope(url="http://x", path="/y"), app.clock.now())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"path": "/m"}, []),
        ({}, ["give either path, below the environment's url, or a whole url"]),
        (
            {"url": "ftp://x"},
            ['url must be an address such as "https://app.example/metrics.json", without a password in it'],
        ),
        (
            {"url": "https://a:b@x/"},
            ['url must be an address such as "https://app.example/metrics.json", without a password in it'],
        ),
        ({"path": "/m", "requests": "requests"}, ['requests must be a JSON pointer such as "/requests"']),
        ({"path": "/m", "extra": {"a b": "/x"}}, ['extra must be a table such as { timeouts = "/timeouts" }']),
        ({"path": "/m", "extra": {"a": 1}}, ['extra must be a table such as { timeouts = "/timeouts" }']),
        (
            {"path": "/m", "buckets": "/b", "quantiles": "/q"},
            ["give either buckets or quantiles: both tell of the same latencies"],
        ),
        ({"path": "/m", "unit": "ms"}, ["unit is that of buckets or quantiles: give one of them too"]),
        ({"path": "/m", "buckets": "/b", "unit": "h"}, ["unit must be one of s, ms, us"]),
        ({"path": "/m", "request": "/b"}, ["there is no option request: did you mean requests?"]),
    ],
)
def test_options(options: dict[str, Any], said: list[str]) -> None:
    assert problems(options, "http") == said
