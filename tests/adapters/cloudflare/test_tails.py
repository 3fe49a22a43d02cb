"""The live tail against a server that speaks the protocol: what a test sends, it hears."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from adapters.cloudflare.left import NAME, Left
from adapters.cloudflare.metrics import metrics
from adapters.cloudflare.tailing import Pace
from adapters.system.clock import SystemClock
from bot.domain.analysis.counts import Poll
from bot.domain.targets import Component, Environment, Source
from bot.ports.deployer import Subject
from bot.ports.errors import Permanent, Temporary
from bot.ports.metrics import Metrics, Scope
from tests.adapters.cloudflare.doubles import refused, result
from tests.adapters.cloudflare.tailed import Vendor

OLD, NEW = "11111111-aaaa", "22222222-bbbb"
SOON = 30.0
"""Seconds until a condition must hold."""


class Quick(SystemClock):
    """Pauses are kept, and short."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    async def sleep(self, span: timedelta) -> None:
        self.pauses.append(span.total_seconds())
        await asyncio.sleep(0.01)


def scope(name: str = "live", **options: Any) -> Scope:
    place = Environment("production", "https://hello.example.workers.dev")
    source = Source(name, "tail", options=options)
    return Scope(source, Subject(Component("worker"), place, worker="hello"), OLD, NEW, 10)


NOW = datetime(2026, 3, 1, tzinfo=UTC)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON):
        while not true():  # noqa: ASYNC110  # what is waited for is the server's state, and it sends no signal
            await asyncio.sleep(0.005)


async def collected(source: Metrics, requests: int, asked: Scope | None = None) -> list[Poll]:
    """Polls until so many requests were told."""
    polls: list[Poll] = []
    async with asyncio.timeout(SOON):
        while sum(one.baseline.requests + one.canary.requests for one in polls) < requests:
            poll = await source.count(asked or scope(), NOW)
            polls += [poll] if poll else []
            await asyncio.sleep(0.01)
    return polls


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@asynccontextmanager
async def tails(
    vendor: Vendor, clock: Quick | None = None, pace: Pace | None = None, workspace: Path | None = None
) -> AsyncIterator[Metrics]:
    async with vendor.served() as settings:
        kept = replace(settings, workspace=workspace)
        async with metrics(kept, clock or Quick(), pace or Pace()) as kinds:
            yield kinds["tail"]


async def test_the_first_count_opens_the_tail_and_tells_nothing_yet(vendor: Vendor) -> None:
    async with tails(vendor) as source:
        assert await source.count(scope(), NOW) is None
        await until(lambda: vendor.heard == ['{"debug": false}'])
        await vendor.send(OLD, 3)
        await vendor.send(OLD, outcome="exception", event={"request": {}})
        await vendor.send(NEW, 2, binary=True, wallTime=100)
        await vendor.send(NEW, event={"request": {}, "response": {"status": 503}})
        await vendor.send("33333333-cccc", 5)
        polls = await collected(source, 7)
    assert sum(one.baseline.requests for one in polls) == 4
    assert sum(one.baseline.errors for one in polls) == 1
    assert sum(one.canary.requests for one in polls) == 3
    assert sum(one.canary.errors for one in polls) == 1
    assert polls[-1].canary.latency.total <= 3
    assert all(one.at == two.since for one, two in pairwise(polls))
    assert {(one.source, one.weight) for one in polls} == {("live", 10)}


async def test_what_was_told_is_not_told_again_and_silence_is_told_as_such(vendor: Vendor) -> None:
    async with tails(vendor) as source:
        await source.count(scope(), NOW)
        await until(lambda: bool(vendor.sockets))
        await vendor.send(NEW, 3)
        await collected(source, 3)
        for _ in range(3):
            await asyncio.sleep(0.01)
            poll = await source.count(scope(), NOW)
            assert poll is not None
            assert (poll.baseline.requests, poll.canary.requests) == (0, 0)
        assert vendor.made == 1


