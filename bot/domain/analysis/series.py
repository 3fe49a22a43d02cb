"""Readings of a source -> polls: what really came on top, counted once.

Rules, each for something that sources do:

- A counter fell: it was reset. A fresh start (at most a quarter of what was there) counts from zero. After a smaller
  fall one of several counters behind a sum was reset, nobody knows what is new, and the interval is dropped.
- A reading failed: there is none, and the next one covers both intervals.
- The weight changed between two readings: the interval is dropped, as its requests belong to two different shares. So
  read once right after each change.
- Rows come late: a window that is asked for again gives what it has more than before, and that goes into the newest
  poll of the same weight. What a window lost again (sampled answers differ) is not taken back, nor counted twice.
- Counts are estimates from a sample: both sides are thinned to what was really seen, at the coarser of their intervals.
- More errors than requests: an error is a request.
- A source dies: its polls end, and `judge` says that it is silent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from bot.domain.analysis.counts import Counts, Poll
from bot.domain.analysis.histogram import Histogram

FRESH = 0.25
"""Part of its old value below which a counter that fell is taken to have begun anew."""


def counted(
    requests: int, errors: int, latency: Histogram | None = None, extra: Mapping[str, int] | None = None
) -> Counts:
    """Counts as a source gives them, made whole: nothing below zero, no more errors than requests."""
    errors = max(0, errors)
    kept = {name: max(0, count) for name, count in (extra or {}).items()}
    return Counts(max(requests, errors), errors, latency or Histogram(), kept)


@dataclass(frozen=True, slots=True)
class Reading:
    """The ever-growing counters of both sides at one moment. `weight_since` is when that weight was last set."""

    at: datetime
    source: str
    weight: int
    weight_since: datetime
    baseline: Counts
    canary: Counts


def polls_of(readings: Iterable[Reading]) -> list[Poll]:
    """All intervals that can be used, of any number of sources, in the order of their ends.

    Readings may come in any order; of several at one moment the last one counts.
    """
    by_source: dict[str, dict[datetime, Reading]] = {}
    for one in readings:
        by_source.setdefault(one.source, {})[one.at] = one
    found = []
    for moments in by_source.values():
        ordered = [moments[at] for at in sorted(moments)]
        found += [poll for before, after in pairwise(ordered) if (poll := between(before, after))]
    return sorted(found, key=_end)


def between(before: Reading, after: Reading) -> Poll | None:
    """What came on top between two readings of one source, None where that is not known."""
    if (before.weight, before.weight_since) != (after.weight, after.weight_since) or after.at <= before.at:
        return None
    baseline, canary = grown(before.baseline, after.baseline), grown(before.canary, after.canary)
    if baseline is None or canary is None:
        return None
    return Poll(before.at, after.at, after.source, after.weight, baseline, canary)


def grown(before: Counts, after: Counts) -> Counts | None:
    """What came on top of `before`; `after` itself after a fresh start, None after a fall that is none."""
    requests, errors = after.requests - before.requests, after.errors - before.errors
    latency = after.latency.since(before.latency)
    extra = {name: count - before.extra.get(name, 0) for name, count in after.extra.items()}
    if requests < 0 or errors < 0 or latency is None or any(count < 0 for count in extra.values()):
        return after if after.requests <= FRESH * before.requests else None
    return counted(requests, errors, latency, extra)


@dataclass(frozen=True, slots=True)
class Window:
    """All that a source knows by now of a closed window of time, at one weight."""

    since: datetime
    at: datetime
    weight: int
    baseline: Counts
    canary: Counts


def windows(since: datetime, now: datetime, length: timedelta, lag: timedelta) -> list[tuple[datetime, datetime]]:
    """The windows from `since` on that ended at least `lag` ago: absolute times, so that asking again is the same."""
    whole = max(0, (now - lag - since) // length)
    return [(since + index * length, since + (index + 1) * length) for index in range(whole)]


Known = Mapping[datetime, Window]
"""Beginning of a window -> the most that was ever counted in it."""


def news(source: str, known: Known, answered: Sequence[Window]) -> tuple[list[Poll], Known]:
    """Polls with all that is new in the answer, one for each weight, and what is known from now on.

    They never overlap, whatever order windows come in. Late rows go into the newest poll of their weight, and wait
    while there is none.
    """
    end = max((one.at for one in known.values()), default=None)
    fresh = sorted((one for one in answered if end is None or one.since >= end), key=_begin)
    late = [one for one in answered if one not in fresh]
    polls, counted_in = [], []
    for weight in dict.fromkeys(one.weight for one in fresh):
        belonging = [one for one in fresh if one.weight == weight]
        belonging += [one for one in late if one.weight == weight]
        polls.append(_summed(source, known, belonging, [one for one in fresh if one.weight == weight]))
        counted_in += belonging
    return polls, {**known, **{one.since: _most(known.get(one.since), one) for one in counted_in}}


def _summed(source: str, known: Known, belonging: Sequence[Window], fresh: Sequence[Window]) -> Poll:
    baseline, canary = Counts(), Counts()
    for one in belonging:
        before = known.get(one.since)
        baseline = baseline.merged(_beyond(before.baseline if before else Counts(), one.baseline))
        canary = canary.merged(_beyond(before.canary if before else Counts(), one.canary))
    return Poll(fresh[0].since, fresh[-1].at, source, fresh[0].weight, baseline, canary)


def _most(before: Window | None, now: Window) -> Window:
    if before is None:
        return now
    return replace(
        now,
        baseline=before.baseline.merged(_beyond(before.baseline, now.baseline)),
        canary=before.canary.merged(_beyond(before.canary, now.canary)),
    )


def _beyond(before: Counts, now: Counts) -> Counts:
    """What is more than before, number by number; a number that fell adds nothing."""
    buckets = {one: count - before.latency.buckets.get(one, 0) for one, count in now.latency.buckets.items()}
    return counted(
        max(0, now.requests - before.requests),
        now.errors - before.errors,
        Histogram({one: count for one, count in buckets.items() if count > 0}),
        {name: count - before.extra.get(name, 0) for name, count in now.extra.items()},
    )


def alike(baseline: Counts, canary: Counts, baseline_interval: float, canary_interval: float) -> tuple[Counts, Counts]:
    """Estimates from samples (one request in `interval` was kept) -> what was seen, both sides at the same interval.

    Estimates taken at face value would count each request tenfold or a hundredfold as evidence.
    """
    interval = max(baseline_interval, canary_interval, 1.0)
    return _thinned(baseline, interval), _thinned(canary, interval)


def _thinned(counts: Counts, interval: float) -> Counts:
    if interval == 1:
        return counts
    return counted(
        round(counts.requests / interval),
        round(counts.errors / interval),
        counts.latency.thinned(interval),
        {name: round(count / interval) for name, count in counts.extra.items()},
    )


def _begin(window: Window) -> datetime:
    return window.since


def _end(poll: Poll) -> datetime:
    return poll.at
