"""Every state of a direct and of a gradual run, walked to by the code itself, and what a command meets in it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.board import Board, Head, head_of
from bot.domain.commands import (
    Advance,
    Command,
    Pause,
    RollBack,
    SetWeight,
)
from bot.domain.decide import decide
from bot.domain.events import AbortRequested
from bot.domain.fold import start
from bot.domain.locate import locate
from bot.domain.picture import Picture, Tell
from bot.domain.plan import Plan, RunKind, StepKind
from bot.domain.refusal import Refusal
from bot.domain.run import Run
from bot.domain.targets import Strategy
from bot.domain.values import Outcome, RunId
from tests.fakes import estates
from tests.fakes.estates import BOB, EVE, NOON, OPS, actor
from tests.fakes.walk import How, Walk, stopped_at

EARLIER, BEFORE, NEW = RunId("0000run8"), RunId("0000run7"), RunId("0000run9")
GRADUAL = replace(
    estates.environment("production", promotes_to=None, approvals=1),
    strategy=Strategy.GRADUAL,
    bake=timedelta(seconds=15),
    bake_max=timedelta(seconds=30),
)
ESTATE = estates.estate([estates.target(environments=[estates.CANARY, GRADUAL])])


FIRST = start(estates.requested(estates.deploying(ESTATE.targets[0], GRADUAL), run=RunId("0000run6")))
"""The run that another one waits for."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A state: its name, the run in it, and how many other runs are before it."""

    name: str
    run: Run
    now: datetime
    ahead: bool = False


def promotion() -> Plan:
    (target,) = ESTATE.targets
    return estates.promoting(target, estates.release(2))


def rolling(name: str, *commands: Command, script: dict[str, How] | None = None, land: bool = True) -> Moment:
    """A rollout at its first weight to which these words were said."""
    walked = stopped_at(promotion(), StepKind.ROLLOUT)
    _at_first_weight(walked)
    for item, how in (script or {}).items():
        walked.now += timedelta(seconds=20)
        walked.settle()
        walked.land((StepKind.ROLLOUT, item), how)
        walked.settle()
    for command in commands:
        say(walked, command)
        walked.settle()
        for key in list(walked.flight) if land else ():
            walked.land(key)
        walked.settle()
    return Moment(name, walked.run, walked.now)


def _at_first_weight(walked: Walk) -> None:
    for _ in range(3):
        walked.settle()
        for key in list(walked.flight):
            walked.land(key)
    walked.settle()


def asking() -> Moment:
    """Nobody comes, so nobody can tell: it asks at the end."""
    walked = stopped_at(promotion(), StepKind.ROLLOUT, {(StepKind.ROLLOUT, "look at probes"): How.INCONCLUSIVE})
    walked.go(agree=False)
    assert walked.run.rollout.bake is not None
    assert walked.run.rollout.bake.verdict is not None
    return Moment("rollout: it asks, as nobody can tell", walked.run, walked.now)


def at(name: str, plan: Plan, step: StepKind, **script: How) -> Moment:
    walked = stopped_at(plan, step, {StepKind(kind): how for kind, how in script.items()})
    walked.settle()
    return Moment(name, walked.run, walked.now)


def over(name: str, plan: Plan, **script: How) -> Moment:
    walked = Walk(plan, {StepKind(kind): how for kind, how in script.items()})
    walked.go()
    return Moment(name, walked.run, walked.now)


def secrets(plan: Plan) -> Moment:
    walked = Walk(plan, {StepKind.HEALTH: How.FAIL, StepKind.RESTORE: How.QUESTION})
    walked.go(agree=False)
    return Moment("direct: going back asks about secrets", walked.run, walked.now)


def aborting() -> Moment:
    walked = stopped_at(promotion(), StepKind.ROLLOUT)
    walked.append(AbortRequested(actor(EVE), walked.now))
    return Moment("rollout: aborted, nothing restored yet", walked.run, walked.now)


def aborted() -> Moment:
    walked = stopped_at(promotion(), StepKind.ROLLOUT)
    walked.append(AbortRequested(actor(EVE), walked.now))
    walked.go()
    return Moment("over: aborted", walked.run, walked.now)


def waiting(name: str, plan: Plan) -> Moment:
    walked = Walk(plan)
    walked.go(until=StepKind.APPROVAL, approve=False)
    walked.settle()
    return Moment(name, walked.run, walked.now)


