"""Plays a run without a world: asks `advance`, appends its facts, and ends acts as a test says. Time is a number.

`Walk` keeps the runner's promises and nothing else: an `ActStarted` before each act unless it is resumed, an act that
is in flight is not begun twice, a crash forgets what is in flight. Everything else is the domain's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum, auto
from typing import TypeAlias

from bot.domain.action import Action, Next
from bot.domain.events import (
    ActEnded,
    ActFailed,
    ActStarted,
    Approved,
    CheckMeasured,
    CommitPinned,
    ComponentBuilt,
    ComponentDeployed,
    ComponentRestored,
    Event,
    GateJudged,
    MigrationsApplied,
    SecretsAccepted,
    SnapshotTaken,
)
from bot.domain.fold import evolve, start
from bot.domain.plan import Plan, StepKind
from bot.domain.rollout_events import Advanced, Resumed
from bot.domain.run import Run, Way
from bot.domain.steps import advance
from bot.domain.values import Live, Mark, Measurement, Verdict
from tests.fakes.estates import ANA, EVE, MAX, NOON, actor, commit, component, live, requested, split, target
from tests.fakes.rolling import rolled, taken


class How(StrEnum):
    """How an act ends. Gates and checks have four marks; every other act either does what it should or fails."""

    PASS = auto()
    FAIL = auto()
    ERROR = auto()
    INCONCLUSIVE = auto()
    TROUBLE = auto()
    """The act itself came to nothing."""
    QUESTION = auto()
    """The provider wants a person's word about secrets (switch and restore only)."""
    CONFLICT = auto()
    """The provider's state was not what had been read, so nothing was done (deploy and switch only)."""
    REPLACED = auto()
    """It was done, and somebody else's took its place before it was read back (weights only)."""
    NEVER = auto()
    """A snapshot finds that nothing was ever deployed."""
    SPLIT = auto()
    """A snapshot finds somebody else's gradual deployment; whoever looks later finds somebody else's deployment."""


Key: TypeAlias = tuple[StepKind, str]
Script: TypeAlias = Mapping[StepKind | Key, How]
"""What an act, or every act of a step, ends in; PASS where nothing is said."""

PAIR = target(components=[component("api", d1=("db",)), component("worker")])
"""A target of two components, the first with a database."""

MARKS = {How.FAIL: Mark.FAIL, How.ERROR: Mark.ERROR, How.INCONCLUSIVE: Mark.INCONCLUSIVE}
SECOND_EYES = (EVE, MAX, ANA)
LIMIT = 2000
"""Questions to `advance` after which a run that neither ends nor waits is taken to go round in circles."""


def end_of(run: Run, action: Action, how: How, at: datetime) -> ActEnded:
    """The fact that ends the act in that way. Deploys bring version 2 live, the way back what its snapshot says."""
    step, item = action.step, action.item
    if how is How.QUESTION:
        return ActFailed(step, item, at, "secrets differ", question=(f"{item.upper()}_KEY",))
    if how is How.CONFLICT:
        return taken(step, item, at)
    if how is How.REPLACED:
        return replace(taken(step, item, at), untouched=False)
    if how is How.TROUBLE or (how in MARKS and step not in (*JUDGED, StepKind.SMOKE, StepKind.ROLLOUT)):
        return ActFailed(step, item, at, "it broke", log=("line 1", "line 2"))
    if found := rolled(run, step, item, at, how):
        return found
    if step in JUDGED:
        return _judged(
            step, item, at, Verdict(MARKS[how], f"{item} says {how}") if how in MARKS else Verdict(Mark.PASS)
        )
    return _done(run, step, item, at, how)


def _judged(step: StepKind, item: str, at: datetime, verdict: Verdict) -> ActEnded:
    if step is StepKind.GATES:
        return GateJudged(step, item, at, verdict)
    return CheckMeasured(step, item, at, Measurement(verdict, 0.2), verdict)


def _done(run: Run, step: StepKind, item: str, at: datetime, how: How) -> ActEnded:
    match step:
        case StepKind.CHECKOUT:
            return CommitPinned(step, item, at, run.commit or commit(2))
        case StepKind.SNAPSHOT:
            return SnapshotTaken(step, item, at, _found(run, item, how))
        case StepKind.BUILD:
            return ComponentBuilt(step, item, at, f"{2:064x}")
        case StepKind.MIGRATE:
            return MigrationsApplied(step, item, at, {"db": ("0001_init.sql",)})
        case StepKind.DEPLOY:
            return ComponentDeployed(step, item, at, live(item, 2))
        case StepKind.SWITCH:
            goal = run.plan.goal.of(item) if run.plan.goal else None
            return ComponentDeployed(step, item, at, goal or live(item, 1))
        case _:
            return ComponentRestored(step, item, at, run.snapshot.of(item) or Live(item))


JUDGED = frozenset({StepKind.GATES, StepKind.HEALTH, StepKind.VERIFY, StepKind.WATCH, StepKind.RECHECK})


def _found(run: Run, item: str, how: How) -> Live:
    """A snapshot of a run that goes forward finds release 1, one of a rollback finds release 2."""
    if how is How.NEVER:
        return Live(item)
    return split(item) if how is How.SPLIT else live(item, 2 if run.plan.goal else 1)


