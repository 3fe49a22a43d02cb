"""The judgement of a moment: go on, go back, keep measuring, or ask.

FAIL is final and may come at any look, in every state of the run. PASS belongs to one weight: early where the evidence
is in, and from the end of the bake on with less of it. INCONCLUSIVE keeps the weight; `settled` says that the time is
over and a person is asked. ERROR: nothing was measured lately, so nothing can be said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.analysis.compare import Comparison, compare
from bot.domain.analysis.counts import Counts, Poll
from bot.domain.analysis.evidence import Evidence, Part, Scatter, good, harm, scatter
from bot.domain.analysis.forecast import longest, minutes_to_pass
from bot.domain.analysis.tolerance import (
    ALARM,
    AT_END,
    EARLY,
    ERRORS,
    FAST_ALARM,
    GOOD,
    SUSPICION,
    UNSUSPECTED,
    Bake,
    Tolerance,
)
from bot.domain.analysis.trouble import Trouble, shared_trouble
from bot.domain.values import Mark


class Lack(StrEnum):
    """Why it is not a pass (yet); the first that holds is told."""

    NOTHING = ""
    MEASURED_NOTHING = "measured_nothing"
    SHARED_TROUBLE = "shared_trouble"
    SUSPICION = "suspicion"
    """There is some evidence of harm, not enough to go back."""
    NO_TRAFFIC = "no_traffic"
    """No request reached the canary at this weight."""
    TIME = "time"
    """The first minutes are not over."""
    EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is known at one moment, with its numbers."""

    mark: Mark
    settled: bool
    """False while measuring longer may change it. A FAIL and a PASS are settled; so is what a person has to decide."""
    evidence: float
    """Wealth against the canary over the whole rollout: 111 rolls back; up to one in `evidence` may be chance."""
    lack: Lack = Lack.NOTHING
    source: str = ""
    metric: str = ""
    """What the evidence is mostly from: `errors`, `latency` or the name of a counter. Without a FAIL: what it takes
    longest to be sure of."""
    fast: bool = False
    """The fast lane decided: so bad that it did not take the usual several polls."""
    early: bool = False
    """Passed before the bake was over."""
    minutes_more: float | None = None
    """About how long until it passes, if it goes on like this; None where nobody can tell."""
    comparison: Comparison | None = None
    trouble: Trouble | None = None
    silent: tuple[str, ...] = ()
    """Sources that sent nothing lately."""


def judge(polls: Sequence[Poll], bake: Bake, tolerance: Tolerance, now: datetime) -> Judgement:
    """From all polls of the rollout, those of each source in the order of time."""
    return judge_evidence(Evidence.of(tolerance, polls), bake, now)


def judge_evidence(evidence: Evidence, bake: Bake, now: datetime) -> Judgement:
    """The same from what was added up before."""
    scattered = scatter(evidence)
    parts = harm(evidence, bake.begun, scattered)
    against = _all(parts)
    fast = sum(one.fast_weight * one.fast for one in parts) + _untouched(sum(one.fast_weight for one in parts))
    silent = tuple(name for name in evidence.tolerance.sources if _silent(evidence, name, bake, now))
    if against >= ALARM or fast >= FAST_ALARM:
        return _failed(evidence, scattered, parts, against, fast, silent)
    return _not_failed(evidence, scattered, bake, now, against, silent)


def _all(parts: Sequence[Part]) -> float:
    """All wealth together; what was staked on sources that sent nothing yet is still there."""
    return sum(one.weight * one.wealth for one in parts) + _untouched(sum(one.weight for one in parts))


def _untouched(spent: float) -> float:
    return max(0.0, 1 - spent)


def _silent(evidence: Evidence, source: str, bake: Bake, now: datetime) -> bool:
    rows = evidence.rows.get(source)
    heard = max(rows[-1].poll.at, bake.begun) if rows else bake.begun
    return now - heard > evidence.tolerance.silence + evidence.tolerance.lag(source)


def _failed(
    evidence: Evidence, scattered: Scatter, parts: Sequence[Part], against: float, fast: float, silent: tuple[str, ...]
) -> Judgement:
    usual = against >= ALARM
    main = max(parts, key=_weighed if usual else _weighed_fast)
    return Judgement(
        Mark.FAIL,
        settled=True,
        evidence=against if usual else max(against, fast),
        source=main.source,
        metric=main.metric,
        fast=not usual,
        comparison=_comparison(evidence, scattered, main.source),
        silent=silent,
    )


def _weighed(part: Part) -> float:
    return part.weight * part.wealth


def _weighed_fast(part: Part) -> float:
    return part.fast_weight * part.fast


