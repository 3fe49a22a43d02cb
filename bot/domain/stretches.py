"""Which time a source is asked for next: a stretch in which the weight stayed the same, the oldest first. Pure.

Numbers of some kinds of sources come late. What users met in the last minute of a weight is told when the next weight
has been there for a while. It is asked for then as what it is, counts of the weight before: evidence against the canary
like any other, and none for it, as what speaks for a canary counts for one weight only. So no weight hides its last
minute by ending. All of the traffic is the last weight, and the watch after it asks for what came before.

Kinds that keep count themselves (a live tail, counters that only grow) are asked as soon as something happens, and know
of no earlier time; they are asked for what is now.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.evidence import UNTOLD, held_since, lag_of, moving, settings_of
from bot.domain.run import Run, setting_of
from bot.domain.targets import Source

SHORTEST = timedelta(seconds=1)
"""Nobody is asked for less."""
PATIENCE = timedelta(seconds=30)
"""How long after it should have told the end of a weight a source is still asked for that, before what is now."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `since` on the canary had this weight; until when, None while it still has it."""

    weight: int
    since: datetime
    until: datetime | None = None


def asked_for(run: Run, source: Source, now: datetime) -> Stretch | None:
    """What the source is asked for next; None where nothing that it could tell has begun."""
    bake, told = run.rollout.bake, _told(run, source)
    if bake is None:
        return None
    lag = lag_of(source)
    if lag is None:
        return Stretch(bake.weight, max(told or bake.chosen_at, bake.chosen_at))
    if (late := unheard(run, source)) and late.until and now < late.until + lag + PATIENCE:
        return late
    held = held_since(run)
    return Stretch(bake.weight, max(told or held, held + UNTOLD)) if held else None


def unheard(run: Run, source: Source) -> Stretch | None:
    """The oldest time of an earlier weight that a late source has not told of yet."""
    if lag_of(source) is None:
        return None
    told = _told(run, source)
    left = (replace(one, since=max(told or one.since, one.since)) for one in _ended(run))
    return next((one for one in left if one.until and one.until - one.since >= SHORTEST), None)


def _told(run: Run, source: Source) -> datetime | None:
    """The end of the source's last poll."""
    return max((poll.at for one in run.rollout.looks for poll in one.polls if poll.source == source.name), default=None)


def _ended(run: Run) -> Iterator[Stretch]:
    """The times of the weights that are over, in order, as surely inside of them as two clocks agree."""
    moves = [(found[2], act.started_at) for act in moving(run) if (found := setting_of(act.item))]
    others = [since for since, _ in run.rollout.astray]
    for bake in run.rollout.bakes:
        ends = [end.at for end in settings_of(run, bake.number)]
        if len(ends) < len(run.plan.components):
            continue
        held = max(ends)
        ends = [at for number, at in moves if number > bake.number] + [at for at in others if at >= held]
        if over := min(ends, default=None):
            yield Stretch(bake.weight, held + UNTOLD, over - UNTOLD)
