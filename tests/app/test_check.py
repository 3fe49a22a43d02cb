"""`outrider check` asks every source that a rollout would be judged by, and says of each what to do."""

from collections.abc import Sequence
from dataclasses import replace

from bot.check import DEADLINE, Line, evidence
from bot.domain.targets import Source, Strategy
from bot.domain.values import Live, Share
from bot.ports.errors import Permanent
from tests.fakes import estates
from tests.fakes.metrics import FakeMetrics, LateMetrics
from tests.fakes.world import Fakes

LIVE = Live("worker", (Share("v-before", 100),), worker="worker-production")
OTHER = "The API token may not read analytics: give it the permission Account · Account Analytics · Read."


async def lines(
    fakes: Fakes, *kinds: str, lives: Sequence[Live] = (LIVE,), strategy: Strategy = Strategy.GRADUAL
) -> Sequence[Line]:
    target = replace(estates.target(), sources=tuple(Source(kind, kind) for kind in kinds))
    place = replace(estates.PRODUCTION, strategy=strategy)
    return await evidence(fakes.world, target, place, lives)


async def test_each_source_has_a_line_that_is_ok_or_says_what_to_do(fakes: Fakes) -> None:
    refusing, silent = FakeMetrics(fakes.clock, trouble=Permanent(OTHER)), FakeMetrics(fakes.clock)
    silent.silent = True
    late = LateMetrics(fakes.metrics)
    fakes.world = replace(
        fakes.world, metrics={"probes": fakes.metrics, "tail": late, "cloudflare": refusing, "http": silent}
    )
    begun = fakes.clock.now()
    found = await lines(fakes, "probes", "tail", "cloudflare", "http", "prometheus")
    name = estates.PRODUCTION.name
    assert [(one.ok, one.text) for one in found[:3]] == [
        (True, f"{name} probes: counts what canary and baseline do."),
        (True, f"{name} tail: counts what canary and baseline do."),
        (False, f"{name} cloudflare: {OTHER}"),
    ]
    assert not found[3].ok
    assert "told nothing within 30 s" in found[3].text
    assert not found[4].ok
    assert "nothing here counts for sources of kind prometheus" in found[4].text
    assert fakes.clock.now() - begun < 2 * DEADLINE


async def test_without_anything_configured_they_are_those_of_a_rollout(fakes: Fakes) -> None:
    assert [one.ok for one in await lines(fakes)] == [True]


async def test_a_worker_that_was_never_deployed_has_nothing_to_count(fakes: Fakes) -> None:
    (line,) = await lines(fakes, "probes", lives=())
    assert line.ok
    assert "has never been deployed" in line.text
    assert fakes.metrics.asked == 0


async def test_nothing_is_asked_where_traffic_is_not_split(fakes: Fakes) -> None:
    assert await lines(fakes, "probes", strategy=Strategy.DIRECT) == []
