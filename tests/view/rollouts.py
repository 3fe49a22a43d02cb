"""Rollouts to draw: stories whose canary gets traffic in steps, and answers its requests well or badly."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache

from bot.domain.action import Action
from bot.domain.analysis.counts import Counts, Poll
from bot.domain.analysis.histogram import Histogram
from bot.domain.baking import EDGE, LOOK, shares
from bot.domain.events import ActFailed, Approved, ComponentDeployed, Event
from bot.domain.plan import Plan, StepKind, promote_plan
from bot.domain.rollout_events import LiveSeen, Looked, Paused, Resumed, RoutesSet, VersionUploaded, WeightChosen
from bot.domain.run import Run, component_of, seeing, setting_of
from bot.domain.targets import Strategy
from bot.domain.values import ComponentVersion, Live, Share
from tests.view.stories import ANA, BEN, OLD_AND_NEW, PRODUCTION, RELEASE, TARGET, Story, at, measured

GRADUAL = replace(PRODUCTION, strategy=Strategy.GRADUAL, bake=timedelta(minutes=5), bake_max=timedelta(minutes=10))
ROLLING = replace(TARGET, environments=(TARGET.environments[0], GRADUAL))
THEIRS = Live("worker", (Share("77777777-0000-4000-8000-000000000007", 100),), "d7", "carl@example")


@dataclass
class Rolling(Story):
    """A promotion along a gradual environment. `bad` and `slow` are the canary's; the baseline rarely fails."""

    plan: Plan = field(default_factory=lambda: promote_plan(ROLLING, GRADUAL, RELEASE))
    per_second: float = 90
    bad: float = 0.001
    slow: float = 1.0
    troubled: str = ""
    taken: bool = False

    def answer(self, action: Action, at: datetime) -> Event:
        """As a rollout has it; the rest as in any story."""
        made = self._rolled(action.step, action.item, at)
        return (
            made if made is not None and (action.step, action.item) not in self.answers else super().answer(action, at)
        )

    def _rolled(self, step: StepKind, item: str, at: datetime) -> Event | None:
        before, after = OLD_AND_NEW.get(component_of(item), ("", ""))
        if step is StepKind.UPLOAD:
            return VersionUploaded(step, item, at, ComponentVersion(item, after))
        if step is StepKind.ROUTES:
            return RoutesSet(step, item, at)
        if found := setting_of(item):
            live = Live(found[0], shares(before, after, found[1]), message=f"run={self.run.id}")
            return ComponentDeployed(step, item, at, live)
        if item == seeing(component_of(item)):
            return LiveSeen(step, item, at, THEIRS if self.taken else self.run.deployed[0])
        if item.startswith(EDGE):
            return measured(Action(step, item), at)
        return self._look(step, item, at) if item.startswith(LOOK) else None

    def _look(self, step: StepKind, item: str, at: datetime) -> Looked:
        run = self.run
        last = [poll.at for look in run.rollout.looks for poll in look.polls]
        begun = run.rollout.bakes[-1].chosen_at
        since = max([*last[-1:], begun])
        if self.troubled:
            return Looked(step, item, at, (), {"probes": self.troubled})
        if at <= since:
            return Looked(step, item, at)
        every = int(self.per_second * (at - since).total_seconds())
        mine = every * run.rollout.weight // 100
        sides = _side(every - mine, 0.001, 1), _side(mine, self.bad, self.slow)
        return Looked(step, item, at, (Poll(since, at, "probes", run.rollout.weight, *sides),))


def _side(requests: int, bad: float, slow: float) -> Counts:
    times = [0.05 * slow * (0.6 + 0.8 * place / max(1, requests)) for place in range(requests)]
    return Counts(requests, int(requests * bad + 0.5), Histogram.of(times))


def promoted(**changes: object) -> Rolling:
    """A rollout that somebody let go, up to where its first steps are done."""
    story = Rolling(**changes)  # type: ignore[arg-type]  # fields of a story, by name
    story.until(lambda run: bool(run.current and run.current.kind is StepKind.APPROVAL and run.current.started_at))
    story.hear(Approved(BEN, story.now))
    return story


def measured_at(weight: int, looks: int = 30) -> Callable[[Run], bool]:
    """At that weight, and looked at so often."""

    def holds(run: Run) -> bool:
        return run.rollout.weight == weight and len(run.rollout.looks) >= looks

    return holds


def good() -> Rolling:
    return _ended(promoted())


def bad() -> Rolling:
    return _ended(promoted(bad=0.08))


def slow() -> Rolling:
    return _ended(promoted(slow=1.6))


def baking() -> Rolling:
    return _to(promoted(), measured_at(10, 20))


def half() -> Rolling:
    return _to(promoted(), lambda run: run.rollout.weight == 50 and run.act(StepKind.ROLLOUT, "edge 2") is not None)


def paused() -> Rolling:
    story = baking()
    story.hear(Paused(BEN, story.now))
    return story


def asking() -> Rolling:
    return _to(promoted(per_second=0), lambda run: bool(run.rollout.bakes and run.rollout.bakes[-1].verdict))


def unmeasured() -> Rolling:
    return _to(promoted(troubled="no answer within 15 s"), measured_at(10, 60))


def taken() -> Rolling:
    story = baking()
    story.taken = True
    return _to(story, lambda run: run.rollout.overtaken is not None)


def by_hand() -> Rolling:
    story = baking()
    story.hear(WeightChosen(30, story.now, BEN))
    first = len(story.run.rollout.looks)
    for _ in range(400):
        story.until(lambda run: len(run.rollout.looks) > first + 12)
        if len(story.run.rollout.looks) > first + 12:
            break
        story.now += timedelta(seconds=5)
    return story


def first_held() -> Rolling:
    story = promoted().until(at(StepKind.SMOKE))
    assert isinstance(story, Rolling)
    story.hear(Paused(ANA, story.now))
    return _to(story, at(StepKind.ROLLOUT))


def not_set() -> Rolling:
    story = promoted()
    refused = "Cloudflare answered 503 to every try"
    story.answers = {(StepKind.ROLLOUT, "worker@10#1"): lambda a, t: ActFailed(a.step, a.item, t, refused)}
    return _ended(story)


def resumed() -> Rolling:
    story = taken()
    story.taken = False
    story.hear(Resumed(BEN, story.now))
    return _to(story, lambda run: len(run.rollout.looks) > 25)


def _ended(story: Rolling) -> Rolling:
    return _to(story, lambda run: run.outcome is not None)


def _to(story: Rolling, holds: Callable[[Run], bool]) -> Rolling:
    found = story.until(holds)
    assert isinstance(found, Rolling)
    assert holds(found.run), "the story never came there"
    return found


_MADE: dict[str, Callable[[], Rolling]] = {
    "rollout_good": good,
    "rollout_bad": bad,
    "rollout_slow": slow,
    "rollout_baking": baking,
    "rollout_half": half,
    "rollout_paused": paused,
    "rollout_asking": asking,
    "rollout_unmeasured": unmeasured,
    "rollout_overtaken": taken,
    "rollout_by_hand": by_hand,
    "rollout_first_held": first_held,
    "rollout_not_set": not_set,
    "rollout_resumed": resumed,
}

STORIES = {name: cache(make) for name, make in _MADE.items()}
"""Each is told once; who reads it leaves it as it is."""
