"""From the looks of a rollout to a verdict on its canary: which polls count, for which bake, judged by what."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from math import log

from bot.domain.analysis.counts import Poll
from bot.domain.analysis.evidence import Evidence
from bot.domain.analysis.histogram import RATIO
from bot.domain.analysis.judge import Judgement, judge_evidence
from bot.domain.analysis.tolerance import Bake, Tolerance
from bot.domain.analysis.words import verdict_words
from bot.domain.events import ActFailed, ComponentDeployed
from bot.domain.plan import StepKind
from bot.domain.run import ActState, Run, setting_of
from bot.domain.targets import Source, Unsure
from bot.domain.values import Mark

SETTLING, WARMING = timedelta(minutes=3), timedelta(minutes=1)
RATE = 0.001
"""Counts of one of the application's own counters, for each request, below which nothing is harm where nobody says."""
A_LITTLE = 1e-9
"""So that 1.1 is a whole step."""
LATE = {"cloudflare": (75, 15), "prometheus": (30, 60)}
"""How late numbers of these kinds are, and how long the window is that they come in, in seconds, where the source's
options `lag` and `window` do not say; a source is not silent before. Other kinds tell what happens when it does.
"""
TIMED = frozenset({"probes", "tail", "cloudflare"})
"""Kinds of sources that always tell latencies."""
SHORTEST = timedelta(minutes=10)
UNTOLD = timedelta(seconds=1)
"""The edge of what a clock of ours and one of the provider's agree on."""
BLOCK = 32
"""Polls that are added up anew at most when one has come."""


def judged(run: Run, now: datetime) -> Judgement | None:
    """What is known of the canary at this moment; None before it had any traffic."""
    bake = bake_of(run)
    if bake is None:
        return None
    return _judged(tolerance(run), tuple(clean(run)), bake, max(now, bake.since))


@lru_cache(maxsize=64)
def _judged(tolerance: Tolerance, polls: tuple[Poll, ...], bake: Bake, now: datetime) -> Judgement:
    """Asked several times at one moment, as each fact leads to the next."""
    return judge_evidence(added_up(tolerance, polls), bake, now)


@lru_cache(maxsize=64)
def added_up(tolerance: Tolerance, polls: tuple[Poll, ...]) -> Evidence:
    """What `Evidence.of` gives, from what was added up before: a rollout is judged at every step that it makes, by
    thousands of polls after an hour, and only the last of them are new.
    """
    whole = (len(polls) - 1) // BLOCK * BLOCK
    if whole <= 0:
        return Evidence.of(tolerance, polls)
    evidence = added_up(tolerance, polls[:whole])
    for poll in polls[whole:]:
        evidence = evidence.add(poll)
    return evidence


def said(run: Run, found: Judgement) -> str:
    """A judgement in one sentence, with its numbers; what came late is told as of its own weight."""
    words, seen = verdict_words(found), found.comparison
    if found.mark is not Mark.FAIL or seen is None or seen.weight == run.rollout.weight:
        return words
    return f"{words}; {seen.source} told it late, of the weight of {seen.weight}"


def tolerance(run: Run) -> Tolerance:
    """What the rollout is judged by; chosen before it begins. A short bake has short beginnings."""
    place = run.plan.environment
    sources = run.plan.sources
    return Tolerance(
        tuple(source.name for source in sources),
        latency=any(map(_times, sources)),
        lags={source.name: lag for source in sources if (lag := lag_of(source))},
        rate=run.plan.target.floors.errors,
        slower=int(log(run.plan.target.floors.slower) / log(RATIO) + A_LITTLE),
        extra=_counters(sources),
        settling=min(SETTLING, place.bake),
        warming=min(WARMING, place.bake / 5),
        horizon=max(place.bake * len(place.weights), SHORTEST),
    )


def lag_of(source: Source) -> timedelta | None:
    """How late its numbers are at most, window included; None for a kind whose numbers are not late."""
    if source.kind not in LATE:
        return None
    lag, window = LATE[source.kind]
    return timedelta(seconds=source.options.get("lag", lag) + source.options.get("window", window))


def _times(source: Source) -> bool:
    """Whether the source can tell latencies: where none can, nothing would ever pass for want of them."""
    return source.kind in TIMED or "buckets" in source.options or "quantiles" in source.options


def _counters(sources: Iterable[Source]) -> Mapping[str, float]:
    """The application's own counters that some source brings, each with its floor."""
    found: dict[str, float] = {}
    for source in sources:
        found |= {str(name): found.get(str(name), RATE) for name in source.options.get("extra", ())}
        found |= source.floors
    return found


def bake_of(run: Run) -> Bake | None:
    """The time of the weight that is held; None before the first one was set."""
    set_at = [end.at for end in _set(run)]
    bake, place = run.rollout.bake, run.plan.environment
    if bake is None or not set_at:
        return None
    begun = min(set_at)
    since = max(held_since(run) or max(set_at), begun)
    # Going on after a question gives it as much time again, and takes back nothing of what is known by then.
    asked = bake.ended_at if bake.verdict is None else None
    counted = max(since, asked or since)
    longest = place.bake_max if place.inconclusive is Unsure.WAIT else place.bake
    return Bake(begun, since, counted + place.bake, counted + max(place.bake, longest))


def held_since(run: Run) -> datetime | None:
    """When the weight that is wanted now was read back of the last component; None while it is not."""
    bake = run.rollout.bake
    if bake is None:
        return None
    ends = [end.at for end in settings_of(run, bake.number)]
    whole = len(ends) == len(run.plan.components)
    return max(ends) if whole else None


def clean(run: Run) -> list[Poll]:
    """The polls in whose time the weight stayed the same, each source's in the order of time, none told twice.

    From the beginning of a change to its end nobody knows which weight it was, and of what somebody else has deployed
    this run knows nothing.
    """
    moves = _changes(run)
    names = {source.name for source in run.plan.sources}
    told: dict[str, datetime] = {}
    kept: list[Poll] = []
    for poll in (one for look in run.rollout.looks for one in look.polls):
        mixed = any(poll.since - UNTOLD < (until or poll.at) and since < poll.at + UNTOLD for since, until in moves)
        again = poll.source in told and poll.since < told[poll.source]
        if poll.source in names and not mixed and not again:
            kept.append(poll)
            told[poll.source] = poll.at
    return kept


def _changes(run: Run) -> list[tuple[datetime, datetime | None]]:
    """From when until when traffic may have moved; None: it still may."""
    return [*((act.started_at, act.end.at if act.end else None) for act in moving(run)), *run.rollout.astray]


def moving(run: Run) -> list[ActState]:
    """The acts that may have moved traffic to a weight."""
    acts = [act for act in run.acts_of(StepKind.ROLLOUT) if setting_of(act.item)]
    return [act for act in acts if not (isinstance(act.end, ActFailed) and act.end.untouched)]


def settings_of(run: Run, bake: int) -> tuple[ComponentDeployed, ...]:
    """The changes of a weight that were read back for the bake of that number."""
    return tuple(end for end in _set(run) if end.item.endswith(f"#{bake}"))


def _set(run: Run) -> tuple[ComponentDeployed, ...]:
    """Every change of a weight that was read back."""
    ends = [act.end for act in run.acts_of(StepKind.ROLLOUT) if setting_of(act.item)]
    return tuple(end for end in ends if isinstance(end, ComponentDeployed))
