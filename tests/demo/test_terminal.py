"""The demo from its start to /quit in one sitting, in a real terminal, as a person sees it."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.adapters.console.person import Person, person

PROMPT = "▸"
LONG = 120.0
"""Seconds that anything may take which builds, deploys or starts; the machine may be busy."""
ENVIRON = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """One for both sizes: checkouts and packages stay from one demo to the next."""
    with TemporaryDirectory() as name:
        yield Path(name) / "demo"


def check(lines: list[str]) -> None:
    """What holds of every screen: no control characters, no log, and one input line at the bottom."""
    assert all(len(line) <= 80 for line in lines)
    assert all(line.isprintable() for line in lines), lines
    assert not [line for line in lines if re.search(r"\[(info|warning|error)|Traceback|\^\[|\[\d+;\d+R", line)], lines
    prompts = [number for number, line in enumerate(lines) if line.startswith(PROMPT)]
    assert prompts, lines
    assert not any(line.strip() for line in lines[prompts[-1] + 2 :]), lines


def see(one: Person, text: str, deadline: float = LONG) -> list[str]:
    """What came since the last line was typed, once that text stands in it and the input line is there.

    It may have gone off the top already: what is final in a low window is longer than the window.
    """
    lines = one.wait(lambda seen: any(text in line for line in since(one)) and _has_prompt(seen), deadline)
    check(lines)
    return since(one)


def since(one: Person) -> list[str]:
    """Everything below the line that was typed last."""
    lines = one.scrollback()
    typed = [number for number, line in enumerate(lines) if re.match(rf"{PROMPT} [/\d]", line)]
    below = [number for number, line in enumerate(lines) if line.startswith(PROMPT)][-1:]
    typed = [number for number in typed if number not in below]
    return lines[typed[-1] :] if typed else lines


def _has_prompt(lines: list[str]) -> bool:
    filled = [line for line in lines if line.strip()]
    return any(line.startswith(PROMPT) for line in filled[-2:])


def number_of(lines: list[str], label: str) -> str:
    """The number that presses that button."""
    found = [match[1] for line in lines if (match := re.search(rf"\[(\d)\] {label}", line))]
    assert found, lines
    return found[-1]


def ask(one: Person, words: str, *answers: str) -> None:
    one.type(words)
    for text in answers:
        see(one, text)


def deploy(one: Person) -> None:
    """The first deploy, watched: steps change while half a command stands in the input line."""
    one.type("/deploy canary")
    see(one, "Deploy hello → canary")
    one.type("/sta", enter=False)
    marks = set()
    for step in ("gates", "build", "deploy"):
        lines = see(one, f"● {step}")
        assert f"{PROMPT} /sta" in lines, lines
        marks.add("".join(line for line in lines if re.match(r"▌ [●○✓]", line)))
    assert len(marks) == 3, "the card changes"
    one.type("tus")
    see(one, f"{PROMPT} /status")
    lines = see(one, "is live in canary after")
    lines = see(one, "▌ ✓ live: ")
    assert number_of(lines, "Promote")


def promote(one: Person) -> None:
    one.type("/promote")
    see(one, "Promote hello → production")
    see(one, "is live in production after")


def steer(one: Person) -> None:
    """A rollout in a person's hands: held, given another weight, let go on, hurried, and taken back."""
    ask(one, "/fix", "Mended and committed")
    one.type("/deploy canary")
    see(one, "is live in canary after")
    one.type("/promote")
    see(one, "● canary 10 %")
    ask(one, "/pause", "You paused the rollout at 10 %")
    ask(one, "/weight 30", "You chose 30 % for the canary.", "The canary has 30 % of production, read back")
    ask(one, "/resume", "You lets the rollout go on.")
    ask(one, "/advance", "You skipped the rest of the bake at 30 %.", "The canary has 50 % of production")
    ask(one, "/abort", "production is back on", "▌ – aborted")


def tire(one: Person) -> None:
    """A release that is well until it has traffic comes back by the evidence."""
    ask(one, "/break 20%", "fails 20 % of its requests")
    one.type("/deploy canary")
    see(one, "is live in canary after")
    one.type("/promote")
    see(one, "the canary fails more")
    see(one, "▌ ✗ rolled back to ")


def break_it(one: Person) -> None:
    """A release that is bad comes back by itself, and says why."""
    ask(one, "/break", "Its tests pass")
    one.type("/deploy canary")
    see(one, "● health")
    see(one, "Going back to ")
    see(one, "canary is back on")
    see(one, "▌ ✗ rolled back to ")


def undo(one: Person) -> None:
    """A good release, and the button that undoes it."""
    ask(one, "/fix", "Mended and committed")
    one.type("/deploy canary")
    see(one, "Read greetings from the table that exists")
    lines = see(one, "Deploy hello → canary  [")  # production's card keeps a button of the same name
    own = [line for line in lines if "Deploy hello → canary  [" in line]
    one.type(number_of(own, "Roll back"))
    see(one, "Roll back hello → canary")
    see(one, "▌ ✓ live again: ")


def questions(one: Person) -> None:
    ask(one, "/status", "hello: what is live", "production")
    ask(one, "/history", "newest first", "rolled back")
    ask(one, "/plan canary", "tried by the run")
    ask(one, "/verify canary", "Everything passed in canary", "✓ verified: everything passed")
    ask(one, "/secrets canary", "has every secret that is required")
    ask(one, "/whoami", "I know you as You, on console as you.", "deployer, approver, admin")
    ask(one, "/help", "In this demo there are also:", "/fix")
    ask(one, "/deploy canry", "Did you mean canary?")
    ask(one, "99", "That button is out of date")


def abort(one: Person) -> None:
    one.type("/deploy canary")
    see(one, "● build")
    ask(one, "/abort", "aborted by You")


@contextmanager
def demo(rows: int, folder: Path) -> Iterator[Person]:
    """The demo until the block ends, which it has to leave well."""
    with person(rows, 80, ENVIRON, ["demo", "--folder", str(folder), "--watch", "2s"], module="bot") as one:
        lines = see(one, "/help · Tab completes")
        assert any("Type /deploy canary" in line for line in lines)
        yield one
        one.type("/quit")
        assert one.status() == 0
        assert not [line for line in one.scrollback() if len(line) > 80]


@pytest.mark.parametrize("rows", [24, pytest.param(40, marks=pytest.mark.soak)])
def test_the_whole_story(rows: int, folder: Path) -> None:
    with demo(rows, folder) as one:
        for chapter in (deploy, promote, break_it, undo, questions, abort):
            chapter(one)
        whole = one.scrollback()
    assert len([line for line in whole if line.startswith("▌ ✗ rolled back to")]) == 1
    assert len([line for line in whole if re.match(r"▌ Deploy hello → canary", line)]) == 4


@pytest.mark.soak
@pytest.mark.parametrize("rows", [24, 40])
def test_traffic_in_steps(rows: int, folder: Path) -> None:
    with demo(rows, folder) as one:
        for chapter in (deploy, promote, tire, steer):
            chapter(one)