@dataclass
class Walk:
    """One run on its way. `asked` is every action that `advance` gave, in order, with the count of events then."""

    plan: Plan
    script: Script = field(default_factory=dict)
    ahead: int = 0
    now: datetime = NOON
    events: list[Event] = field(default_factory=list)
    flight: dict[Key, Action] = field(default_factory=dict)
    asked: list[tuple[int, Action]] = field(default_factory=list)
    done: list[tuple[int, Action]] = field(default_factory=list)
    """Those of them that were to be done, not only to be ended."""

    def __post_init__(self) -> None:
        first = requested(self.plan)
        self.events.append(first)
        self.run = start(first)

    def append(self, *events: Event) -> None:
        """Append to the stream."""
        for event in events:
            self.events.append(event)
            self.run = evolve(self.run, event)

    def settle(self) -> Next:
        """Ask until there is nothing to append and nothing new to begin; the last answer."""
        for _ in range(LIMIT):
            answer = advance(self.run, self.now, self.ahead)
            if answer.events:
                self.append(*answer.events)
            elif not self._begin(answer):
                return answer
        raise AssertionError(f"the run goes round in circles: {self.events[-6:]}")

    def _begin(self, answer: Next) -> bool:
        new = [action for action in answer.actions if (action.step, action.item) not in self.flight]
        for action in new:
            self.asked.append((len(self.events), action))
            if not answer.cancel:
                self.done.append((len(self.events), action))
            self.flight[action.step, action.item] = action
            if not action.resumed:
                self.append(ActStarted(action.step, action.item, self.now, action.attempt))
        return bool(new)

    def land(self, key: Key, how: How | None = None) -> None:
        """End an act that is in flight; as the script says where nothing is said here."""
        action = self.flight.pop(key)
        planned = self.script.get(key, self.script.get(action.step, How.PASS))
        self.append(end_of(self.run, action, how or planned, self.now))

    def crash(self) -> None:
        """Forget everything that is not in the journal."""
        self.flight.clear()

    def go(self, until: StepKind | None = None, approve: bool = True, agree: bool = True) -> Run:
        """Let it run: to its end, to where it waits for a person who stays silent, or to the beginning of that step."""
        for _ in range(LIMIT):
            answer = self.settle()
            if self._stands(until):
                return self.run
            if self.flight:
                self.land(next(iter(self.flight)))
            elif not self._answer(approve, agree):
                if not agree and stands_still(self.run):
                    return self.run
                if answer.wake is None or (awaits_approval(self.run) and not approve):
                    return self.run
                self.now = max(answer.wake, self.now + timedelta(milliseconds=1))
        raise AssertionError("the run never ends")

    def _stands(self, until: StepKind | None) -> bool:
        current = self.run.current
        return self.run.way is Way.ENDED or (until is not None and current is not None and current.kind is until)

    def _answer(self, approve: bool, agree: bool) -> bool:
        if agree and self.run.question:
            self.append(SecretsAccepted(actor(EVE), self.now))
            return True
        if agree and stands_still(self.run):
            rollout = self.run.rollout
            still = rollout.held_by is not None or rollout.overtaken is not None
            self.append(Resumed(actor(EVE), self.now) if still else Advanced(actor(EVE), self.now))
            return True
        if approve and awaits_approval(self.run):
            said = {one.person for one in self.run.approvals}
            self.append(Approved(actor(next(one for one in SECOND_EYES if one.name not in said)), self.now))
            return True
        return False


def stands_still(run: Run) -> bool:
    """True of a rollout that goes on when a person says so and not before."""
    rollout, step = run.rollout, run.current
    if run.way is not Way.FORWARD or step is None or step.kind is not StepKind.ROLLOUT or run.aborted_by:
        return False
    bake = rollout.bake
    asks = bake is not None and bake.verdict is not None and not bake.verdict.passed and bake.advanced_by is None
    return asks or rollout.held_by is not None or rollout.overtaken is not None


def awaits_approval(run: Run) -> bool:
    """True while a second pair of eyes is asked for and has not answered."""
    current = run.current
    waits = run.way is Way.FORWARD and current is not None and current.kind is StepKind.APPROVAL
    return waits and run.rejected_by is None and len(run.approvals) < run.plan.environment.approvals


def walk(plan: Plan, script: Script | None = None, until: StepKind | None = None) -> Walk:
    """A run of that plan, gone as far as it goes; people say yes to everything."""
    walked = Walk(plan, script or {})
    walked.go(until)
    return walked


def begun(walked: Walk, step: StepKind) -> list[str]:
    """Items of the acts of that step, in the order in which they were begun; again where one was begun again."""
    return [one.item for one in walked.events if isinstance(one, ActStarted) and one.step is step]


def stopped_at(plan: Plan, until: StepKind, script: Script | None = None) -> Walk:
    """A run that has begun the acts of that step and ended none of them."""
    walked = walk(plan, script, until)
    assert walked.run.current is not None, "the run never came there"
    assert walked.run.current.kind is until, "the run never came there"
    return walked
