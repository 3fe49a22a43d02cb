"""A typed fake of the port `metrics`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

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
    asked: int = 0

    async def count(self, scope: Scope, since: datetime) -> Poll | None:
        self.asked += 1
        if self.trouble is not None:
            raise self.trouble
        now = self.clock.now()
        if now <= since:
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


def _for(version: str, told: Mapping[str, float], other: float) -> float:
    return next((one for name, one in told.items() if version.startswith(name)), other)