def paused_first() -> Moment:
    walked = stopped_at(promotion(), StepKind.SMOKE)
    say(walked, Pause())
    walked.go(agree=False)
    return Moment("rollout: paused before its first weight", walked.run, walked.now)


def say(walked: Walk, command: Command) -> None:
    """Have eve say that; it has to be obeyed."""
    picture = picture_of(command, board_of(walked.run), walked.run)
    assert not isinstance(picture, Refusal), picture
    found = decide(estates.asked(command, actor(EVE), at=walked.now), picture, NEW)
    assert isinstance(found, Tell), found
    walked.append(found.event)


def moments() -> Iterator[Moment]:
    """Every state of a direct and of a gradual run."""
    (target,) = ESTATE.targets
    direct, gradual = estates.deploying(target), promotion()
    yield Moment("queued behind another run", start(estates.requested(gradual, actor(BOB))), NOON, ahead=True)
    for step in (StepKind.GATES, StepKind.BUILD, StepKind.DEPLOY, StepKind.HEALTH, StepKind.VERIFY, StepKind.WATCH):
        yield at(f"direct: {step}", direct, step)
    yield at("direct: going back", direct, StepKind.RESTORE, health=How.FAIL)
    yield secrets(direct)
    yield at("gradual: gates", gradual, StepKind.GATES)
    yield waiting("gradual: waits for an approval", gradual)
    for step in (StepKind.SNAPSHOT, StepKind.BUILD, StepKind.UPLOAD, StepKind.SMOKE):
        yield at(f"gradual: {step}", gradual, step)
    yield paused_first()
    yield at("rollout: the first weight is being set", gradual, StepKind.ROLLOUT)
    yield rolling("rollout: baking at 10 %")
    yield rolling("rollout: advanced", Advance(), land=False)
    yield rolling("rollout: paused at 10 %", Pause())
    yield asking()
    yield rolling("rollout: somebody else deployed", script={"live of worker": How.SPLIT})
    yield rolling("rollout: 30 % by hand", SetWeight(30))
    yield rolling("rollout: 0 % by hand", SetWeight(0))
    yield rolling("rollout: 100 % by hand, being set", SetWeight(100), land=False)
    yield aborting()
    for step in (StepKind.ROUTES, StepKind.VERIFY, StepKind.WATCH):
        yield at(f"gradual: {step}", gradual, step)
    yield at("gradual: going back", gradual, StepKind.RESTORE, verify=How.FAIL)
    yield over("over: succeeded", gradual)
    yield over("over: rolled back", gradual, verify=How.FAIL)
    yield aborted()
    yield over("over: stopped", gradual, gates=How.FAIL)
    yield over("over: needs hands", gradual, verify=How.FAIL, restore=How.TROUBLE)


def earlier_heads() -> tuple[Head, Head]:
    """What was verified in canary, and what was brought to production before."""
    verified = estates.head(EARLIER, number=2, at=NOON - timedelta(hours=1))
    yesterday, older = NOON - timedelta(days=1), estates.snapshot(number=5)
    return verified, estates.head(BEFORE, RunKind.PROMOTE, "production", number=1, at=yesterday, way_back=older)


def board_of(run: Run, ahead: bool = False) -> Board:
    """The board with this run on it; canary was verified before, and production had a release before that."""
    head = replace(head_of(run), order=3)
    standing = [*earlier_heads()]
    if run.outcome is Outcome.SUCCEEDED:
        standing.append(head)
    first = [head_of(FIRST)] if ahead else []
    under_way = [*first, head] if run.outcome is None else []
    return estates.board(under_way, standing)


def picture_of(command: Command, board: Board, run: Run) -> Picture | Refusal:
    """As the intake makes it."""
    archive = {run.id: head_of(run), **{head.run: head for head in earlier_heads()}}
    earlier = archive.get(getattr(command, "drawn", None) or RunId(""))
    site = locate(command, ESTATE, board, OPS, earlier)
    if isinstance(site, Refusal):
        return site
    name = site.run
    if isinstance(command, RollBack) and site.target and site.environment:
        lane = board.lane(site.target.name, site.environment.name)
        name = lane[0].run if lane else None
    past = [head for head in board.standing.values() if site.environment and head.environment == site.environment.name]
    if run.outcome is Outcome.NEEDS_HANDS:
        past = [head_of(run), *past]
    return Picture(ESTATE, board, site, {run.id: run, FIRST.id: FIRST}.get(name or RunId("")), past)
