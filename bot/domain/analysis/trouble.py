"""Both sides failing together: an outage of a third party, or a canary that hurts what both sides share.

No comparison of two sides can tell these apart, and neither is evidence against the canary alone. So it is told as what
it is, nothing passes while it lasts, and a person decides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.analysis.counts import Poll
from bot.domain.analysis.split import surprise

WINDOW = timedelta(minutes=2)
CERTAIN = 7.0
"""Nats: once in a thousand at most, for one look."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """The last two minutes of a source in which both sides failed too often, and the baseline's rate before them."""

    source: str
    baseline: float
    canary: float
    before: float | None


def shared_trouble(source: str, polls: Sequence[Poll], limit: float, now: datetime) -> Trouble | None:
    """None while either side is below `limit`, or it may be chance, or there was nothing in the last minutes."""
    recent = [one for one in polls if one.at > now - WINDOW]
    requests, errors = _sum((one.baseline.requests, one.baseline.errors) for one in recent)
    mine, failed = _sum((one.canary.requests, one.canary.errors) for one in recent)
    if not mine or failed <= limit * mine or surprise(requests, errors, limit) < CERTAIN:
        return None
    earlier = [(one.baseline.requests, one.baseline.errors) for one in polls if one.at <= now - WINDOW]
    all_before, bad_before = _sum(earlier)
    return Trouble(source, errors / requests, failed / mine, bad_before / all_before if all_before else None)


def _sum(pairs: Iterable[tuple[int, int]]) -> tuple[int, int]:
    total = errors = 0
    for requests, failed in pairs:
        total += requests
        errors += failed
    return total, errors
