"""Every source against the real edge: does it tell what the edge counted, for each version?

workerd serves the versions, the requests are real, and what users met is read from the edge's own books.
"""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from adapters.cloudflare import CloudflareSettings
from adapters.cloudflare.metrics import metrics as cloudflare_metrics
from bot.domain.analysis.counts import Counts
from bot.ports.errors import Permanent, Temporary
from tests.evidence.conftest import COUNTERS, Edge, code, opened
from tests.sandbox.rest import Api

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def analytics(edge: Edge) -> tuple[Counts, Counts]:
    """What they say of the last seconds, by a clock that is far enough ahead."""
    await asyncio.sleep(1.1)  # the second of the last request is over
    edge.clock.by = timedelta(seconds=75 + 16)
    poll = await edge.count("cloudflare")
    assert poll is not None
    return poll.baseline, poll.canary


async def test_a_canary_that_throws_is_seen_by_every_source(api: Api) -> None:
    async with AsyncExitStack() as stack:
        edge = await opened(stack, api, code(throws=4))
        await edge.users()
        baseline, canary = await edge.met()
        errors = canary // 4
        assert errors > 3
        assert (await edge.truth(edge.canary))["errors"] == errors
        for found in (await edge.counted("tail", 80), await edge.counted("http", 80, **COUNTERS)):
            assert [(one.requests, one.errors) for one in found] == [(baseline, 0), (canary, errors)]
            assert found[1].latency.total == canary
        books = await edge.met()  # the counters were asked for meanwhile, and that is in the analytics too
        assert books[0] > baseline
        assert [(one.requests, one.errors) for one in await analytics(edge)] == [(books[0], 0), (books[1], errors)]
        probed = await edge.count("probes", rate=10)
        assert probed is not None
        assert (probed.baseline.errors, probed.baseline.requests) == (0, probed.canary.requests)
        assert 0.2 < probed.canary.errors / probed.canary.requests < 0.3


