"""Rows -> wealth: what each metric of each source says of harm, and of good.

Harm is looked for over the whole rollout, good is shown anew at every weight. Each (source, metric) is a game of its
own with its share of the stake, so that together they are one fair game, whatever depends on what.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from bot.domain.analysis.counts import Counts, Poll
from bot.domain.analysis.dispersion import dispersion, error_dispersion, rank_scatter, split_scatter
from bot.domain.analysis.mixture import stakes, wealth, wealth_from_start
from bot.domain.analysis.tolerance import CAP, ERRORS, GOOD, LATENCY, NO_CAP, PATIENCE, TAILS, Tolerance
from bot.domain.analysis.tracks import Pair, RateRow, Row, row

_Some = TypeVar("_Some")

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


Scatter = Mapping[str, Mapping[str, float]]
"""Source -> metric -> `phi`; the tails of the latencies have one each, called `_TAIL_NAMES`."""
_TAIL_NAMES = tuple(f"{LATENCY} {part:g}" for part in TAILS)


def scatter(evidence: Evidence) -> Scatter:
    """How much less each metric of each source says than its numbers; over the whole rollout."""
    return {source: _phis(rows, evidence.tolerance) for source, rows in evidence.rows.items()}


def _phis(rows: Sequence[Row], tolerance: Tolerance) -> dict[str, float]:
    found = {
        name: error_dispersion([one.split for one in _rates(rows, name) if one], tolerance.known_of(name))
        for name in (ERRORS, *tolerance.extra)
    }
    slow = [one.slow for one in rows if one.slow]
    found[LATENCY] = dispersion(rank_scatter([one.rank for one in slow if one.rank]))
    for which, name in enumerate(_TAIL_NAMES):
        found[name] = dispersion(split_scatter([one.tails[which] for one in slow]))
    return found


def harm(evidence: Evidence, begun: datetime, scattered: Scatter) -> list[Part]:
    """The wealth won on "worse", of every metric of every source that sent something."""
    tolerance = evidence.tolerance
    each = 1 / len(tolerance.sources)
    parts = []
    for source, rows in evidence.rows.items():
        placed, phis = stakes(begun, [one.poll.at for one in rows], tolerance.horizon), scattered[source]
        for name, weight in weights(tolerance).items():
            won = _slow_harm(rows, placed, phis) if name == LATENCY else _rate_harm(rows, name, placed, phis[name])
            quick = (_fast_harm(rows, placed), each) if name == ERRORS else (0.0, 0.0)
            parts.append(Part(source, name, weight * each, won, *quick))
    return parts


def _rates(rows: Sequence[Row], name: str) -> list[RateRow | None]:
    return [one.errors if name == ERRORS else one.extra.get(name) for one in rows]


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


def _rate_harm(rows: Sequence[Row], name: str, placed: Sequence[float], phi: float) -> float:
    known, stake = _known(_rates(rows, name), placed)
    return _both([one.harm for one in known], stake, phi, CAP)


def _fast_harm(rows: Sequence[Row], placed: Sequence[float]) -> float:
    return _both([one.errors.fast for one in rows], placed, PATIENCE, NO_CAP)


def _both(pairs: Sequence[Pair], placed: Sequence[float], phi: float, cap: float) -> float:
    """Harm is a high ratio and a high rate: both have to be shown, so the poorer of the two counts."""
    ratio = wealth([one.ratio for one in pairs], placed, phi, cap)
    return min(ratio, wealth([one.rate for one in pairs], placed, phi, cap))


def _slow_harm(rows: Sequence[Row], placed: Sequence[float], phis: Mapping[str, float]) -> float:
    slow, stake = _known([one.slow for one in rows], placed)
    ranks = wealth([one.rank_harm for one in slow], stake, phis[LATENCY], CAP)
    tails = [
        wealth([one.tail_harm[which] for one in slow], stake, phis[name], CAP) for which, name in enumerate(_TAIL_NAMES)
    ]
    return (ranks + sum(tails)) / (1 + len(tails))


def good(evidence: Evidence, since: datetime, scattered: Scatter) -> dict[str, tuple[float, ...]]:
    """Metric -> the wealth won on "not worse" from `since` on, one for each of `GOOD`.

    A source that sent nothing keeps its stake: what it does not say is not good news.
    """
    sources = len(evidence.tolerance.sources)
    silent = sources - len(evidence.rows)
    won = {name: [silent / sources] * len(GOOD) for name in weights(evidence.tolerance)}
    for source, rows in evidence.rows.items():
        now, phis = [one for one in rows if one.poll.since >= since], scattered[source]
        for name, sums in won.items():
            found = _slow_good(now, phis) if name == LATENCY else _rate_good(now, name, phis[name])
            sums[:] = [one + more / sources for one, more in zip(sums, found, strict=True)]
    return {name: tuple(one) for name, one in won.items()}


def _rate_good(rows: Sequence[Row], name: str, phi: float) -> list[float]:
    known = [one for one in _rates(rows, name) if one]
    return [_either([one.good[which] for one in known], phi) for which in range(len(GOOD))]


def _either(pairs: Sequence[Pair], phi: float) -> float:
    """Good is a low ratio or a low rate: the mean of both is one fair game."""
    ratio = wealth_from_start([one.ratio for one in pairs], phi, CAP)
    return (ratio + wealth_from_start([one.rate for one in pairs], phi, CAP)) / 2


def _slow_good(rows: Sequence[Row], phis: Mapping[str, float]) -> list[float]:
    slow = [one.slow for one in rows if one.slow]
    return [
        min(
            wealth_from_start([one.rank_good[which] for one in slow], phis[LATENCY], CAP),
            wealth_from_start([one.tail_good[which] for one in slow], phis[_TAIL_NAMES[0]], CAP),
        )
        for which in range(len(GOOD))
    ]
