"""Latencies as counts in logarithmic buckets: small, mergeable, and the same for every source.

Bucket `i` holds latencies from 1.1**i up to 1.1**(i+1) seconds, so a shift by one bucket is a tenth slower or faster.
Whoever has only quantiles gets a histogram drawn through them; it is good to about a bucket, and its tail beyond the
highest quantile that was given says nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil, floor, log

RATIO = 1.1
FASTEST, SLOWEST = -97, 85
"""Buckets of 0.1 ms and of about an hour: what is beyond either is counted in it."""
_STEP = log(RATIO)


def bucket(seconds: float) -> int:
    """The bucket of a latency."""
    if not seconds > 0:
        return FASTEST
    return min(max(floor(log(seconds) / _STEP), FASTEST), SLOWEST)


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many answers took how long: bucket -> count, counts above zero only."""

    buckets: Mapping[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if any(count <= 0 for count in self.buckets.values()):
            raise ValueError("a bucket of a histogram holds at least one latency")

    def __hash__(self) -> int:
        """Of what it holds, in whatever order it was put in."""
        return hash(frozenset(self.buckets.items()))

    @classmethod
    def of(cls, seconds: Iterable[float]) -> "Histogram":
        """From single latencies in seconds."""
        return cls(dict(sorted(Counter(map(bucket, seconds)).items())))

    @classmethod
    def through(cls, quantiles: Mapping[float, float], total: int) -> "Histogram":
        """Drawn through quantiles (0.5 -> seconds) of `total` latencies, straight between them on a logarithmic axis.

        Below the lowest quantile the line goes on as steeply as between the lowest two, above the highest it stops.
        Empty without quantiles or latencies. Quantiles that fall where they should rise are lifted.
        """
        if not quantiles or total <= 0:
            return cls()
        line = _line(quantiles)
        edges = range(floor(line[0][0]), floor(line[-1][0]) + 2)
        below = [round(total * _share_below(line, edge)) for edge in edges]
        counts: dict[int, int] = {}
        for edge, (before, after) in zip(edges, pairwise(below), strict=False):
            if after > before:
                place = min(max(edge, FASTEST), SLOWEST)
                counts[place] = counts.get(place, 0) + after - before
        return cls(counts)

    @property
    def total(self) -> int:
        """How many latencies it holds."""
        return sum(self.buckets.values())

    def merged(self, other: "Histogram") -> "Histogram":
        """Both together."""
        return Histogram(dict(sorted((Counter(self.buckets) + Counter(other.buckets)).items())))

    def since(self, earlier: "Histogram") -> "Histogram | None":
        """What came on top of an earlier state of the same counters, None where a counter fell: it was reset."""
        rest = {
            one: self.buckets.get(one, 0) - earlier.buckets.get(one, 0) for one in {*self.buckets, *earlier.buckets}
        }
        if any(count < 0 for count in rest.values()):
            return None
        return Histogram({one: rest[one] for one in sorted(rest) if rest[one]})

    def thinned(self, interval: float) -> "Histogram":
        """Every `interval`-th latency, as evenly as whole numbers allow."""
        seen, counts = 0, {}
        for one, count in sorted(self.buckets.items()):
            kept = floor((seen + count) / interval) - floor(seen / interval)
            seen += count
            if kept:
                counts[one] = kept
        return Histogram(counts)

    def quantile(self, share: float) -> float | None:
        """The latency in seconds that `share` of them stayed below, to about half a bucket; None where empty."""
        wanted, seen = share * self.total, 0
        for one, count in sorted(self.buckets.items()):
            if seen + count >= wanted:
                return float(RATIO ** (one + max(0.0, wanted - seen) / count))
            seen += count
        return None


_Line = list[tuple[float, float]]
"""(place on the axis of buckets, share below it), both rising."""


def _line(quantiles: Mapping[float, float]) -> _Line:
    points: _Line = []
    for share, seconds in sorted(quantiles.items()):
        place = log(max(seconds, 1e-4)) / _STEP
        points.append((max(place, points[-1][0] if points else place), share))
    first, share = points[0]
    slope = (points[1][0] - first) / (points[1][1] - share) if len(points) > 1 else 0.0
    start = (first - max(slope * share, 1e-6), 0.0)
    return [start, *points, (max(points[-1][0], float(ceil(points[-1][0]))) + 1e-6, 1.0)]


def _share_below(line: _Line, place: float) -> float:
    if place <= line[0][0]:
        return 0.0
    for (left, low), (right, high) in pairwise(line):
        if place < right:
            return low + (high - low) * (place - left) / (right - left)
    return 1.0
