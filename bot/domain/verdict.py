"""From samples to verdicts: what one sample says of the release under test, a step, and a watch.

Two rules stand above the others. No data is not healthy: only PASS moves anything forward, and nothing here
makes a PASS out of nothing. And only a sample that proves which version gave it says anything good of that
version.

The marks of a sample, as every channel uses them:
- FAIL: the channel was asked and did not do what the check wants; worth another sample until the deadline.
- INCONCLUSIVE: the sample tells nothing of this release (another version answered, the name did not resolve);
  worth another sample.
- ERROR: nothing could be asked before a person changes something (no token, no address); asking again is
  useless.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from bot.domain.targets import Check
from bot.domain.values import Mark, Measurement, Verdict

FIRST_PAUSE = timedelta(milliseconds=250)
LONGEST_PAUSE = timedelta(seconds=5)
NAMED = 3
"""Checks that a step's reason spells out; the rest is counted."""


def judge(check: Check, measurement: Measurement, wanted: Collection[str]) -> Verdict:
    """What one sample says of the versions under test; `wanted` are their ids.

    Only a passing sample is looked at further: it must name a wanted version (unless the check asks for no
    proof) and be quick enough. Proof comes first, as another version's latency says nothing of this one.
    """
    if not measurement.verdict.passed:
        return measurement.verdict
    unproven = _unproven(measurement.version, wanted) if check.proof else ""
    if unproven:
        return Verdict(Mark.INCONCLUSIVE, unproven)
    return _in_time(check.max_latency, measurement)


def _unproven(version: str | None, wanted: Collection[str]) -> str:
    if version in wanted:
        return ""
    if not wanted:
        return "answered, but nobody knows which version should"
    if version is None:
        return "answered, but named no version: return the version_metadata binding's id, or set proof = false"
    return f"answered by version {_short(version)}, not {' or '.join(map(_short, sorted(wanted)))}"


def _in_time(limit: timedelta | None, measurement: Measurement) -> Verdict:
    if limit is None:
        return measurement.verdict
    if measurement.latency is None:
        return Verdict(Mark.INCONCLUSIVE, "answered, but how long it took is not known")
    allowed = limit.total_seconds()
    if measurement.latency > allowed:
        return Verdict(Mark.FAIL, f"took {_beyond(measurement.latency, allowed)} s, allowed {allowed:g} s")
    return measurement.verdict


def settled(verdict: Verdict) -> bool:
    """True where another sample would not change the verdict: it passed, or nothing can be asked at all."""
    return verdict.mark in (Mark.PASS, Mark.ERROR)


def pause(check: Check, verdict: Verdict, samples: int, elapsed: timedelta) -> timedelta | None:
    """How long to wait before the next sample of a check, None where the last verdict stands.

    `samples` were taken so far, `elapsed` is counted from before the first. Pauses double from a quarter of a
    second to five seconds; none is so long that the next sample would begin at the deadline or later.
    """
    left = check.deadline - elapsed
    if settled(verdict) or left <= timedelta(0):
        return None
    wanted = min(FIRST_PAUSE * 2 ** min(max(samples - 1, 0), 10), LONGEST_PAUSE)
    return wanted if wanted < left else None


def overall(verdicts: Mapping[str, Verdict]) -> Verdict:
    """A step's verdict from those of its gates or checks, by name, in whatever order they came.

    All pass: pass. Any fail: fail, naming them. Else error before inconclusive. None at all: inconclusive.
    """
    if not verdicts:
        return Verdict(Mark.INCONCLUSIVE, "nothing was measured")
    for mark in (Mark.FAIL, Mark.ERROR, Mark.INCONCLUSIVE):
        named = {name: one.reason for name, one in verdicts.items() if one.mark is mark}
        if named:
            return Verdict(mark, _listed(named))
    return Verdict(Mark.PASS)


def watch_verdict(history: Sequence[Verdict], ended: bool = False) -> Verdict | None:
    """What a watch has come to, None while it goes on; `history` is oldest first, `ended` when its time is
    over.

    Two FAILs in a row fail it at once, and samples that tell nothing do not break the row: one bad answer may
    be chance, two without a good one between them are not. At the end the last sample must pass.
    """
    row = 0
    for verdict in history:
        row = row + 1 if verdict.mark is Mark.FAIL else 0 if verdict.passed else row
        if row == 2:
            return Verdict(Mark.FAIL, f"failed twice in a row: {verdict.reason}")
    if not ended:
        return None
    return history[-1] if history else Verdict(Mark.INCONCLUSIVE, "watched, but measured nothing")


def _listed(reasons: Mapping[str, str]) -> str:
    names = sorted(reasons)
    said = [f"{name}: {reasons[name]}" if reasons[name] else name for name in names[:NAMED]]
    more = len(names) - NAMED
    return "; ".join(said) + (f"; and {more} more" if more > 0 else "")


def _short(version: str) -> str:
    return version[:8]


def _beyond(took: float, allowed: float) -> str:
    """Two decimals, or as many more as it takes to read as more than was allowed."""
    for places in (2, 3, 4):
        if round(took, places) > allowed:
            return f"{round(took, places):g}"
    return f"over {allowed:g}"
