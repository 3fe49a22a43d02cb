"""From samples to verdicts (stand-in until the real one is merged in)."""

from collections.abc import Mapping

from bot.domain.values import Mark, Verdict


def overall(verdicts: Mapping[str, Verdict]) -> Verdict:
    """All pass: pass; any fail: fail; else inconclusive."""
    bad = {name: one for name, one in verdicts.items() if not one.passed}
    if not verdicts:
        return Verdict(Mark.INCONCLUSIVE, "nothing was measured")
    if not bad:
        return Verdict(Mark.PASS)
    marks = {one.mark for one in bad.values()}
    mark = next(mark for mark in (Mark.FAIL, Mark.ERROR, Mark.INCONCLUSIVE) if mark in marks)
    return Verdict(mark, "; ".join(f"{name}: {one.reason}" if one.reason else name for name, one in bad.items()))
