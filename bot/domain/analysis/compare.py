"""What a sentence needs: rates of both sides, their ratio with an interval that holds at every look, latencies.

The interval is the same game turned round: a ratio is inside while nobody could have won twentyfold against it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log

from bot.domain.analysis.counts import Counts
from bot.domain.analysis.dispersion import common_ratio
from bot.domain.analysis.histogram import Histogram
from bot.domain.analysis.split import Split, e_value, ratio_bets

SURE = 20.0
"""Wealth against a ratio from which on one is 95 % sure that it is not the true one."""
WIDEST = 1e4
HALVINGS = 15
"""Good to about a thousandth of the ratio."""
STEPS = (1.15, 1.4, 2.0, 4.0, 20.0, 1000.0)


@dataclass(frozen=True, slots=True)
class Rates:
    """A rate on both sides: of errors, or of a counter per request."""

    baseline_requests: int
    baseline_hits: int
    canary_requests: int
    canary_hits: int
    ratio: float | None = None
    """Canary's rate over baseline's, half a hit added to each so that it is always finite; None without hits."""
    above: float = 0.0
    """One is 95 % sure that the true ratio is at least this, whenever one looks; 0 where nothing is known."""
    below: float | None = None
    """And at most this; None where nothing is known."""

    @property
    def baseline(self) -> float | None:
        """The baseline's rate, None without requests."""
        return self.baseline_hits / self.baseline_requests if self.baseline_requests else None

    @property
    def canary(self) -> float | None:
        """The canary's rate, None without requests."""
        return self.canary_hits / self.canary_requests if self.canary_requests else None


@dataclass(frozen=True, slots=True)
class Times:
    """Latencies of one side in seconds: the median, and what 95 and 99 of a hundred stay below. None where unknown."""

    count: int = 0
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both sides of one source at the weight that it saw last."""

    source: str
    weight: int
    errors: Rates
    extra: tuple[tuple[str, Rates], ...] = ()
    baseline_times: Times = Times()
    canary_times: Times = Times()


def compare(source: str, weight: int, baseline: Counts, canary: Counts, phi: float) -> Comparison:
    """Put both sides next to each other; `phi` is how much less a hit says than its number (see `dispersion`)."""
    names = sorted({*baseline.extra} & {*canary.extra})
    return Comparison(
        source,
        weight,
        rates(Split(canary.requests, baseline.requests, canary.errors, canary.errors + baseline.errors), phi),
        tuple((name, _counter(baseline, canary, name)) for name in names),
        times(baseline.latency),
        times(canary.latency),
    )


def _counter(baseline: Counts, canary: Counts, name: str) -> Rates:
    mine, other = canary.extra[name], baseline.extra[name]
    return rates(Split(canary.requests, baseline.requests, mine, mine + other, several=True), 1.0)


def rates(split: Split, phi: float) -> Rates:
    """Rates, ratio and interval of one split; by the binomial law, which is never too narrow."""
    counted = (split.baseline, split.hits - split.in_canary, split.canary, split.in_canary)
    ratio = common_ratio([split])
    if ratio is None:
        return Rates(*counted)
    wide = replace(split, several=True)
    return Rates(*counted, ratio, _bound(wide, phi, up=False) or 0.0, _bound(wide, phi, up=True))


def _bound(split: Split, phi: float, up: bool) -> float | None:
    """The ratio at which the wealth against it comes to `SURE`; None where no ratio can be ruled out on that side."""
    bets = [1 / step if up else step for step in STEPS]
    low, high = -log(WIDEST), log(WIDEST)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        ruled_out = _against(split, e_value(middle), bets, phi) >= SURE
        if ruled_out is up:
            high = middle
        else:
            low = middle
    edge = high if up else low
    return e_value(edge) if abs(edge) < log(WIDEST) - 0.01 else None


def _against(split: Split, ratio: float, bets: Sequence[float], phi: float) -> float:
    grown = ratio_bets(split, ratio, [ratio * bet for bet in bets])
    return sum(e_value(one / phi) for one in grown) / len(grown)


def times(latency: Histogram) -> Times:
    """The three latencies that people know."""
    return Times(latency.total, latency.quantile(0.5), latency.quantile(0.95), latency.quantile(0.99))
