"""What a benchmark comes to: one line a figure, `name value unit`."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. `unit`: ms, s, MiB, ratio, or what is counted."""

    name: str
    value: float
    unit: str

    def __str__(self) -> str:
        digits = 0 if self.value >= 1000 or self.value == int(self.value) else 1 if self.value >= 10 else 2
        return f"{self.name} {self.value:.{digits}f} {self.unit}"


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least that share of them does not exceed (nearest rank, nothing made up between)."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(share * len(ranked)) - 1)]


def median(values: Sequence[float]) -> float:
    """Half of them are not above it."""
    return quantile(values, 0.5)


def spread(name: str, seconds: Sequence[float]) -> list[Figure]:
    """p50 and p99 in milliseconds; with fewer than a hundred samples the latter is the worst of them."""
    return [Figure(f"{name}_p{round(share * 100)}", quantile(seconds, share) * 1000, "ms") for share in (0.5, 0.99)]


def union(spans: Sequence[tuple[float, float]]) -> float:
    """How long at least one of these spans (begin, end) lasted."""
    total, reached = 0.0, -math.inf
    for begin, end in sorted(spans):
        if end > reached:
            total += end - max(begin, reached)
            reached = end
    return total