async def test_it_is_deleted_when_the_bot_ends(vendor: Vendor) -> None:
    async with tails(vendor) as source:
        await source.count(scope(), NOW)
        await until(lambda: bool(vendor.sockets))
        assert vendor.open == {"tail-1"}
    assert vendor.open == set()


async def test_what_a_killed_bot_has_left_is_taken_away_by_its_next_life(vendor: Vendor, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    async with tails(vendor, workspace=workspace) as source:
        await source.count(scope(), NOW)
        await until(lambda: bool(vendor.sockets))
        noted = Left(workspace).tails()
        assert noted == {"tail-1": "hello"}
    assert Left(workspace).tails() == {}
    Left(workspace).opened("tail-1", "hello")  # as if it had been killed
    vendor.open |= {"tail-1", "somebody-else"}
    async with tails(vendor, workspace=workspace):
        await until(lambda: vendor.open == {"somebody-else"})
        await until(lambda: not Left(workspace).tails())


async def test_what_cannot_be_taken_away_now_is_tried_again_by_the_next_life(vendor: Vendor, tmp_path: Path) -> None:
    Left(tmp_path).opened("tail-1", "hello")
    vendor.gone = lambda: web.Response(status=502)
    async with tails(vendor, workspace=tmp_path):
        await until(lambda: vendor.deleted == ["tail-1"])
    assert Left(tmp_path).tails() == {"tail-1": "hello"}
    vendor.gone = lambda: refused(404, 10057, "There is no such tail.")
    async with tails(vendor, workspace=tmp_path):
        await until(lambda: not Left(tmp_path).tails())


def test_a_note_that_cannot_be_read_is_as_good_as_none(tmp_path: Path) -> None:
    for text in ("", "[1]", "{"):
        (tmp_path / NAME).write_text(text, "utf-8")
        assert Left(tmp_path).tails() == {}
    Left(tmp_path).opened("a", "hello")
    assert Left(tmp_path).tails() == {"a": "hello"}
    Left(None).opened("a", "hello")
    assert Left(None).tails() == {}


async def test_a_worker_with_all_its_listeners_is_told_with_what_to_do(vendor: Vendor) -> None:
    vendor.instead = lambda: refused(400, 10057, "There are too many tails of this Worker.")
    vendor.open = {f"theirs-{number}" for number in range(10)}
    clock = Quick()
    async with tails(vendor, clock) as source:
        await source.count(scope(), NOW)
        await until(lambda: bool(clock.pauses))
        with pytest.raises(
            Permanent, match=r"hello has 10 live tails already, .* wait for one to expire \(\w{3} \d\d:\d\d"
        ):
            await source.count(scope(), NOW)
    assert len(vendor.open) == 10


async def test_what_is_raised_meanwhile_comes_out_as_it_is_and_the_tail_is_deleted(vendor: Vendor) -> None:
    async def raising() -> None:
        async with tails(vendor) as source:
            await source.count(scope(), NOW)
            await until(lambda: bool(vendor.sockets))
            raise Permanent("somebody else's trouble")

    with pytest.raises(Permanent, match="somebody else's trouble"):
        await raising()
    assert vendor.open == set()


async def test_it_is_deleted_when_nobody_asks_and_opened_again_when_somebody_does(vendor: Vendor) -> None:
    async with tails(vendor, pace=Pace(lease=timedelta(milliseconds=300))) as source:
        for _ in range(8):  # renewed eight times, it lives longer than its lease
            await source.count(scope(), NOW)
            await asyncio.sleep(0.1)
        assert (vendor.made, vendor.open) == (1, {"tail-1"})
        await until(lambda: not vendor.open)
        assert await source.count(scope(), NOW) is None
        await until(lambda: vendor.open == {"tail-2"})


async def test_it_is_replaced_before_it_expires(vendor: Vendor) -> None:
    vendor.lasts = timedelta(seconds=1)
    clock = Quick()
    async with tails(vendor, clock, Pace(renew=timedelta(milliseconds=700), shortest=timedelta(0))) as source:
        await source.count(scope(), NOW)
        await until(lambda: vendor.made >= 3)
        assert vendor.made - 1 <= len(clock.pauses)
        await until(lambda: len(vendor.open) == 1 and bool(vendor.sockets))
        await vendor.send(NEW)
        await collected(source, 1)


async def test_a_tail_that_breaks_is_opened_again_and_loses_only_the_gap(vendor: Vendor) -> None:
    async with tails(vendor) as source:
        await source.count(scope(), NOW)
        await until(lambda: bool(vendor.sockets))
        await vendor.send(NEW, 2)
        await vendor.sockets[0].close()
        await until(lambda: vendor.made == 2 and len(vendor.sockets) == 1)
        await vendor.send(NEW, 3)
        polls = await collected(source, 5)
    assert sum(one.canary.requests for one in polls) == 5


async def test_while_it_cannot_be_opened_each_count_says_why_with_growing_pauses(vendor: Vendor) -> None:
    vendor.instead = lambda: refused(403, 10000, "Authentication error")
    clock = Quick()
    async with tails(vendor, clock) as source:
        await source.count(scope(), NOW)
        await until(lambda: len(clock.pauses) >= 6)
        for _ in range(2):
            with pytest.raises(
                Permanent, match=r"refused the API token.* A live tail needs Account · Workers Tail · Read"
            ):
                await source.count(scope(), NOW)
        assert clock.pauses[:6] == [1, 2, 4, 8, 15, 30]
        vendor.instead = None
        await until(lambda: bool(vendor.sockets))
        await vendor.send(NEW)
        await collected(source, 1)


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (lambda: refused(400, 10057, "There are too many tails of this Worker."), Permanent, "too many tails"),
        (lambda: web.Response(status=502), Temporary, r"in trouble \(502\)"),
        (
            lambda: result({"id": "x", "url": "ws://127.0.0.1:1/x", "expires_at": "2099-01-01T00:00:00Z"}),
            Temporary,
            "broke: no connection",
        ),
        (lambda: result({"id": "x"}), Temporary, "broke: what Cloudflare sent is not understood"),
        (lambda: result(None), Temporary, "broke: what Cloudflare sent is not understood"),
    ],
)
async def test_what_trouble_with_opening_means(
    vendor: Vendor, answer: Callable[[], web.Response], kind: type[Exception], said: str
) -> None:
    vendor.instead = answer
    clock = Quick()
    async with tails(vendor, clock) as source:
        await source.count(scope(), NOW)
        await until(lambda: bool(clock.pauses))
        with pytest.raises(kind, match=said):
            await source.count(scope(), NOW)


