"""A typed fake of the port `metrics`."""

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
        rate = next((rate for name, rate in self.rates.items() if version.startswith(name)), 0.0)
        middle = next((one for name, one in self.slow.items() if version.startswith(name)), 0.05)
        spread = Histogram.of([middle * (0.6 + 0.8 * place / max(1, requests)) for place in range(requests)])
        return Counts(requests, round(requests * rate), spread)
