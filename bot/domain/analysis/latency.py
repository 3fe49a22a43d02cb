"""Latency: ranks and tails within one poll.

Both sides are pooled, so the thresholds come from the very same time: whatever slows down both alike cancels out, and
no history is needed. Three looks: the middle (ranks: Wilcoxon's sum with its exact mean and variance, ties included),
the slowest tenth and the slowest fiftieth (which side do they belong to?). "Slower" means slower by more than a margin:
the canary's latencies are first moved down by whole buckets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from bot.domain.analysis.histogram import Histogram
from bot.domain.analysis.split import Split


@dataclass(frozen=True, slots=True)
class Rank:
    """Wilcoxon's statistic in standard deviations (above 0: the canary is slower), and the scale of an effect."""

    z: float
    scale: float


@dataclass(frozen=True, slots=True)
class Pooled:
    """Both sides of one poll, bucket by bucket, the canary's moved down by the margin: (bucket, canary, baseline)."""

    cells: tuple[tuple[int, int, int], ...]
    canary: int
    baseline: int


def pool(canary: Histogram, baseline: Histogram, margin: int) -> Pooled:
    """The two side by side; `margin` in buckets, each a tenth."""
    moved: Mapping[int, int] = {one - margin: count for one, count in canary.buckets.items()}
    places = sorted({*moved, *baseline.buckets})
    cells = tuple((one, moved.get(one, 0), baseline.buckets.get(one, 0)) for one in places)
    return Pooled(cells, canary.total, baseline.total)


def rank(pooled: Pooled) -> Rank | None:
    """None where a side has no latency, or all are in one bucket."""
    n_c, n_b = pooled.canary, pooled.baseline
    n = n_c + n_b
    if not (n_c and n_b) or n < 3:
        return None
    below, ranks, ties = 0, 0.0, 0.0
    for _, in_canary, in_baseline in pooled.cells:
        size = in_canary + in_baseline
        ranks += in_canary * (below + (size + 1) / 2)
        ties += size**3 - size
        below += size
    variance = n_c * n_b / 12 * (n + 1 - ties / (n * (n - 1)))
    if variance <= 0:
        return None
    return Rank((ranks - n_c * (n + 1) / 2) / sqrt(variance), sqrt(n_c * n_b / n))


def rank_bets(found: Rank | None, effects: Sequence[float]) -> tuple[float, ...]:
    """Log growth of a bet on each size of the effect; above 0: on slower, below 0: on not slower."""
    if found is None:
        return (0.0,) * len(effects)
    return tuple(one * found.scale * found.z - (one * found.scale) ** 2 / 2 for one in effects)


def tail(pooled: Pooled, part: float) -> Split:
    """Whose are the slowest? The most buckets from the top that hold no more than `part` of all latencies."""
    limit = part * (pooled.canary + pooled.baseline)
    hits = in_canary = 0
    for _, canary, baseline in reversed(pooled.cells):
        if hits + canary + baseline > limit:
            break
        hits += canary + baseline
        in_canary += canary
    return Split(pooled.canary, pooled.baseline, in_canary, hits)
