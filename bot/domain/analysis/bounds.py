"""A histogram out of counts below bounds, which is what applications keep: `0.1 -> so many took at most 0.1 s`.

Between two bounds nothing is known; latencies are taken to be spread evenly there on a logarithmic axis. Below the
lowest bound they are put between it and its half, above the highest right behind it: how much slower is not known, and
that they are slower must not be lost.
"""

from collections.abc import Mapping
from itertools import pairwise
from math import ceil, floor, inf, log

from bot.domain.analysis.histogram import FASTEST, RATIO, SLOWEST, Histogram

_STEP = log(RATIO)


def below(counts: Mapping[float, int]) -> Histogram:
    """From upper bounds in seconds (infinity among them) -> how many took at most so long. What falls adds nothing."""
    bounds = sorted(bound for bound in counts if 0 < bound < inf)
    if not bounds:
        return Histogram()
    found: dict[int, int] = {}
    most = 0
    for low, high in pairwise([bounds[0] / 2, *bounds]):
        _spread(found, low, high, counts[high] - most)
        most = max(most, counts[high])
    _spread(found, bounds[-1], bounds[-1] * RATIO, counts.get(inf, 0) - most)
    return Histogram(dict(sorted(found.items())))


def _spread(found: dict[int, int], low: float, high: float, count: int) -> None:
    left, right = log(low) / _STEP, log(high) / _STEP
    given = 0
    for place in range(floor(left), max(ceil(right), floor(left) + 1)):
        share = min(1.0, (place + 1 - left) / (right - left))
        more = round(count * share) - given
        if more > 0:
            kept = min(max(place, FASTEST), SLOWEST)
            found[kept] = found.get(kept, 0) + more
            given += more
