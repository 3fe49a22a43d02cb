"""What the acts of a gradual run end in: uploads, weights, looks with counts, and what is seen to be live."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.domain.analysis.counts import Counts, Poll
from bot.domain.analysis.histogram import Histogram
from bot.domain.baking import EDGE, LOOK, shares
from bot.domain.events import ActEnded, ActFailed, CheckMeasured, ComponentDeployed
from bot.domain.plan import PROBES, StepKind
from bot.domain.rollout_events import LiveSeen, Looked, RoutesSet, VersionUploaded
from bot.domain.run import Run, component_of, seeing, setting_of
from bot.domain.values import ComponentVersion, Live, Mark, Measurement, Verdict
from tests.fakes.estates import live, version

CANARY, THEIRS = 2, 7
"""The numbers of the versions that the run uploads, and that somebody else deploys meanwhile."""
PER_SECOND = 1000
"""Requests, of both sides together."""
GOOD, BAD = 0.0, 0.4
"""Shares of the canary's requests that fail."""


def uploaded(item: str) -> ComponentVersion:
    """The version that the run makes of a component."""
    return ComponentVersion(item, version(item, CANARY), worker=item)


def theirs(component: str) -> Live:
    """What somebody else deploys meanwhile."""
    return live(component, THEIRS, "carl@acme.example")


def at_weight(run: Run, component: str, weight: int) -> Live:
    """The run's own split of a component's traffic."""
    split = shares(version(component, 1), version(component, CANARY), weight)
    return Live(component, split, f"deployment-{weight}", "outrider", f"Outrider run={run.id}")


def live_now(run: Run, component: str) -> Live:
    """What is live of a component if nobody else has deployed: the run's own last doing, else what was before it."""
    mine = [one for one in run.deployed if one.component == component]
    return mine[0] if mine else run.snapshot.of(component) or live(component)


def rolled(run: Run, step: StepKind, item: str, at: datetime, how: str) -> ActEnded | None:
    """The fact that ends such an act in that way (the words of `walk.How`); None for acts of other steps."""
    if step is StepKind.UPLOAD:
        return VersionUploaded(step, item, at, uploaded(item))
    if step is StepKind.ROUTES:
        return RoutesSet(step, item, at)
    if step not in (StepKind.SMOKE, StepKind.ROLLOUT, StepKind.WATCH):
        return None
    if found := setting_of(item):
        return ComponentDeployed(step, item, at, at_weight(run, found[0], found[1]))
    if item == seeing(component_of(item)):
        name = component_of(item)
        return LiveSeen(step, item, at, theirs(name) if how == "split" else live_now(run, name))
    if item.startswith(LOOK):
        return looked(run, item, at, how)
    return _measured(step, item, at, how) if step is StepKind.SMOKE or item.startswith(EDGE) else None


def taken(step: StepKind, item: str, at: datetime) -> ActFailed:
    """The weight was not set: somebody else had deployed."""
    found = theirs(component_of(item)) if setting_of(item) else None
    return ActFailed(step, item, at, "somebody else was first", untouched=True, live=found)


MARKS: Mapping[str, Mark] = {"fail": Mark.FAIL, "error": Mark.ERROR, "inconclusive": Mark.INCONCLUSIVE}


def _measured(step: StepKind, item: str, at: datetime, how: str) -> CheckMeasured:
    verdict = Verdict(MARKS[how], f"{item} says {how}") if how in MARKS else Verdict(Mark.PASS)
    return CheckMeasured(step, item, at, Measurement(verdict, 0.2), verdict)


def looked(run: Run, item: str, at: datetime, how: str) -> Looked:
    """One look: a steady stream of requests since the last one. INCONCLUSIVE: nobody came. ERROR: no source answers."""
    source = run.plan.sources[0].name if run.plan.sources else PROBES.name
    since = max((poll.at for one in run.rollout.looks for poll in one.polls), default=run.requested_at)
    bake = run.rollout.bake
    since = max(since, bake.chosen_at) if bake else since
    if how == "error":
        return Looked(StepKind.ROLLOUT, item, at, (), {source: "no answer within 15 s"})
    if at <= since:
        return Looked(StepKind.ROLLOUT, item, at)
    seconds = 0 if how == "inconclusive" else min((at - since) / timedelta(seconds=1), 60)
    every, weight = round(PER_SECOND * seconds), run.rollout.weight
    mine = every * weight // 100
    sides = _counts(every - mine, GOOD), _counts(mine, BAD if how == "fail" else GOOD)
    return Looked(StepKind.ROLLOUT, item, at, (Poll(since, at, source, weight, *sides),))


def _counts(requests: int, bad: float) -> Counts:
    spread = dict.fromkeys(range(-37, -27), requests // 10) if requests >= 10 else {}
    return Counts(requests, round(requests * bad), Histogram(spread))