async def test_a_websocket_that_is_refused_is_told_without_its_address(vendor: Vendor) -> None:
    def elsewhere() -> web.Response:
        later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        return result({"id": "x", "url": f"ws://127.0.0.1:{vendor.port}/secret", "expires_at": later})

    vendor.instead = elsewhere
    clock = Quick()
    async with tails(vendor, clock) as source:
        await source.count(scope(), NOW)
        await until(lambda: bool(clock.pauses))
        with pytest.raises(Temporary) as told:
            await source.count(scope(), NOW)
    assert told.value.reason == "The live tail broke: its websocket was refused (status 404)."


async def test_two_sources_of_one_worker_have_a_tail_each(vendor: Vendor) -> None:
    async with tails(vendor) as source:
        await source.count(scope("one"), NOW)
        await source.count(scope("two", latency="cpu"), NOW)
        await until(lambda: len(vendor.sockets) == 2)
        assert vendor.made == 2


async def test_wrong_options_are_said(vendor: Vendor) -> None:
    async with tails(vendor) as source:
        unnamed = Subject(Component("web"), Environment("production", "https://a.test"))
        with pytest.raises(Permanent, match="the Worker of web has no known name"):
            await source.count(replace(scope(), subject=unnamed), NOW)
        with pytest.raises(Permanent, match="latency must be one of"):
            await source.count(replace(scope(), source=Source("live", "tail", options={"latency": 1})), NOW)
    assert vendor.made == 0
