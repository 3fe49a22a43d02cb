"""Simulated traffic: both sides of a rollout, poll by poll, from a seed.

A poll's counts depend on the scenario, the rollout's number, the time and the weight alone, so every rule that keeps
the same weight sees the very same numbers. Requests, errors and latencies of a bucket are Poisson draws: a rollout is
then a few hundred draws instead of millions of requests.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from math import erf, exp, floor, lgamma, log, pi, sin, sqrt
from random import Random

from bot.domain.analysis.counts import Counts, Poll
from bot.domain.analysis.histogram import FASTEST, RATIO, SLOWEST, Histogram

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = "traffic"
INTERVAL = 30
"""Seconds between polls."""
MEDIAN, SPREAD = 0.08, 0.6
"""Latencies of a good side: lognormal, in seconds; 99 of 100 within 0.32 s."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of traffic and one kind of canary. Rates are of errors, times in seconds from the rollout's start."""

    name: str
    requests: float
    """A second, both sides together."""
    errors: float = 0.001
    ratio: float = 1.0
    """The canary's error rate, as a multiple of the baseline's, and `added` to it."""
    added: float = 0.0
    slower: float = 1.0
    tail: float = 1.0
    """How many times longer the slowest tenth of the canary's answers takes."""
    begins: float = 0.0
    """When the canary becomes bad."""
    grows: float = 0.0
    """Added to the canary's error rate each minute: a leak."""
    clump: float = 1.0
    """Errors come in bursts of so many on average."""
    jitter: float = 0.0
    """Each side's latency changes by so much (standard deviation) from poll to poll, by itself; its errors tenfold."""
    drift: bool = False
    """Errors fivefold, latency by half, traffic twofold and back, every 20 minutes, on both sides."""
    incident: tuple[float, float] | None = None
    """From when until when 30 of 100 requests fail on both sides."""

    @property
    def bad(self) -> bool:
        """Whether the canary ought to be rolled back, or held at least."""
        return (self.ratio, self.added, self.slower, self.tail, self.grows) != (1.0, 0.0, 1.0, 1.0, 0.0)

    @property
    def slow(self) -> bool:
        """Whether its harm is in latency."""
        return (self.slower, self.tail) != (1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Stream:
    """One rollout's traffic."""

    scenario: Scenario
    number: int

    def poll(self, time: int, weight: int, interval: int = INTERVAL) -> Poll:
        """What is counted in the interval that begins at `time`, while the canary's weight is `weight`."""
        return _poll(self, time, weight, interval)

    def draw(self, time: int, weight: int, interval: int) -> Poll:
        """The same, drawn anew."""
        chance = Random(f"{self.scenario.name}/{self.number}/{time}/{weight}")
        requests = self.scenario.requests * interval * self._busy(time)
        baseline = self._side(chance, time, requests * (100 - weight) / 100, canary=False)
        canary = self._side(chance, time, requests * weight / 100, canary=True)
        since = BEGUN + timedelta(seconds=time)
        return Poll(since, since + timedelta(seconds=interval), SOURCE, weight, baseline, canary)

    def _busy(self, time: float) -> float:
        return 1.5 + 0.5 * self._wave(time) if self.scenario.drift else 1.0

    def _wave(self, time: float) -> float:
        return sin(2 * pi * time / 1200 + self.number)

    def _side(self, chance: Random, time: float, requests: float, canary: bool) -> Counts:
        scenario = self.scenario
        rate = self.error_rate(time, canary)
        median, tail = MEDIAN, 1.0
        if canary and time >= scenario.begins:
            median, tail = MEDIAN * scenario.slower, scenario.tail
        if scenario.drift:
            median *= 1.25 + 0.25 * self._wave(time)
        if scenario.jitter:
            median *= exp(chance.gauss(0, scenario.jitter))
            rate = min(1.0, rate * exp(chance.gauss(0, 10 * scenario.jitter)))
        errors = _clumped(chance, requests * rate, scenario.clump)
        fine = poisson(chance, requests * (1 - rate))
        return Counts(fine + errors, errors, _latencies(chance, requests, median, tail))

    def error_rate(self, time: float, canary: bool) -> float:
        """The true rate at that time."""
        scenario = self.scenario
        rate = scenario.errors * ((3 + 2 * self._wave(time)) if scenario.drift else 1.0)
        if scenario.incident and scenario.incident[0] <= time < scenario.incident[1]:
            rate = 0.3
        if canary and time >= scenario.begins:
            rate = rate * scenario.ratio + scenario.added + scenario.grows * (time - scenario.begins) / 60
        return min(rate, 1.0)


@lru_cache(maxsize=1000)
def _poll(stream: Stream, time: int, weight: int, interval: int) -> Poll:
    """Rules that keep the same weight ask for the same polls."""
    return stream.draw(time, weight, interval)


def _clumped(chance: Random, mean: float, clump: float) -> int:
    if clump == 1:
        return poisson(chance, mean)
    return sum(_burst(chance, clump) for _ in range(poisson(chance, mean / clump)))


def _burst(chance: Random, mean: float) -> int:
    """Geometric: at least one."""
    return 1 + floor(log(1 - chance.random()) / log(1 - 1 / mean))


def _latencies(chance: Random, requests: float, median: float, tail: float) -> Histogram:
    if requests < 40:
        return Histogram.of([_latency(chance, median, tail) for _ in range(poisson(chance, requests))])
    counts = {}
    for place, part in _parts(median, tail):
        if count := poisson(chance, requests * part):
            counts[place] = count
    return Histogram(counts)


@lru_cache(maxsize=64)
def _parts(median: float, tail: float) -> list[tuple[int, float]]:
    """Buckets and their shares of all latencies, those beyond one in a hundred million left out."""
    below = [_below(place, log(median), tail) for place in range(FASTEST, SLOWEST + 1)]
    parts = [(FASTEST + n, after - before) for n, (before, after) in enumerate(pairwise(below))]
    return [(place, part) for place, part in parts if part > 1e-8]


_SLOWEST_TENTH = 1.2815515655446004
"""Standard deviations above the middle from where on the slowest tenth is."""


def _latency(chance: Random, median: float, tail: float) -> float:
    z = chance.gauss(0, 1)
    return median * exp(SPREAD * z) * (tail if z > _SLOWEST_TENTH else 1.0)


def _below(place: int, middle: float, tail: float) -> float:
    """Share of latencies below the bucket's lower edge."""
    z = (place * log(RATIO) - middle) / SPREAD
    if tail == 1 or z <= _SLOWEST_TENTH:
        return _normal(z)
    return max(0.9, _normal(z - log(tail) / SPREAD))


def _normal(z: float) -> float:
    return 0.5 * (1 + erf(z / sqrt(2)))


def poisson(chance: Random, mean: float) -> int:
    """A Poisson draw: inversion for small means, transformed rejection (Hörmann 1993, PTRS) for larger ones."""
    if mean < 12:
        return _poisson_by_inversion(chance, mean)
    spread = sqrt(mean)
    b = 0.931 + 2.53 * spread
    a = -0.059 + 0.02483 * b
    inverse = 1.1239 + 1.1328 / (b - 3.4)
    while True:
        u, v = chance.random() - 0.5, chance.random()
        half = 0.5 - abs(u)
        drawn = floor((2 * a / half + b) * u + mean + 0.43) if half > 0 else -1
        if half >= 0.07 and v <= 0.9277 - 3.6224 / (b - 2):
            return drawn
        if drawn < 0 or (half < 0.013 and v > half) or v <= 0:
            continue
        if log(v * inverse / (a / half**2 + b)) <= drawn * log(mean) - mean - lgamma(drawn + 1):
            return drawn


def _poisson_by_inversion(chance: Random, mean: float) -> int:
    drawn, term = 0, exp(-mean)
    rest = chance.random() - term
    while rest > 0 and term > 0:
        drawn += 1
        term *= mean / drawn
        rest -= term
    return drawn
