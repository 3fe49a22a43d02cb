"""How much less a number of errors says because they come in bursts, or because a side jitters by itself.

Retries, sticky visitors and shared connections make errors clump: five of them may be one piece of news. `phi` is how
many times too large the scatter between polls is, and evidence is divided by it. It is measured from successive
differences, so that one change of level (which is what is looked for) does not count as scatter. It is an estimate: the
promise about false alarms is a theorem for independent errors, and measured by simulation for clumped ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

from bot.domain.analysis.latency import Rank
from bot.domain.analysis.split import Split, share

LEAST_SPREAD = 0.25
"""Variance that is assumed at least: one error where a hundredth was expected is no measure of scatter."""


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed of `phi` before the rollout; counts as much as `weight` differences between polls."""

    phi: float = 1.5
    weight: float = 1.0


NOTHING_KNOWN = Prior()
LEAST_HISTORY = 10
"""Intervals of history below which nothing is concluded from it."""


def dispersion(scatter: Sequence[float], prior: Prior = NOTHING_KNOWN) -> float:
    """`phi` from standardised residuals in the order of the polls; 1 at least.

    Reduced by a quarter of its own standard error, as half of all estimates are too high by chance.
    """
    weight = prior.weight + max(0, len(scatter) - 1)
    raw = (prior.weight * prior.phi + sum((after - before) ** 2 for before, after in pairwise(scatter)) / 2) / weight
    return max(1.0, raw / (1 + 0.25 * sqrt(2 / weight)))


def split_scatter(splits: Sequence[Split]) -> list[float]:
    """Residuals of the splits about their common ratio; polls without a hit say nothing."""
    telling = [one for one in splits if one.hits and one.canary and one.baseline]
    ratio = common_ratio(telling)
    return [_residual(one, ratio) for one in telling] if ratio is not None else []


def common_ratio(splits: Sequence[Split]) -> float | None:
    """Canary's rate over baseline's rate (Mantel and Haenszel), half a hit added to each side; None without hits."""
    telling = [one for one in splits if one.hits and one.canary and one.baseline]
    if not telling:
        return None
    size = [one.canary + one.baseline for one in telling]
    above = sum(one.in_canary * one.baseline / n for one, n in zip(telling, size, strict=True))
    below = sum((one.hits - one.in_canary) * one.canary / n for one, n in zip(telling, size, strict=True))
    part = sum(one.baseline for one in telling) / sum(size)
    return (above + 0.5 * part) / (below + 0.5 * (1 - part))


def _residual(split: Split, ratio: float) -> float:
    expected = share(ratio, split.canary, split.baseline)
    rest = 1.0 if split.several else 1 - split.hits / (split.canary + split.baseline + 1)
    spread = split.hits * expected * (1 - expected) * rest
    return (split.in_canary - split.hits * expected) / sqrt(max(spread, LEAST_SPREAD))


def rank_scatter(ranks: Sequence[Rank]) -> list[float]:
    """Residuals of the ranks about their common effect."""
    weight = sum(one.scale**2 for one in ranks)
    effect = sum(one.scale * one.z for one in ranks) / weight if weight else 0.0
    return [one.z - one.scale * effect for one in ranks]


HEAVIEST, WIDEST = 20.0, 40.0
"""No pair of polls weighs or scatters more in `burst_dispersion`: one incident is no lasting property."""
TOGETHER = 10.0
"""Scatter of both sides in the same direction from which on a pair is a shared change and tells nothing of bursts."""
CAREFUL = Prior(2.5, 3.0)
"""What is believed here while nothing is known: bursts are common, and harm is done by taking them for evidence."""


@dataclass(frozen=True, slots=True)
class _Jump:
    """Square of the standardised change between two polls, with its sign: 1 on average for independent errors."""

    size: float
    weight: float


def burst_dispersion(splits: Sequence[Split], prior: Prior = CAREFUL) -> float:
    """`phi` from each side by itself: do its errors jump from poll to poll more than independent ones would?

    Sees what the splits cannot where errors are few: a burst is then all of its poll, on one side. Pairs of
    neighbouring polls are compared, so drift and one change of level hardly count. The prior weighs as much as so many
    average pairs.
    """
    jumps = [jump for before, after in pairwise(splits) for jump in _jumps(before, after)]
    if not jumps:
        return max(1.0, prior.phi)
    weight = sum(one.weight for one in jumps)
    known = prior.weight * weight / len(jumps)
    scatter = sum(one.weight * min(abs(one.size), WIDEST) for one in jumps)
    return max(1.0, (known * prior.phi + scatter) / (known + weight))


def _jumps(before: Split, after: Split) -> list[_Jump]:
    """Of both sides; none where both jumped far in the same direction, none of a side without errors."""
    mine = _jump((before.canary, before.in_canary), (after.canary, after.in_canary))
    other = _jump((before.baseline, before.hits - before.in_canary), (after.baseline, after.hits - after.in_canary))
    if mine.size * other.size > 0 and min(abs(mine.size), abs(other.size)) > TOGETHER:
        return []
    return [one for one in (mine, other) if one.weight]


def _jump(before: tuple[int, int], after: tuple[int, int]) -> _Jump:
    hits = before[1] + after[1]
    if not (hits and before[0] and after[0]):
        return _Jump(0.0, 0.0)
    part = after[0] / (before[0] + after[0])
    change = after[1] - hits * part
    size = change**2 / (hits * part * (1 - part))
    return _Jump(size if change > 0 else -size, min(hits, HEAVIEST))


def error_dispersion(splits: Sequence[Split], prior: Prior | None = None) -> float:
    """The larger of what the splits and what each side by itself say; `prior` where history is known."""
    careful = CAREFUL if any(one.hits for one in splits) else NOTHING_KNOWN
    return max(dispersion(split_scatter(splits), prior or NOTHING_KNOWN), burst_dispersion(splits, prior or careful))


def prior_from(baseline: Sequence[tuple[int, int]]) -> Prior | None:
    """What an hour or so of the baseline's history, (requests, errors) of each interval in order, lets one expect.

    None where it is too short or without errors.
    """
    splits = [Split(0, requests, 0, errors) for requests, errors in baseline]
    if len(baseline) < LEAST_HISTORY or not any(one.hits for one in splits):
        return None
    return Prior(burst_dispersion(splits, Prior(1.0, 1.0)), min(len(baseline) / 4, 20.0))
