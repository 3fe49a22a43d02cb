"""Rate limits, as their headers say them ("Rate Limits"): each route and channel has its own, and all share one."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one request."""

    allowed: bool
    limit: int
    remaining: int
    reset_after: float
    shared: bool = False
    """The limit of all routes together was hit."""


class Buckets:
    """`per` requests in each `window` of seconds for a route and channel; `overall` in each second."""

    def __init__(self, now: Callable[[], float], per: int = 5, window: float = 5.0, overall: int = 50) -> None:
        self.per = per
        self.window = window
        self.overall = overall
        self._now = now
        self._used: dict[str, tuple[float, int]] = {}

    def take(self, route: str, everything: bool = True) -> Taken:
        """Count one request. `everything`: it counts against the overall limit too."""
        if everything and not self._count("", self.overall, 1.0)[0]:
            return Taken(False, self.overall, 0, self._reset("", 1.0), shared=True)
        allowed, used = self._count(route, self.per, self.window)
        return Taken(allowed, self.per, max(0, self.per - used), self._reset(route, self.window))

    def _count(self, name: str, most: int, window: float) -> tuple[bool, int]:
        begun, used = self._used.get(name, (self._now(), 0))
        if self._now() - begun >= window:
            begun, used = self._now(), 0
        self._used[name] = (begun, min(used + 1, most))
        return used < most, used + 1

    def _reset(self, name: str, window: float) -> float:
        return max(0.0, self._used[name][0] + window - self._now())
