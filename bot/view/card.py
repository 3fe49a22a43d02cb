"""The card: one run's live picture, platform-free. `card(run, now)` draws it, each platform renders it."""

from dataclasses import dataclass
from enum import StrEnum


class Light(StrEnum):
    """How a line of the card is marked."""

    WAITING = "waiting"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    UNSURE = "unsure"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of the plan: its mark, name, seconds taken so far (None before it began), and a few words."""

    light: Light
    name: str
    seconds: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One verified channel: verdict, latency in seconds, one reason."""

    light: Light
    channel: str
    latency: float | None = None
    reason: str = ""


class ButtonStyle(StrEnum):
    """How a button should look; Roll back and Abort are DANGER."""

    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press. `token`: at most 60 ASCII characters, carries the run and the state it was drawn for."""

    label: str
    token: str
    style: ButtonStyle = ButtonStyle.PLAIN


@dataclass(frozen=True, slots=True)
class RunCard:
    """Everything a platform shows of a run."""

    run: str
    title: str
    """Verb, target → environment."""
    subtitle: str
    """Short commit and subject."""
    actor: str
    state: str
    """Where it is now, in one line."""
    light: Light
    steps: tuple[StepRow, ...] = ()
    checks: tuple[CheckRow, ...] = ()
    canary: int | None = None
    """Weight of the canary, 0–100; None where nothing is split."""
    ready: bool | None = None
    """Rollback light: True ready, False blocked, None before it is known."""
    way_back: str = ""
    """'rollback ready …' or 'blocked: why'."""
    buttons: tuple[Button, ...] = ()
    over: bool = False
    """Nothing will change any more but the buttons."""
