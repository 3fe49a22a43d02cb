"""What one poll of one source counted on each side.

Everything is an increment: it belongs to the time of its poll alone. A source whose counters only ever grow goes
through `series` first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.analysis.histogram import Histogram


@dataclass(frozen=True, slots=True)
class Counts:
    """One side in one interval. `extra` are the application's own counters by name, increments as well."""

    requests: int = 0
    errors: int = 0
    latency: Histogram = field(default_factory=Histogram)
    """May hold fewer latencies than there were requests, or none where the source knows none."""
    extra: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.errors <= self.requests:
            raise ValueError(f"{self.errors} errors of {self.requests} requests cannot be")
        if any(count < 0 for count in self.extra.values()):
            raise ValueError("a counter of an interval is never below zero")

    def __hash__(self) -> int:
        """The application's own counters are left to the comparison."""
        return hash((self.requests, self.errors, self.latency))

    def merged(self, other: "Counts") -> "Counts":
        """Both together."""
        names = {*self.extra, *other.extra}
        return Counts(
            self.requests + other.requests,
            self.errors + other.errors,
            self.latency.merged(other.latency),
            {name: self.extra.get(name, 0) + other.extra.get(name, 0) for name in sorted(names)},
        )


@dataclass(frozen=True, slots=True)
class Poll:
    """Both sides of one source from `since` to `at`, while the canary's weight was `weight` all the time."""

    since: datetime
    at: datetime
    source: str
    weight: int
    baseline: Counts = field(default_factory=Counts)
    canary: Counts = field(default_factory=Counts)

    def __post_init__(self) -> None:
        if self.at <= self.since:
            raise ValueError("a poll ends after it begins")
