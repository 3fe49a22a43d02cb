"""A typed fake of the port `metrics`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.analysis.counts import Counts, Poll
from bot.domain.analysis.histogram import Histogram
from bot.ports.errors import Trouble
from bot.ports.metrics import Scope
from tests.fakes.virtual import VirtualClock


@dataclass
class FakeMetrics:
    """A steady stream of requests, split by the weight that is live; each version fails at its rate."""

    clock: VirtualClock
    per_second: float = 100
    rates: dict[str, float] = field(default_factory=dict)
    """Version, or its beginning -> share of its requests that fail; none does where it is not named."""
    slow: dict[str, float] = field(default_factory=dict)
    """The same for the median of its latencies, in seconds."""
    counters: dict[str, dict[str, float]] = field(default_factory=dict)
    """The application's own counters: name -> version, or its beginning -> how many for each request."""
    trouble: Trouble | None = None
    silent: bool = False
    """It never has anything to tell."""
    asked: int = 0

    async def count(self, scope: Scope, since: datetime) -> Poll | None:
        self.asked += 1
        if self.trouble is not None:
            raise self.trouble
        now = self.clock.now()
        if now <= since or self.silent:
            return None
        seconds = (now - since).total_seconds()
        mine = round(self.per_second * seconds * scope.weight / 100)
        other = round(self.per_second * seconds) - mine
        return Poll(
            since, now, scope.source.name, scope.weight, self._of(scope.baseline, other), self._of(scope.canary, mine)
        )

    def _of(self, version: str, requests: int) -> Counts:
        rate, middle = _for(version, self.rates, 0.0), _for(version, self.slow, 0.05)
        spread = Histogram.of([middle * (0.6 + 0.8 * place / max(1, requests)) for place in range(requests)])
        extra = {name: round(requests * _for(version, each, 0.0)) for name, each in self.counters.items()}
        return Counts(requests, round(requests * rate), spread, extra)


@dataclass
class LateMetrics:
    """The same stream from a source whose numbers are `lag` old. What it tells of a weight that is over is bad."""

    of: FakeMetrics
    bad: float = 0.3
    """Share of the canary's requests that fail then."""
    lag: timedelta = timedelta(seconds=75)
    ended: list[int] = field(default_factory=list)
    """The weights that it was asked about when they were over."""

    async def count(self, scope: Scope, since: datetime) -> Poll | None:
        end = min(scope.until or self.of.clock.now(), self.of.clock.now() - self.lag)
        if end - since < (timedelta(seconds=1) if end == scope.until else timedelta(seconds=15)):
            return None
        if end == scope.until:
            self.ended.append(scope.weight)
        seconds = (end - since).total_seconds()
        mine = round(self.of.per_second * seconds * scope.weight / 100)
        other = round(self.of.per_second * seconds) - mine
        bad = round(mine * self.bad) if scope.until else 0
        return Poll(since, end, scope.source.name, scope.weight, Counts(other), Counts(mine, bad))


def _for(version: str, told: Mapping[str, float], other: float) -> float:
    return next((one for name, one in told.items() if version.startswith(name)), other)
