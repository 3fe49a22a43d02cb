"""The rules of Kayenta, Flagger and Argo Rollouts, written from their documentation.

Sources, each as of 2026: Kayenta's `NetflixACAJudge-v1.0` and Spinnaker's canary best practices; Flagger's "How it
works" and "Deployment strategies"; Argo Rollouts' "Analysis & Progressive Delivery". Each rule is given what its
documentation shows as an example; one that is tuned to the service says so in its name. Kayenta's documentation asks
for 50 points of each metric and for hours: here it gets what a rollout of half an hour has, points of 30 seconds.
"""

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist, fmean, median

from bot.domain.analysis.counts import Counts, Poll
from tests.bench.analysis.rollout import BAKE

MINUTE = 60


class Flagger:
    """Every minute: success rate of the canary at least `success`, 99 of 100 answers within `limit` seconds.

    A failed check is counted and holds the weight, a passed one adds 5 to it; 5 failed ones roll back, and the counter
    is never set back. No traffic is a failed check. Beyond 50 it is promoted.
    """

    def __init__(self, success: float = 0.99, limit: float = 0.5, threshold: int = 5) -> None:
        self.weight: int | None = 5
        self._success, self._limit, self._threshold = success, limit, threshold
        self._failed = 0
        self._seen = Counts()

    def look(self, seconds: int, poll: Poll) -> None:
        self._seen = self._seen.merged(poll.canary)
        if seconds % MINUTE:
            return
        seen, self._seen = self._seen, Counts()
        if self._passes(seen):
            self.weight = 100 if self.weight == 50 else (self.weight or 0) + 5
            return
        self._failed += 1
        if self._failed >= self._threshold:
            self.weight = 0

    def _passes(self, seen: Counts) -> bool:
        slow = seen.latency.quantile(0.99)
        if not seen.requests or slow is None:
            return False
        return 1 - seen.errors / seen.requests >= self._success and slow <= self._limit


class Argo:
    """Weights 10 and 50, 15 minutes each, with a measurement of the canary's success rate every `interval`.

    It fails where more than `failures` measurements were below `success`; no requests are a failed one, too.
    """

    def __init__(self, success: float = 0.95, interval: int = 5 * MINUTE, failures: int = 3) -> None:
        self.weight: int | None = 10
        self._success, self._interval, self._failures = success, interval, failures
        self._failed = 0
        self._seen = Counts()

    def look(self, seconds: int, poll: Poll) -> None:
        self._seen = self._seen.merged(poll.canary)
        if not seconds % self._interval:
            seen, self._seen = self._seen, Counts()
            self._failed += not (seen.requests and 1 - seen.errors / seen.requests >= self._success)
        if self._failed > self._failures:
            self.weight = 0
        elif not seconds % BAKE:
            self.weight = 50 if self.weight == 10 else 100


class Kayenta:
    """Weights 10 and 50, 15 minutes each; every `interval` both sides' series of this weight are compared.

    A metric (error rate, and what 95 of 100 answers stay within) fails where the interval of the shift between both
    series at 98 % lies above a quarter of the estimated shift. The score is the share of metrics that do not; below 75
    it rolls back, and 95 at the end of a weight goes on.
    """

    def __init__(self, interval: int = 5 * MINUTE) -> None:
        self.weight: int | None = 10
        self._interval = interval
        self._polls: list[Poll] = []

    def look(self, seconds: int, poll: Poll) -> None:
        self._polls.append(poll)
        if seconds % self._interval and seconds % BAKE:
            return
        if _score(self._polls) < 75:
            self.weight = 0
        elif not seconds % BAKE:
            self.weight = 50 if self.weight == 10 else 100
            self._polls = []


def _score(polls: Sequence[Poll]) -> float:
    """Of 100; 0 where half of the metrics or more have no data."""
    verdicts = [
        _higher(_error_rates([one.canary for one in polls]), _error_rates([one.baseline for one in polls])),
        _higher(_slowness([one.canary for one in polls]), _slowness([one.baseline for one in polls])),
    ]
    known = [one for one in verdicts if one is not None]
    if 2 * len(known) <= len(verdicts):
        return 0.0
    return 100 * sum(not one for one in known) / len(known)


def _error_rates(series: Sequence[Counts]) -> list[float]:
    return [one.errors / one.requests for one in series if one.requests]


def _slowness(series: Sequence[Counts]) -> list[float]:
    return [slow for one in series if (slow := one.latency.quantile(0.95)) is not None]


def _higher(canary: Sequence[float], baseline: Sequence[float]) -> bool | None:
    """Whether the canary's series is higher; None where a side has no data."""
    if not canary or not baseline:
        return None
    if len({*canary, *baseline}) == 1:
        return False
    shifts = sorted(one - other for one in canary for other in baseline)
    low = _lower_bound(shifts, canary, baseline)
    return low > 0.25 * abs(median(shifts)) and fmean(canary) > 0


def _lower_bound(shifts: Sequence[float], canary: Sequence[float], baseline: Sequence[float]) -> float:
    """Lower end of the interval of the shift at 98 %: normal approximation of the rank sum, corrected for ties."""
    n, m = len(canary), len(baseline)
    pooled = sorted((*canary, *baseline))
    ties = sum(pooled.count(value) ** 3 - pooled.count(value) for value in set(pooled))
    size = n + m
    variance = n * m / 12 * (size + 1 - ties / (size * (size - 1)))
    place = n * m / 2 - NormalDist().inv_cdf(0.99) * sqrt(max(variance, 0.0)) - 0.5
    return shifts[int(place)] if place >= 0 else float("-inf")
