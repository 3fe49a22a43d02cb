"""About how long until a good canary passes, if traffic and error rate stay as they were at this weight.

Computed, not extrapolated: what the bets would win each minute if both sides did equally well. So it says something
after the first poll, and it does not jump with each error.
"""

from collections.abc import Sequence
from datetime import timedelta
from math import log

from bot.domain.analysis.counts import Counts
from bot.domain.analysis.evidence import Evidence, Scatter, Total
from bot.domain.analysis.histogram import Histogram
from bot.domain.analysis.latency import pool, rank, tail
from bot.domain.analysis.split import Split, ratio_bets
from bot.domain.analysis.tolerance import BETTER, EFFECTS, ERRORS, GOOD, LATENCY, TAIL_RATIOS, TAILS
from bot.domain.analysis.tracks import rate_row

FINE = 1000
"""Counts are taken so many times, as the fair share of two errors is seldom a whole number."""
LONGEST = 60 * 24 * 30.0
"""Minutes beyond which it is no use to tell."""


def minutes_to_pass(evidence: Evidence, scattered: Scatter, metric: str, which: int, won: float) -> float | None:
    """Minutes until the metric has won what `GOOD[which]` asks for, from `won` on; None where nobody can tell."""
    if won >= GOOD[which].wealth:
        return 0.0
    times = [_minutes(evidence, name, metric, which, won, phis[metric]) for name, phis in scattered.items()]
    known = [one for one in times if one is not None and one <= LONGEST]
    return min(known, default=None)


def _minutes(evidence: Evidence, source: str, metric: str, which: int, won: float, phi: float) -> float | None:
    total, rows = evidence.totals[source][-1], evidence.rows[source]
    elapsed = (rows[-1].poll.at - total.since) / timedelta(minutes=1)
    if metric == LATENCY:
        grown, bets = _latency_growth(total, which, evidence.tolerance.slower - 1), len(EFFECTS)
    else:
        grown, bets = _rate_growth(total, metric, which, evidence) / phi, 2 * len(BETTER)
    if grown <= 0:
        return None
    wanted = log(GOOD[which].wealth * len(evidence.tolerance.sources))
    whole = (wanted + log(bets)) * elapsed / grown
    return max(whole - elapsed, (wanted - log(max(won, 1e-9))) * elapsed / grown)


def _rate_growth(total: Total, metric: str, which: int, evidence: Evidence) -> float:
    """Nats that the best bet would have won so far, had the hits fallen in proportion to the requests."""
    mine, other = _hits(total.canary, metric), _hits(total.baseline, metric)
    requests = total.canary.requests + total.baseline.requests
    if not requests or mine is None or other is None:
        return 0.0
    fair = round((mine + other) * FINE * total.canary.requests / requests)
    floor = evidence.tolerance.rate if metric == ERRORS else evidence.tolerance.extra[metric]
    sizes = (total.canary.requests * FINE, total.baseline.requests * FINE)
    pair = rate_row(Split(*sizes, fair, (mine + other) * FINE, several=metric != ERRORS), floor).good[which]
    return max(*pair.ratio, *pair.rate) / FINE


def _hits(counts: Counts, metric: str) -> int | None:
    return counts.errors if metric == ERRORS else counts.extra.get(metric)


def _latency_growth(total: Total, which: int, margin: int) -> float:
    """The same for latency, had the canary been just as fast as the baseline: the slower of ranks and tail."""
    model, canary = total.baseline.latency, total.canary.latency.total
    if not canary or not model.total:
        return 0.0
    return min(_rank_growth(model, canary, GOOD[which].slower + margin), _tail_growth(model, canary, which, margin))


def _rank_growth(model: Histogram, canary: int, margin: int) -> float:
    found = rank(pool(model, model, margin))
    if found is None:
        return 0.0
    size = canary * model.total / (canary + model.total)
    effect = -found.z / found.scale
    return max(one * effect * size - one**2 * size / 2 for one in EFFECTS)


def _tail_growth(model: Histogram, canary: int, which: int, margin: int) -> float:
    found = tail(pool(model, model, GOOD[which].tail_slower + margin), TAILS[0])
    hits = round(found.hits * (canary + model.total) / (2 * model.total))
    mine = round(hits * found.in_canary * canary / max(1, found.in_canary * canary + _other(found) * model.total))
    return max(ratio_bets(Split(canary, model.total, mine, hits), 1.0, [1 / one for one in TAIL_RATIOS]))


def _other(split: Split) -> int:
    return split.hits - split.in_canary


def longest(times: Sequence[float | None]) -> float | None:
    """The longest of several, None where one of them is not known."""
    known = [one for one in times if one is not None]
    return max(known, default=0.0) if len(known) == len(times) else None
