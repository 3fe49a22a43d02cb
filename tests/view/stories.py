"""Runs to draw: event streams that the real `advance` leads through, with scripted answers from outside."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bot.domain.action import Action
from bot.domain.events import (
    ActFailed,
    ActStarted,
    CheckMeasured,
    CommitPinned,
    ComponentBuilt,
    ComponentDeployed,
    ComponentRestored,
    Event,
    GateJudged,
    MigrationsApplied,
    RunRequested,
    SnapshotTaken,
)
from bot.domain.fold import evolve, start
from bot.domain.plan import Plan, StepKind, deploy_plan, promote_plan, rollback_plan, verify_plan
from bot.domain.rollout_events import LiveSeen
from bot.domain.run import Run, component_of, seeing
from bot.domain.steps import advance
from bot.domain.targets import BranchGate, Check, CommandGate, Component, Environment, Health, Target
from bot.domain.values import (
    Actor,
    Bookmark,
    Commit,
    ComponentVersion,
    Live,
    Mark,
    Measurement,
    Reach,
    Release,
    RunId,
    Share,
    Snapshot,
    Verdict,
)
from tests.fakes.walk import stands_still

BEGIN = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
ANA = Actor("console", "ana", "ana")
BEN = Actor("console", "ben", "ben")
COMMIT = Commit("1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d", "Greet people by their name", "Ana")
BEFORE = "9f8e7d6c-0000-4000-8000-000000000001"
AFTER = "5e6f7a8b-0000-4000-8000-000000000002"
API_BEFORE = "0c1d2e3f-0000-4000-8000-000000000003"
API_AFTER = "7a7b7c7d-0000-4000-8000-000000000004"
RUN = RunId("k3v9x2mq")
PASS = Verdict(Mark.PASS)

CANARY = Environment(
    "canary",
    "https://canary.example",
    promotes_to="production",
    watch=timedelta(minutes=4),
    health=Health("/health", timedelta(minutes=2)),
)
PRODUCTION = Environment("production", "https://example", watch=timedelta(minutes=15), approvals=1)
WORKER = Component("worker", d1=("agent-db",))
API = Component("api")
TARGET = Target(
    "moltworker",
    "https://git.example/moltworker",
    "ops",
    (WORKER,),
    (CANARY, PRODUCTION),
    gates=(
        CommandGate("tests", ("npm", "test")),
        CommandGate("types", ("npx", "tsc")),
        BranchGate("branch", ("main",)),
    ),
    checks=(Check("http", "http"), Check("agent", "websocket"), Check("telegram", "telegram")),
)
TWO = replace(TARGET, components=(API, WORKER))
RELEASE = Release(COMMIT, (ComponentVersion("worker", AFTER),))
OLD_AND_NEW = {"worker": (BEFORE, AFTER), "api": (API_BEFORE, API_AFTER)}
SECONDS = {
    StepKind.CHECKOUT: 1.2,
    StepKind.GATES: 12.4,
    StepKind.SNAPSHOT: 0.3,
    StepKind.BUILD: 4.1,
    StepKind.MIGRATE: 2.0,
    StepKind.DEPLOY: 6.3,
    StepKind.SWITCH: 0.4,
    StepKind.HEALTH: 0.9,
    StepKind.VERIFY: 1.1,
    StepKind.WATCH: 0.2,
    StepKind.RESTORE: 0.5,
    StepKind.RECHECK: 0.3,
}
Answer = Callable[[Action, datetime], Event]
Answers = Mapping[tuple[StepKind, str] | StepKind, Answer]


def live(component: str, version: str) -> Live:
    return Live(component, (Share(version, 100),), author="ana@example", since=BEGIN - timedelta(days=2))


def measured(
    action: Action, at: datetime, mark: Mark = Mark.PASS, reason: str = "", latency: float | None = 0.042
) -> CheckMeasured:
    verdict = Verdict(mark, reason)
    return CheckMeasured(action.step, action.item, at, Measurement(verdict, latency, AFTER), verdict)


def failing(reason: str, log: Sequence[str] = (), live: Live | None = None) -> Answer:
    return lambda action, at: ActFailed(action.step, action.item, at, reason, tuple(log), live=live)


def usual(action: Action, at: datetime) -> Event:
    """What the outside world answers when all is well."""
    step, item = action.step, action.item
    before, after = OLD_AND_NEW.get(component_of(item), ("", ""))
    if step in (StepKind.WATCH, StepKind.ROLLOUT) and item == seeing(component_of(item)):
        return LiveSeen(step, item, at, live(component_of(item), after))
    match step:
        case StepKind.CHECKOUT:
            return CommitPinned(step, item, at, COMMIT)
        case StepKind.GATES:
            return GateJudged(step, item, at, PASS)
        case StepKind.SNAPSHOT:
            marks = (Bookmark(item, "agent-db", "00000085-0000024c"),) if item == "worker" else ()
            return SnapshotTaken(step, item, at, live(item, before), marks)
        case StepKind.BUILD:
            return ComponentBuilt(step, item, at, "ab" * 32)
        case StepKind.MIGRATE:
            return MigrationsApplied(step, item, at, {"agent-db": ("0007_names.sql",)})
        case StepKind.DEPLOY:
            return ComponentDeployed(step, item, at, live(item, after))
        case StepKind.SWITCH:
            return ComponentDeployed(step, item, at, live(item, before))
        case StepKind.RESTORE:
            return ComponentRestored(step, item, at, live(item, before))
        case _:
            return measured(action, at)


@dataclass
class Story:
    """A run told step by step; `answers` replaces the usual answer of an act, by (step, item) or by step."""

    plan: Plan
    answers: Answers = field(default_factory=dict)
    actor: Actor = ANA
    run_id: RunId = RUN

    def __post_init__(self) -> None:
        self.now = BEGIN
        first = RunRequested(self.run_id, self.plan, self.actor, self.now, "key")
        self.events: list[Event] = [first]
        self.run: Run = start(first)

    def hear(self, *events: Event) -> "Story":
        """Append facts, whoever they come from."""
        for event in events:
            self.events.append(event)
            self.run = evolve(self.run, event)
        return self

    def until(self, holds: Callable[[Run], bool] = lambda run: run.outcome is not None, ahead: int = 0) -> "Story":
        """Go on until that holds, or until only a person can go on."""
        while not holds(self.run):
            after = advance(self.run, self.now, ahead)
            if after.events:
                self.now += timedelta(milliseconds=40)
                self.hear(*after.events)
            elif after.actions:
                self._do(after.actions, holds)
            elif after.wake is not None and self._only_time():
                self.now = max(self.now, after.wake)
            else:
                break
        return self

    def _only_time(self) -> bool:
        """True where time passes and nobody is waited for."""
        step = self.run.current
        passes = step is not None and step.kind in (StepKind.WATCH, StepKind.ROLLOUT)
        return passes and not stands_still(self.run)

    def answer(self, action: Action, at: datetime) -> Event:
        """What becomes of an act."""
        own = self.answers.get((action.step, action.item)) or self.answers.get(action.step, usual)
        return own(action, at)

    def _do(self, actions: Sequence[Action], holds: Callable[[Run], bool]) -> None:
        begun = self.now
        fresh = [one for one in actions if not one.resumed]
        self.hear(*(ActStarted(one.step, one.item, self.now, one.attempt) for one in fresh))
        for number, action in enumerate(actions, 1):
            if holds(self.run):
                return
            self.now = begun + timedelta(seconds=SECONDS.get(action.step, 1) * number / len(actions))
            self.hear(self.answer(action, self.now))


def at(kind: StepKind, item: str = "") -> Callable[[Run], bool]:
    """True while that step, or that act of it, is under way."""

    def holds(run: Run) -> bool:
        step = run.current
        if step is None or step.kind is not kind or step.started_at is None:
            return False
        act = run.act(kind, item)
        return not item or (act is not None and act.end is None)

    return holds


def deploy(answers: Answers | None = None, target: Target = TARGET) -> Story:
    return Story(deploy_plan(target, CANARY, "main"), answers or {})


def promote(answers: Answers | None = None) -> Story:
    return Story(promote_plan(TARGET, PRODUCTION, RELEASE), answers or {})


def roll_back(answers: Answers | None = None) -> Story:
    return Story(rollback_plan(TARGET, CANARY, Snapshot((live("worker", BEFORE),))), answers or {})


def verify(answers: Answers | None = None) -> Story:
    return Story(verify_plan(TARGET, CANARY), answers or {})


NPM_LOG = (
    "> moltworker@1.4.0 test",
    "> vitest run",
    " FAIL  test/greeting.test.ts > greets people by their name",
    "AssertionError: expected 'Hello, undefined!' to be 'Hello, Ana!'",
    " Tests  1 failed | 41 passed (42)",
)
TRACE = (
    "GET https://canary.example/health -> 500",
    '{"error":"Cannot read properties of undefined (reading \'name\')"}',
)


def judged_bad(action: Action, at: datetime) -> Event:
    return GateJudged(action.step, action.item, at, Verdict(Mark.FAIL, "npm test exited with 1"), NPM_LOG)


def never_deployed(action: Action, at: datetime) -> Event:
    return SnapshotTaken(action.step, action.item, at, Live(action.item))


OBJECTS = Reach("Durable Objects of moltworker change, for good (the configuration is at 'v2', what is live at 'v1')")
ASKS = Reach(limits=("it asks first, as secrets of moltworker were changed since (API_KEY)",))
IMAGE = Reach(limits=("the image of moltworker's containers stays",))


def reaching(reach: Reach) -> Answers:
    """What a rollback would meet, as it is told of every component when the commit is pinned and at the snapshot."""

    def pinned(action: Action, at: datetime) -> Event:
        return CommitPinned(action.step, action.item, at, COMMIT, {"worker": reach, "api": reach})

    def taken(action: Action, at: datetime) -> Event:
        found = usual(action, at)
        assert isinstance(found, SnapshotTaken)
        return replace(found, reach=reach)

    return {StepKind.CHECKOUT: pinned, StepKind.SNAPSHOT: taken}


def other_secrets(action: Action, at: datetime) -> Event:
    return ActFailed(action.step, action.item, at, "secrets were changed since", question=("API_KEY",))


def unhealthy(action: Action, at: datetime) -> Event:
    return measured(action, at, Mark.FAIL, "/health answered 500 for 2m, expected 200", 0.031)


def unhealthy_with_log(action: Action, at: datetime) -> Event:
    return ActFailed(action.step, action.item, at, "/health answered 500 for 2m, expected 200", TRACE)
