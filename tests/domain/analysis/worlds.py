"""Polls and readings as tests write them: times in seconds after the rollout began."""

from datetime import UTC, datetime, timedelta

from bot.domain.analysis.counts import Counts, Poll
from bot.domain.analysis.histogram import Histogram
from bot.domain.analysis.judge import Judgement, judge
from bot.domain.analysis.tolerance import Bake, Tolerance
from tests.bench.analysis.streams import Scenario, Stream

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
ERRORS_ONLY = Tolerance(("traffic",), latency=False)
BOTH = Tolerance(("traffic",))
GOOD, BAD = (300, 0), (300, 9)
"""(requests, errors) of a canary in one poll, beside the baseline below."""
BASELINE = (2700, 3)


def at(seconds: float) -> datetime:
    return BEGUN + timedelta(seconds=seconds)


def bake(since: float = 0, ends: float = 900, latest: float = 2700) -> Bake:
    return Bake(BEGUN, at(since), at(since + ends), at(since + latest))


def poll(
    number: int,
    canary: Counts,
    baseline: Counts,
    weight: int = 10,
    source: str = "traffic",
    every: int = 30,
) -> Poll:
    return Poll(at(number * every), at((number + 1) * every), source, weight, baseline, canary)


def polls(
    count: int,
    canary: tuple[int, int],
    baseline: tuple[int, int],
    first: int = 0,
    weight: int = 10,
    source: str = "traffic",
) -> list[Poll]:
    """The same numbers (requests, errors) in every poll."""
    return [poll(first + n, Counts(*canary), Counts(*baseline), weight, source) for n in range(count)]


def latencies(center: int, count: int = 100) -> Histogram:
    """A hill of five buckets."""
    hill = {center + offset: count * share // 10 for offset, share in enumerate((1, 2, 4, 2, 1))}
    return Histogram({place: height for place, height in hill.items() if height})


def simulated(scenario: Scenario, number: int, count: int, weight: int = 10) -> list[Poll]:
    return [Stream(scenario, number).poll(30 * n, weight) for n in range(count)]


def judged(some: list[Poll], tolerance: Tolerance = ERRORS_ONLY, over: Bake | None = None) -> Judgement:
    return judge(some, over or bake(), tolerance, some[-1].at)
