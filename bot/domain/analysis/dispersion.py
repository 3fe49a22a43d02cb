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


def prior_from(baseline: Sequence[tuple[int, int]]) -> Prior:
    """What an hour or so of the baseline's history, (requests, errors) of each interval, lets one expect.

    Scatter of one side alone also holds what both sides share, so this errs on the careful side.
    """
    requests, errors = (sum(column) for column in zip(*baseline, strict=True)) if baseline else (0, 0)
    if len(baseline) < 10 or not errors:
        return NOTHING_KNOWN
    rate = errors / requests
    scatter = [(bad - n * rate) / sqrt(max(n * rate * (1 - rate), LEAST_SPREAD)) for n, bad in baseline if n]
    raw = sum((after - before) ** 2 for before, after in pairwise(scatter)) / 2 / max(1, len(scatter) - 1)
    return Prior(max(1.0, raw), min(10.0, len(scatter) / 6))
