"""What every command and every button does in every state of a run: asked of the code, written to a page.

`python -m tests.domain.commands_table` writes docs/what-each-command-does.md anew; a test holds the page to the code.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.domain.board import Board, Head, head_of
from bot.domain.commands import (
    Abort,
    Advance,
    Approve,
    Command,
    Pause,
    Promote,
    Reject,
    Resume,
    RollBack,
    SetWeight,
)
from bot.domain.decide import decide
from bot.domain.events import AbortRequested
from bot.domain.fold import evolve, start
from bot.domain.grammar import parse
from bot.domain.locate import locate
from bot.domain.picture import Begin, Decision, Note, Picture, Tell
from bot.domain.plan import Plan, RunKind, StepKind
from bot.domain.refusal import Refusal
from bot.domain.run import Run
from bot.domain.targets import Strategy
from bot.domain.values import Outcome, RunId
from bot.view.answer import heard, noted
from bot.view.notice import begun
from bot.view.state import state
from bot.view.wording import refused
from tests.fakes import estates
from tests.fakes.estates import BOB, EVE, NOON, OPS, actor
from tests.fakes.walk import How, Walk, stopped_at

PAGE = Path(__file__).parents[2] / "docs" / "what-each-command-does.md"
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
    walked = stopped_at(promotion(), StepKind.ROLLOUT, {(StepKind.ROLLOUT, "look"): How.INCONCLUSIVE})
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
    picture = _picture(command, board_of(walked.run), walked.run)
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


# ---------------------------------------------------------------- asking


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


def _picture(command: Command, board: Board, run: Run) -> Picture | Refusal:
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


def typed(words: str) -> Command:
    found = parse(words, ESTATE, NOON)
    assert not isinstance(found, Refusal), found
    return found


def asks(run: Run) -> dict[str, Command]:
    """Everything that can be typed about a run's environment, and every button that any card may still show."""
    place, weight = run.plan.environment.name, run.rollout.weight
    words = [f"/deploy {place}", "/promote", f"/rollback {place}", f"/rollback {place} to={estates.commit(1).short}"]
    words += ["/approve", "/reject", "/abort", "/pause", "/resume", "/advance", "/weight 0", "/weight 30"]
    words += ["/weight 100", f"/verify {place}", f"/lock {place}", f"/unlock {place}", "/freeze 2h", "/unfreeze"]
    buttons: dict[str, Command] = {
        "Approve": Approve(run.id, "release"),
        "Approve older secrets": Approve(run.id, "secrets"),
        "Reject": Reject(run.id),
        "Pause": Pause(run.id),
        "Resume": Resume(run.id, str(weight)),
        "Resume, drawn at another weight": Resume(run.id, "77"),
        "Advance": Advance(run.id, str(weight)),
        "Advance, drawn at another weight": Advance(run.id, "77"),
        "Abort": Abort(run.id),
        "Roll back": RollBack(drawn=run.id),
        "Roll back, on the earlier card": RollBack(drawn=BEFORE if place == "production" else EARLIER),
        "Promote, on the card of the earlier environment": Promote(drawn=EARLIER),
    }
    return {
        **{f"`{one}`": typed(one) for one in words},
        **{f"[{label}]": command for label, command in buttons.items()},
    }


def outcome(moment: Moment, command: Command) -> tuple[str, str]:
    """What it leads to and the sentence of the answer."""
    run, board = moment.run, board_of(moment.run, moment.ahead)
    picture = _picture(command, board, run)
    asked = estates.asked(command, actor(estates.MAX), at=moment.now)
    decision: Decision = picture if isinstance(picture, Refusal) else decide(asked, picture, NEW)
    match decision:
        case Refusal(code=code):
            return f"refused: {code}", refused(decision).text
        case Begin(event=event, stops=stops):
            new = start(event)
            verifies = new.plan.kind is RunKind.VERIFY
            ahead = len(board.lane(new.plan.target.name, new.plan.environment.name))
            also = " and stops this one" if run.id in stops else ""
            return f"begins a {new.plan.kind}{also}", begun(new, 0 if verifies else ahead).text
        case Tell(event=event):
            told = picture.run if isinstance(picture, Picture) and picture.run else run
            return type(event).__name__, heard(event, evolve(told, event)).text
        case Note(event=event):
            return type(event).__name__, noted(event).text


def rows(moment: Moment) -> Iterator[tuple[str, str, str]]:
    """What is asked (all that comes to the same, together), what it leads to, what is said."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, command in asks(moment.run).items():
        found.setdefault(outcome(moment, command), []).append(name)
    for (does, says), names in found.items():
        yield ", ".join(names), does, says


HEAD = """# What each command does

Every command and every button, in every state of a run. This page is made by the code that it tells of:
`python -m tests.domain.commands_table` writes it anew, and a test holds it to the code.

The run is 0000run1, max asks, and before it release cccccc1 was brought to production.
What stands in square brackets is a button; one on a card that was drawn earlier can still be pressed. What only looks
(`/plan`, `/status`, `/history`, `/secrets`, `/help`, `/whoami`) is answered in every state and changes nothing.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for moment in moments():
        lines = "\n".join(f"| {asked} | {does} | {says} |" for asked, does, says in rows(moment))
        shown = state(moment.run, moment.now, int(moment.ahead))
        head = f"\n## {moment.name[0].upper()}{moment.name[1:]}\n\nOn its card: {shown}.\n"
        parts.append(f"{head}\n| asked | leads to | is said |\n| --- | --- | --- |\n{lines}\n")
    return "".join(parts)


def main() -> None:
    """Write it."""
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