def _not_failed(
    evidence: Evidence, scattered: Scatter, bake: Bake, now: datetime, against: float, silent: tuple[str, ...]
) -> Judgement:
    won = good(evidence, bake.since, scattered)
    lack, trouble = _lack(evidence, bake, now, against, won)
    mark = Mark.PASS if lack is Lack.NOTHING else Mark.INCONCLUSIVE
    if lack is Lack.MEASURED_NOTHING:
        mark = Mark.ERROR
    source = _fullest(evidence)
    return Judgement(
        mark,
        settled=mark is Mark.PASS or now >= bake.latest,
        evidence=against,
        lack=lack,
        source=source,
        metric=min(won, key=lambda name: won[name][0]),
        early=mark is Mark.PASS and now < bake.ends,
        minutes_more=_minutes(evidence, scattered, won, bake, now) if lack in _TELLING else None,
        comparison=_comparison(evidence, scattered, source) if source else None,
        trouble=trouble,
        silent=silent,
    )


_Won = dict[str, tuple[float, ...]]
_TELLING = (Lack.EVIDENCE, Lack.TIME)
"""Lacks that time makes up for, so that it can be told how much."""
_EARLY, _AT_END = GOOD.index(EARLY), GOOD.index(AT_END)


def _lack(evidence: Evidence, bake: Bake, now: datetime, against: float, won: _Won) -> tuple[Lack, Trouble | None]:
    tolerance = evidence.tolerance
    trouble = _trouble(evidence, now)
    reasons = {
        Lack.MEASURED_NOTHING: all(_silent(evidence, name, bake, now) for name in tolerance.sources),
        Lack.SHARED_TROUBLE: trouble is not None,
        Lack.SUSPICION: against >= SUSPICION,
        Lack.NO_TRAFFIC: not _canary_requests(evidence, bake),
        Lack.EVIDENCE: not (_enough(won, _EARLY) or _enough_at_end(won, bake, now, against)),
        Lack.TIME: now - bake.since < tolerance.settling,
    }
    return next((lack for lack, holds in reasons.items() if holds), Lack.NOTHING), trouble


def _enough(won: _Won, which: int) -> bool:
    return all(one[which] >= GOOD[which].wealth for one in won.values())


def _enough_at_end(won: _Won, bake: Bake, now: datetime, against: float) -> bool:
    """Less has to be ruled out once the bake is over, but then nothing at all may speak against the canary."""
    return now >= bake.ends and against < UNSUSPECTED and _enough(won, _AT_END)


def _trouble(evidence: Evidence, now: datetime) -> Trouble | None:
    limit = evidence.tolerance.trouble
    found = (
        shared_trouble(name, [one.poll for one in rows], limit, now - evidence.tolerance.lag(name))
        for name, rows in evidence.rows.items()
    )
    return next((one for one in found if one), None)


def _canary_requests(evidence: Evidence, bake: Bake) -> int:
    return sum(
        one.poll.canary.requests for rows in evidence.rows.values() for one in rows if one.poll.since >= bake.since
    )


def _minutes(evidence: Evidence, scattered: Scatter, won: _Won, bake: Bake, now: datetime) -> float | None:
    """Until the slowest metric is in, for whichever pass comes first: early, or at the end of the bake."""
    early, at_end = (
        longest([minutes_to_pass(evidence, scattered, name, which, one[which]) for name, one in won.items()])
        for which in (_EARLY, _AT_END)
    )
    settling = (bake.since + evidence.tolerance.settling - now) / timedelta(minutes=1)
    ending = (bake.ends - now) / timedelta(minutes=1)
    ways = [max(early, settling)] if early is not None else []
    ways += [max(at_end, settling, ending)] if at_end is not None else []
    return max(0.0, min(ways)) if ways else None


def _fullest(evidence: Evidence) -> str:
    """The source that saw most of the canary at its last weight, empty where none saw anything."""
    seen = {name: totals[-1].canary.requests for name, totals in evidence.totals.items() if totals}
    return max(seen, key=lambda name: seen[name]) if seen else ""


def _comparison(evidence: Evidence, scattered: Scatter, source: str) -> Comparison:
    """At the last weight, or over the whole rollout where the last weight has no canary requests yet."""
    totals = evidence.totals[source]
    last = totals[-1]
    baseline, canary = last.baseline, last.canary
    if not canary.requests:
        for one in totals[:-1]:
            baseline, canary = baseline.merged(one.baseline), canary.merged(one.canary)
    return compare(source, last.weight, baseline, canary, scattered[source][ERRORS])


__all__ = ["Bake", "Counts", "Evidence", "Judgement", "Lack", "Poll", "Tolerance", "judge", "judge_evidence"]
