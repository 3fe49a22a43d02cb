"""Errors: given that one happened, which side had it?

With equal rates a canary that had a tenth of the requests has a tenth of the errors, whatever the rate is and however
it changes: no error rate has to be known, and shared trouble cancels out (Lindon and Malek, "Anytime-valid inference
for multinomial count data", 2022). Where errors are rare the split is binomial; where they are a good part of all
requests the exact law is Fisher's noncentral hypergeometric one, which spreads less, so that the same split says more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, lgamma, log, log1p, pi, sqrt

RARE = 0.02
"""Share of requests up to which the binomial law is used: the exact one would win at most that much."""
SMOOTH = 400.0
"""Variance from which on the exact sum is replaced by its integral; the difference is below 0.1 %."""
SURE = 0.999
"""No bet says that the canary fails always: one success would lose all of it."""


@dataclass(frozen=True, slots=True)
class Split:
    """Of `canary` + `baseline` requests, `hits` were hit (failed, or were slow), `in_canary` of them in the canary."""

    canary: int
    baseline: int
    in_canary: int
    hits: int
    several: bool = False
    """Whether one request may be hit several times, as an application's own counter may count."""


def share(ratio: float, canary: float, baseline: float) -> float:
    """The canary's expected share of the hits where its rate is `ratio` times the baseline's."""
    return ratio * canary / (ratio * canary + baseline)


def ratio_bets(split: Split, null: float, bets: Sequence[float]) -> tuple[float, ...]:
    """Log growth of a bet on each ratio in `bets` against the ratio `null`.

    Fair for every ratio on the other side of `null` than the bets. Zero where either side had no requests or
    nothing was hit.
    """
    if not (split.hits and split.canary and split.baseline):
        return (0.0,) * len(bets)
    if split.several or split.hits <= RARE * (split.canary + split.baseline):
        return _binomial(split, null, bets)
    return _exact(split, null, bets)


def _binomial(split: Split, null: float, bets: Sequence[float]) -> tuple[float, ...]:
    base = share(null, split.canary, split.baseline)
    elsewhere = split.hits - split.in_canary
    grown = []
    for ratio in bets:
        wanted = share(ratio, split.canary, split.baseline)
        grown.append(split.in_canary * log(wanted / base) + elsewhere * log((1 - wanted) / (1 - base)))
    return tuple(grown)


def _exact(split: Split, null: float, bets: Sequence[float]) -> tuple[float, ...]:
    odds = _odds(split, null)
    if odds is None:
        return (0.0,) * len(bets)
    fixed = _log_sum(split, odds)
    grown = []
    for ratio in bets:
        other = _odds(split, ratio, SURE) or odds
        other = max(other, odds) if ratio > null else min(other, odds)
        grown.append(split.in_canary * log(other / odds) - _log_sum(split, other) + fixed)
    return tuple(grown)


def _odds(split: Split, ratio: float, most: float = 1.0) -> float | None:
    """The odds ratio that this ratio of rates comes to with so many hits; None where the canary cannot fail so
    often.
    """
    rate = min(split.hits / (split.baseline + ratio * split.canary), SURE)
    in_canary = min(ratio * rate, most)
    return None if in_canary >= 1 else in_canary / (1 - in_canary) * (1 - rate) / rate


def _log_sum(split: Split, odds: float) -> float:
    """Log of the sum over j of C(canary, j) C(baseline, hits - j) odds**j."""
    place = _peak(split, odds)
    rest = split.baseline - split.hits
    parts = (place, split.canary - place, split.hits - place, rest + place)
    spread = 1 / sum(1 / part for part in parts) if min(parts) > 0 else 0.0
    if spread > SMOOTH:
        return _log_term(split, odds, place) + 0.5 * log(2 * pi * spread)
    middle = min(max(int(place), split.hits - split.baseline, 0), split.canary, split.hits)
    return _log_term(split, odds, middle) + log(_around(split, odds, middle))


def _peak(split: Split, odds: float) -> float:
    """Where the largest term is: the root of j (baseline - hits + j) = odds (canary - j) (hits - j)."""
    linear = split.baseline - split.hits + odds * (split.canary + split.hits)
    constant = odds * split.canary * split.hits
    root = sqrt(max(linear * linear - 4 * (odds - 1) * constant, 0.0))
    return 2 * constant / (linear + root)


def _log_term(split: Split, odds: float, place: float) -> float:
    rest = split.baseline - split.hits + place
    return (
        (lgamma(split.canary + 1) - lgamma(place + 1) - lgamma(split.canary - place + 1))
        + (lgamma(split.baseline + 1) - lgamma(split.hits - place + 1) - lgamma(rest + 1))
        + place * log(odds)
    )


def _around(split: Split, odds: float, middle: int) -> float:
    """The sum of all terms as multiples of the one in the middle."""
    canary, hits, rest = split.canary, split.hits, split.baseline - split.hits
    total = term = 1.0
    for j in range(middle, min(canary, hits)):
        term *= (canary - j) * (hits - j) * odds / ((j + 1) * (rest + j + 1))
        total += term
        if term < 1e-13 * total:
            break
    term = 1.0
    for j in range(middle, max(0, -rest), -1):
        term *= j * (rest + j) / ((canary - j + 1) * (hits - j + 1) * odds)
        total += term
        if term < 1e-13 * total:
            break
    return total


def rate_bets(requests: int, errors: int, null: float, bets: Sequence[float]) -> tuple[float, ...]:
    """Log growth of a bet on each error rate in `bets` against the rate `null`, for one side by itself."""
    fine = requests - errors
    return tuple(errors * log(rate / null) + fine * (log1p(-rate) - log1p(-null)) for rate in bets)


def count_bets(requests: int, events: int, null: float, bets: Sequence[float]) -> tuple[float, ...]:
    """The same for a counter that one request may raise several times (Poisson)."""
    return tuple(events * log(rate / null) - requests * (rate - null) for rate in bets)


def surprise(requests: int, errors: int, null: float) -> float:
    """Log of how unlikely so high a rate is where `null` is true (Chernoff's bound); 0 where it is not above."""
    rate = errors / requests if requests else 0.0
    if rate <= null:
        return 0.0
    gap = log((1 - rate) / (1 - null)) if rate < 1 else 0.0
    return requests * (rate * log(rate / null) + (1 - rate) * gap)


def e_value(grown: float) -> float:
    """Money out of its logarithm, finite."""
    return exp(min(grown, 300.0))