async def test_a_canary_that_answers_503_is_seen_by_all_but_analytics(api: Api) -> None:
    async with AsyncExitStack() as stack:
        edge = await opened(stack, api, code(fails=3))
        await edge.users()
        baseline, canary = await edge.met()
        for found in (await edge.counted("tail", 80), await edge.counted("http", 80, **COUNTERS)):
            assert [(one.requests, one.errors) for one in found] == [(baseline, 0), (canary, canary // 3)]
        assert [one.errors for one in await analytics(edge)] == [0, 0]
        probed = await edge.count("probes")
        assert probed is not None
        assert probed.baseline.errors == 0 < probed.canary.errors < probed.canary.requests


async def test_a_slow_canary_is_seen_by_every_source(api: Api) -> None:
    async with AsyncExitStack() as stack:
        edge = await opened(stack, api, code(slow=150))
        await edge.users()
        probed = await edge.count("probes", rate=1)
        assert probed is not None
        for quick, slow in (
            await edge.counted("tail", 80),
            await edge.counted("http", 80, **COUNTERS),
            await analytics(edge),
            (probed.baseline, probed.canary),
        ):
            assert (quick.latency.quantile(0.5) or 1) < 0.1
            assert 0.1 < (slow.latency.quantile(0.5) or 0) < 0.4


@pytest.mark.parametrize(("do", "more"), [("exception", {}), ("status", {"status": 502})])
async def test_what_the_edge_is_told_to_do_to_a_version_is_seen_by_tail_and_probes(
    api: Api, do: str, more: dict[str, int]
) -> None:
    async with AsyncExitStack() as stack:
        edge = await opened(stack, api, code())
        rule = {"do": do, "script": edge.name, "version": edge.canary, **more}
        await api.sandbox.post("rules/edge", rule)
        await edge.users()
        baseline, canary = await edge.met()
        found = await edge.counted("tail", 80)
        assert [(one.requests, one.errors) for one in found] == [(baseline, 0), (canary, canary)]
        # Neither answer names a version: they count because the request was addressed.
        probed = await edge.count("probes")
        assert probed is not None
        assert (probed.baseline.errors, probed.canary.errors) == (0, probed.canary.requests)


async def test_the_tail_leaves_the_bots_own_requests_out(api: Api) -> None:
    async with AsyncExitStack() as stack:
        edge = await opened(stack, api, code())
        await edge.count("probes")
        await edge.users(8)
        assert sum(one.requests for one in await edge.counted("tail", 8)) == 8


async def test_the_tail_is_gone_when_its_sources_end(api: Api) -> None:
    async with AsyncExitStack() as stack:
        edge = await opened(stack, api, code())
        path = f"/workers/scripts/{edge.name}/tails"
        assert len(await api.result("GET", path)) == 1
    assert await api.result("GET", path) == []


async def test_analytics_that_come_late_are_counted_once(api: Api) -> None:
    async with AsyncExitStack() as stack:
        edge = await opened(stack, api, code())
        await edge.users()
        await api.sandbox.post("settings", {"analytics_lag": 600})
        assert [one.requests for one in await analytics(edge)] == [0, 0]
        await api.sandbox.post("settings", {"analytics_lag": 0})
        edge.clock.by += timedelta(seconds=15)
        late = await edge.count("cloudflare")
        assert late is not None
        assert (late.baseline.requests, late.canary.requests) == await edge.met()
        edge.clock.by += timedelta(seconds=15)
        again = await edge.count("cloudflare")
        assert again is not None
        assert (again.baseline.requests, again.canary.requests) == (0, 0)


async def test_sampled_analytics_count_what_was_seen(api: Api) -> None:
    async with AsyncExitStack() as stack:
        edge = await opened(stack, api, code(throws=2))
        await edge.users(160)
        await api.sandbox.post("settings", {"sample_interval": 10})
        baseline, canary = await analytics(edge)
        users = await edge.met()
        assert baseline.requests == users[0] // 10
        assert canary.errors == canary.requests // 2 == users[1] // 2 // 10
        assert baseline.latency.total <= baseline.requests


async def test_sources_that_die_say_so_and_come_back(api: Api) -> None:
    async with AsyncExitStack() as stack:
        edge = await opened(stack, api, code())
        await api.sandbox.post("rules/edge", {"do": "cut", "script": edge.name})
        with pytest.raises(Temporary, match="the counters cannot be had: the answer was cut off"):
            await edge.count("http", **COUNTERS)
        await api.sandbox.post("rules/api", {"do": "html", "method": "POST", "path": ".*/(graphql|tails)"})
        edge.clock.by = timedelta(seconds=75 + 16)
        with pytest.raises(Temporary, match=r"in trouble \(502\)"):
            await edge.count("cloudflare")
        settings = CloudflareSettings(api.sandbox.token, api.sandbox.account_id, api.sandbox.api)
        new = await stack.enter_async_context(cloudflare_metrics(settings, edge.clock))
        assert await new["tail"].count(edge.scope("tail"), edge.begun) is None
        edge.kinds = {**edge.kinds, "tail": new["tail"]}
        with pytest.raises(Temporary, match=r"in trouble \(502\)"):
            await edge.counted("tail", 1)
        await api.sandbox.delete("rules")
        await edge.users(8)
        assert sum(one.requests for one in await edge.counted("http", 8, **COUNTERS)) == 8
        assert await edge.count("cloudflare") is not None


async def test_a_wrong_token_is_said_with_what_to_do(api: Api) -> None:
    async with AsyncExitStack() as stack:
        edge = await opened(stack, api, code())
        wrong = CloudflareSettings("not-the-token", api.sandbox.account_id, api.sandbox.api)
        edge.kinds = await stack.enter_async_context(cloudflare_metrics(wrong, edge.clock))
        edge.clock.by = timedelta(seconds=75 + 16)
        with pytest.raises(Permanent, match="Cloudflare refused the API token"):
            await edge.count("cloudflare")
        assert await edge.count("tail") is None
        with pytest.raises(Permanent, match="Cloudflare refused the API token"):
            await edge.counted("tail", 1)
