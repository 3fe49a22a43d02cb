"""What a source of the kinds `cloudflare` and `tail` may say, and what is wrong with what it says. Pure."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.domain.targets import Option

LEAST_LAG, MOST_LAG = 30, 600
CLOCKS = ("wall", "cpu")


@dataclass(frozen=True, slots=True)
class Asked:
    """Options, read."""

    clock: str = "wall"
    """Which time is a latency: on the wall, or of the processor."""
    lag: timedelta = timedelta(seconds=75)
    """How old analytics have to be to be taken for complete."""


def problems(options: Mapping[str, Option], kind: str) -> list[str]:
    """Everything that is wrong, a sentence each; empty where the source can be asked."""
    known = RULES[kind]
    found = []
    for name, value in options.items():
        if name not in known:
            found.append(_unknown(name, known))
        elif what := known[name](value):
            found.append(f"{name} {what}")
    return found


def read(options: Mapping[str, Option]) -> Asked:
    """What valid options ask for."""
    asked = Asked(options.get("latency", "wall"))
    return replace(asked, lag=timedelta(seconds=options["lag"])) if "lag" in options else asked


def _unknown(name: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
    return f"there is no option {name}: {hint}"


def _lag(value: Option) -> str:
    good = isinstance(value, int | float) and not isinstance(value, bool) and LEAST_LAG <= value <= MOST_LAG
    return "" if good else f"must be a number of seconds from {LEAST_LAG} to {MOST_LAG}"


def _clock(value: Option) -> str:
    return "" if value in CLOCKS else f"must be one of {', '.join(CLOCKS)}"


RULES: Mapping[str, Mapping[str, Callable[[Option], str]]] = {
    "cloudflare": {"latency": _clock, "lag": _lag},
    "tail": {"latency": _clock},
}
