"""Rows -> wealth: what each metric of each source says of harm, and of good.

Harm is looked for over the whole rollout, good is shown anew at every weight. Each (source, metric) is a game of its
own with its share of the stake, so that together they are one fair game, whatever depends on what.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from bot.domain.analysis.counts import Counts, Poll
from bot.domain.analysis.dispersion import dispersion, error_dispersion, rank_scatter, split_scatter
from bot.domain.analysis.mixture import stakes, wealth, wealth_from_start
from bot.domain.analysis.tolerance import CAP, GOOD, NO_CAP, PATIENCE, TAILS, Bake, Tolerance
from bot.domain.analysis.tracks import Pair, RateRow, Row, SlowRow, row

_Some = TypeVar("_Some")

ERRORS, LATENCY = "errors", "latency"
WEIGHTS = {ERRORS: 0.6, LATENCY: 0.4}
EXTRA_WEIGHT = 0.3
"""A counter's part of the stake, before all parts are made to sum up to one."""


@dataclass(frozen=True, slots=True)
class Total:
    """Everything that one source counted while the weight stayed the same."""

    weight: int
    since: datetime
    baseline: Counts
    canary: Counts


@dataclass(frozen=True, slots=True)
class Evidence:
    """All polls of a rollout so far, as rows; `add` gives a new one. Replaying the polls gives the same again."""

    tolerance: Tolerance
    rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    totals: Mapping[str, tuple[Total, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, tolerance: Tolerance, polls: Sequence[Poll]) -> "Evidence":
        """From a list of polls, those of each source in the order of time."""
        rows: dict[str, list[Row]] = {}
        totals: dict[str, list[Total]] = {}
        for poll in polls:
            _take(tolerance, rows.setdefault(poll.source, []), totals.setdefault(poll.source, []), poll)
        return cls(tolerance, {n: tuple(o) for n, o in rows.items()}, {n: tuple(o) for n, o in totals.items()})

    def add(self, poll: Poll) -> "Evidence":
        """With one more poll. ValueError for a source that the tolerance does not name, or a poll out of order."""
        rows, totals = list(self.rows.get(poll.source, ())), list(self.totals.get(poll.source, ()))
        _take(self.tolerance, rows, totals, poll)
        return replace(
            self,
            rows={**self.rows, poll.source: tuple(rows)},
            totals={**self.totals, poll.source: tuple(totals)},
        )


def _take(tolerance: Tolerance, rows: list[Row], totals: list[Total], poll: Poll) -> None:
    if poll.source not in tolerance.sources:
        raise ValueError(f"nobody said that {poll.source} would send polls")
    if rows and poll.since < rows[-1].poll.at:
        raise ValueError(f"a poll of {poll.source} reaches back into the one before it")
    if totals and totals[-1].weight == poll.weight:
        last = totals[-1]
        merged = (last.baseline.merged(poll.baseline), last.canary.merged(poll.canary))
        totals[-1] = Total(last.weight, last.since, *merged)
    else:
        totals.append(Total(poll.weight, poll.since, poll.baseline, poll.canary))
    rows.append(row(poll, tolerance, poll.since - totals[-1].since >= tolerance.warming))


@dataclass(frozen=True, slots=True)
class Part:
    """The wealth of one metric of one source, its part of the stake, and that in the fast lane (errors only)."""

    source: str
    metric: str
    weight: float
    wealth: float
    fast: float = 0.0
    fast_weight: float = 0.0


def weights(tolerance: Tolerance) -> dict[str, float]:
    """Metric -> its part of a source's stake; they sum up to one."""
    raw = {ERRORS: WEIGHTS[ERRORS], **dict.fromkeys(tolerance.extra, EXTRA_WEIGHT)}
    if tolerance.latency:
        raw[LATENCY] = WEIGHTS[LATENCY]
    return {name: one / sum(raw.values()) for name, one in raw.items()}


def harm(evidence: Evidence, begun: datetime) -> list[Part]:
    """The wealth won on "worse", of every metric of every source that sent something."""
    tolerance = evidence.tolerance
    each = 1 / len(tolerance.sources)
    parts = []
    for source, rows in evidence.rows.items():
        placed = stakes(begun, [one.poll.at for one in rows], tolerance.horizon)
        for name, weight in weights(tolerance).items():
            if name == LATENCY:
                parts.append(Part(source, name, weight * each, _slow_harm(rows, placed)))
                continue
            found = _rates(rows, name, placed)
            quick = _fast_harm(*found) if name == ERRORS else 0.0
            parts.append(Part(source, name, weight * each, _rate_harm(*found, tolerance), quick, each))
    return parts


def _rates(rows: Sequence[Row], name: str, placed: Sequence[float]) -> tuple[list[RateRow], list[float]]:
    return _known([one.errors if name == ERRORS else one.extra.get(name) for one in rows], placed)


def _known(rows: Sequence[_Some | None], placed: Sequence[float]) -> tuple[list[_Some], list[float]]:
    """The rows that know the metric, with the stakes; what was placed on a row without it goes to the next."""
    kept, stake, waiting = [], [], 0.0
    for one, added in zip(rows, placed, strict=True):
        waiting += added
        if one is not None:
            kept.append(one)
            stake.append(waiting)
            waiting = 0.0
    return kept, stake


def _rate_harm(rows: Sequence[RateRow], placed: Sequence[float], tolerance: Tolerance) -> float:
    phi = error_dispersion([one.split for one in rows], tolerance.prior)
    return _both([one.harm for one in rows], placed, phi, CAP)


def _fast_harm(rows: Sequence[RateRow], placed: Sequence[float]) -> float:
    return _both([one.fast for one in rows], placed, PATIENCE, NO_CAP)


def _both(pairs: Sequence[Pair], placed: Sequence[float], phi: float, cap: float) -> float:
    """Harm is a high ratio and a high rate: both have to be shown, so the poorer of the two counts."""
    ratio = wealth([one.ratio for one in pairs], placed, phi, cap)
    return min(ratio, wealth([one.rate for one in pairs], placed, phi, cap))


def _slow_harm(rows: Sequence[Row], placed: Sequence[float]) -> float:
    slow, stake = _known([one.slow for one in rows], placed)
    phi = dispersion(rank_scatter([one.rank for one in slow if one.rank]))
    ranks = wealth([one.rank_harm for one in slow], stake, phi, CAP)
    tails = [
        wealth([one.tail_harm[which] for one in slow], stake, _tail_phi(slow, which), CAP)
        for which in range(len(TAILS))
    ]
    return (ranks + sum(tails)) / (1 + len(tails))


def _tail_phi(slow: Sequence[SlowRow], which: int) -> float:
    return dispersion(split_scatter([one.tails[which] for one in slow]))


def good(evidence: Evidence, bake: Bake) -> dict[str, tuple[float, ...]]:
    """Metric -> the wealth won on "not worse" at this weight, one for each of `GOOD`.

    A source that sent nothing keeps its stake: what it does not say is not good news.
    """
    names = list(weights(evidence.tolerance))
    won = {name: [0.0] * len(GOOD) for name in names}
    for source in evidence.tolerance.sources:
        rows = evidence.rows.get(source, ())
        for name in names:
            look = _slow_good if name == LATENCY else _rate_good(name, evidence.tolerance)
            for which, one in enumerate(look(rows, bake.since)):
                won[name][which] += one / len(evidence.tolerance.sources)
    return {name: tuple(one) for name, one in won.items()}


def _rate_good(name: str, tolerance: Tolerance) -> Callable[[Sequence[Row], datetime], list[float]]:
    def look(rows: Sequence[Row], since: datetime) -> list[float]:
        every = [one.errors if name == ERRORS else one.extra.get(name) for one in rows]
        phi = error_dispersion([one.split for one in every if one], tolerance.prior)
        now = [one for one, whole in zip(every, rows, strict=True) if one and whole.poll.since >= since]
        return [_either([one.good[which] for one in now], phi) for which in range(len(GOOD))]

    return look


def _either(pairs: Sequence[Pair], phi: float) -> float:
    """Good is a low ratio or a low rate: the mean of both is one fair game."""
    ratio = wealth_from_start([one.ratio for one in pairs], phi, CAP)
    return (ratio + wealth_from_start([one.rate for one in pairs], phi, CAP)) / 2


def _slow_good(rows: Sequence[Row], since: datetime) -> list[float]:
    every = [one.slow for one in rows if one.slow]
    now = [one.slow for one in rows if one.slow and one.poll.since >= since]
    phi = dispersion(rank_scatter([one.rank for one in every if one.rank]))
    tail_phi = _tail_phi(every, 0)
    return [
        min(
            wealth_from_start([one.rank_good[which] for one in now], phi, CAP),
            wealth_from_start([one.tail_good[which] for one in now], tail_phi, CAP),
        )
        for which in range(len(GOOD))
    ]
