"""Every screen worth looking at, by name. `python -m tests.view.gallery` writes tests/transcripts anew."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from adapters.console.render import render, text_of
from bot.domain.events import AbortRequested, Approved, Rejected
from bot.domain.plan import StepKind
from bot.domain.values import Mark
from bot.view.card import RunCard, card
from tests.view import rollouts
from tests.view.stories import (
    BEN,
    IMAGE,
    OBJECTS,
    TWO,
    Answers,
    Story,
    at,
    deploy,
    failing,
    judged_bad,
    measured,
    promote,
    reaching,
    roll_back,
    unhealthy,
    unhealthy_with_log,
    verify,
)

FOLDER = Path(__file__).parent.parent / "transcripts"
WIDTHS = (60, 80, 120)


def _drawn(story: Story) -> RunCard:
    return card(story.run, story.now)


def _aborted() -> RunCard:
    story = deploy().until(at(StepKind.HEALTH))
    story.hear(AbortRequested(BEN, story.now))
    return _drawn(story.until())


def _rejected() -> RunCard:
    story = promote().until()
    story.hear(Rejected(BEN, story.now))
    return _drawn(story.until())


def _needs_hands() -> RunCard:
    answers: Answers = {
        StepKind.HEALTH: unhealthy,
        (StepKind.RESTORE, "worker"): failing("the provider answered 503 to every try"),
    }
    return _drawn(deploy(answers, TWO).until())


def _unsure() -> RunCard:
    nothing = "the answer named no version, so it proves nothing about this release"
    answers: Answers = {
        (StepKind.VERIFY, "agent"): lambda action, when: measured(action, when, Mark.INCONCLUSIVE, nothing, 1.31),
        (StepKind.VERIFY, "telegram"): failing("api.telegram.org could not be reached: 5 tries in 30s"),
    }
    return _drawn(deploy(answers).until(at(StepKind.RESTORE)))


def _rolled(name: str) -> RunCard:
    return _drawn(rollouts.STORIES[name]())


def _approved() -> RunCard:
    story = promote().until()
    story.hear(Approved(BEN, story.now))
    return _drawn(story.until())


SCREENS: dict[str, Callable[[], RunCard]] = {
    "queued": lambda: card(deploy().run, deploy().now, place=2),
    "running": lambda: _drawn(deploy().until(at(StepKind.VERIFY, "agent"))),
    "watching": lambda: _drawn(deploy().until(lambda run: len(run.acts_of(StepKind.WATCH)) > 3)),
    "approval": lambda: _drawn(promote().until()),
    "no_way_back": lambda: _drawn(promote(reaching(OBJECTS)).until()),
    "way_back_limited": lambda: _drawn(deploy(reaching(IMAGE)).until(at(StepKind.HEALTH))),
    "approved": _approved,
    "rejected": _rejected,
    "succeeded": lambda: _drawn(deploy().until()),
    "failed_gate": lambda: _drawn(deploy({(StepKind.GATES, "tests"): judged_bad}).until()),
    "going_back": lambda: _drawn(deploy({StepKind.HEALTH: unhealthy_with_log}).until(at(StepKind.RESTORE))),
    "rolled_back": lambda: _drawn(deploy({StepKind.HEALTH: unhealthy}).until()),
    "unsure": _unsure,
    "aborted": _aborted,
    "needs_hands": _needs_hands,
    "roll_back": lambda: _drawn(roll_back().until()),
    "verify_failed": lambda: _drawn(verify({(StepKind.VERIFY, "agent"): failing("closed with code 1011")}).until()),
    **{name: partial(_rolled, name) for name in rollouts.STORIES if name not in ("rollout_half", "rollout_resumed")},
}


def screen(name: str, width: int, ascii: bool = False) -> str:
    """One card as text."""
    return "".join(f"{text_of(line)}\n" for line in render(SCREENS[name](), width, ascii))


def pages() -> dict[str, str]:
    """File name -> what stands in it."""
    cards = {f"{name}_{width}.txt": screen(name, width) for name in SCREENS for width in WIDTHS}
    return {**cards, "running_ascii.txt": screen("running", 80, ascii=True)}


def main() -> None:
    """Write them all."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
