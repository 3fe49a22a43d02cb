"""What every command and every button does in every state of a run: asked of the code, written to a page.

`python -m tests.domain.commands_table` writes docs/what-each-command-does.md anew; a test holds the page to the code.
"""

from collections.abc import Iterator
from pathlib import Path

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
)
from bot.domain.decide import decide
from bot.domain.fold import evolve, start
from bot.domain.grammar import parse
from bot.domain.picture import Begin, Decision, Note, Picture, Tell
from bot.domain.plan import RunKind
from bot.domain.refusal import Refusal
from bot.domain.run import Run
from bot.view.answer import heard, noted
from bot.view.notice import begun
from bot.view.state import state
from bot.view.wording import refused
from tests.domain.moments import BEFORE, EARLIER, ESTATE, NEW, Moment, board_of, moments, picture_of
from tests.fakes import estates
from tests.fakes.estates import NOON, actor

PAGE = Path(__file__).parents[2] / "docs" / "what-each-command-does.md"


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
    picture = picture_of(command, board, run)
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
            return type(event).__name__, noted(event, board.runs).text


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
