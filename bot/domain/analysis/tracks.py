"""One poll -> its bets: a row of numbers that depends on nothing but the poll and the tolerance.

Rows are what makes looking cheap: a poll is turned into its row once, and a judgement only adds rows up.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.analysis.counts import Poll
from bot.domain.analysis.latency import Pooled, Rank, pool, rank, rank_bets, tail
from bot.domain.analysis.split import Split, count_bets, rate_bets, ratio_bets
from bot.domain.analysis.tolerance import (
    BETTER,
    EFFECTS,
    FAST,
    FAST_RATE,
    GOOD,
    HARM,
    TAIL_RATIOS,
    TAILS,
    Harm,
    Tolerance,
)

Bets = tuple[float, ...]
HIGHEST = 0.95
"""No bet is on a rate above this."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Bets on the ratio of both sides' rates, and on the canary's rate by itself."""

    ratio: Bets
    rate: Bets


@dataclass(frozen=True, slots=True)
class RateRow:
    """What one poll says of a rate: of errors, or of a counter. `good` has one pair for each of `GOOD`."""

    split: Split
    harm: Pair
    fast: Pair
    good: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class SlowRow:
    """What one poll says of latency; `tails` and `tail_harm` have one entry for each of `TAILS`."""

    rank: Rank | None
    rank_harm: Bets
    tails: tuple[Split, ...]
    tail_harm: tuple[Bets, ...]
    rank_good: tuple[Bets, ...]
    tail_good: tuple[Bets, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """All that one poll says. `slow` is None where it knows no latency of both sides, or none that counts."""

    poll: Poll
    errors: RateRow
    slow: SlowRow | None
    extra: Mapping[str, RateRow]


def row(poll: Poll, tolerance: Tolerance, warm: bool = True) -> Row:
    """The row of a poll; latency only where the canary is `warm`."""
    canary, baseline = poll.canary, poll.baseline
    split = Split(canary.requests, baseline.requests, canary.errors, canary.errors + baseline.errors)
    timed = warm and tolerance.latency and canary.latency.buckets and baseline.latency.buckets
    return Row(
        poll,
        rate_row(split, tolerance.rate),
        slow_row(poll, tolerance.slower) if timed else None,
        {name: rate_row(_counted(poll, name), floor) for name, floor in tolerance.extra.items() if _known(poll, name)},
    )


def _known(poll: Poll, name: str) -> bool:
    return name in poll.canary.extra and name in poll.baseline.extra


def _counted(poll: Poll, name: str) -> Split:
    mine, other = poll.canary.extra[name], poll.baseline.extra[name]
    return Split(poll.canary.requests, poll.baseline.requests, mine, mine + other, several=True)


def rate_row(split: Split, floor: float) -> RateRow:
    """Bets on a rate with this floor."""
    good = []
    for one in GOOD:
        ratios = [one.ratio / better for better in BETTER]
        rates = [one.rate * floor / better for better in BETTER]
        good.append(Pair(ratio_bets(split, one.ratio, ratios), _alone(split, one.rate * floor, rates)))
    return RateRow(split, _worse(split, HARM, floor), _worse(split, FAST, FAST_RATE * floor), tuple(good))


def _worse(split: Split, harm: Harm, floor: float) -> Pair:
    ratios = [harm.ratio * worse for worse in harm.ratios]
    rates = [floor * worse for worse in harm.rate_bets]
    return Pair(ratio_bets(split, harm.ratio, ratios), _alone(split, floor, rates))


def _alone(split: Split, null: float, rates: list[float]) -> Bets:
    if split.several:
        return count_bets(split.canary, split.in_canary, null, rates)
    return rate_bets(split.canary, split.in_canary, null, [min(rate, HIGHEST) for rate in rates])


def slow_row(poll: Poll, slower: int) -> SlowRow:
    """Bets on latency; a canary that is `slower` buckets slower does no harm yet."""
    harm = _pooled(poll, slower)
    ranked, tails = rank(harm), tuple(tail(harm, part) for part in TAILS)
    fine = [-one for one in EFFECTS]
    lower = [1 / ratio for ratio in TAIL_RATIOS]
    extra = slower - 1
    return SlowRow(
        ranked,
        rank_bets(ranked, EFFECTS),
        tails,
        tuple(ratio_bets(one, 1.0, TAIL_RATIOS) for one in tails),
        tuple(rank_bets(rank(_pooled(poll, one.slower + extra)), fine) for one in GOOD),
        tuple(ratio_bets(tail(_pooled(poll, one.tail_slower + extra), TAILS[0]), 1.0, lower) for one in GOOD),
    )


def _pooled(poll: Poll, margin: int) -> Pooled:
    return pool(poll.canary.latency, poll.baseline.latency, margin)
