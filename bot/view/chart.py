"""Canary against baseline over time, as data: what a picture of a rollout shows. Whoever can draw, draws it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.analysis.counts import Counts, Poll
from bot.domain.evidence import clean
from bot.domain.run import Run
from bot.view.words import release_name

SLOTS = 40
"""As many points a line has at most: more is noise on a phone."""

Value = float | None


@dataclass(frozen=True, slots=True)
class Panel:
    """One quantity on both sides. Values stand at the middles of `Chart.slots`; None where nothing was counted."""

    title: str
    baseline: tuple[Value, ...]
    canary: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture to draw: panels above each other, over the same time."""

    title: str
    span: timedelta
    """From the first weight to the last count."""
    weights: tuple[tuple[float, int], ...]
    """(place in the span from 0 to 1, the canary's weight from there on)."""
    panels: tuple[Panel, ...]
    alt: str
    """What it shows, in one sentence."""


def chart(run: Run, alt: str) -> Chart | None:
    """The chart of the run's rollout so far; None with fewer than two polls that counted something."""
    polls = [poll for poll in clean(run) if poll.baseline.requests or poll.canary.requests]
    bakes = run.rollout.bakes
    if len(polls) < 2 or not bakes:
        return None
    begun, until = min(poll.since for poll in polls), max(poll.at for poll in polls)
    span = until - begun
    slots = _slots(polls, begun, span)
    weights = [(max(0.0, (bake.chosen_at - begun) / span), bake.weight) for bake in bakes if bake.chosen_at < until]
    panels = (
        _panel("errors, % of requests", slots, _errors),
        _panel("95 of 100 answers within, ms", slots, _slowest),
    )
    drawn = tuple(panel for panel in panels if any(one is not None for one in (*panel.baseline, *panel.canary)))
    return Chart(f"{release_name(run)} in {run.plan.environment.name}", span, tuple(weights), drawn, alt)


_Slot = tuple[Counts, Counts]


def _slots(polls: Sequence[Poll], begun: datetime, span: timedelta) -> list[_Slot]:
    """What was counted in each part of the time, all sources together."""
    slots: list[_Slot] = [(Counts(), Counts()) for _ in range(min(SLOTS, len(polls)))]
    for poll in polls:
        middle = poll.since + (poll.at - poll.since) / 2
        place = min(int((middle - begun) / span * len(slots)), len(slots) - 1)
        baseline, canary = slots[place]
        slots[place] = (baseline.merged(poll.baseline), canary.merged(poll.canary))
    return slots


def _panel(title: str, slots: Sequence[_Slot], value: Callable[[Counts], Value]) -> Panel:
    return Panel(title, tuple(value(one) for one, _ in slots), tuple(value(one) for _, one in slots))


def _errors(counts: Counts) -> Value:
    return counts.errors / counts.requests * 100 if counts.requests else None


def _slowest(counts: Counts) -> Value:
    seconds = counts.latency.quantile(0.95)
    return seconds * 1000 if seconds is not None else None
