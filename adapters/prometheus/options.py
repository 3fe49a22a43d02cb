"""What a source of the kind `prometheus` may say, and what is wrong with what it says. Pure."""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.domain.targets import Option

VERSION, WINDOW = "$version", "$window"
"""What stands in a query for the side's version id, and for the length of time to count."""
UNITS = {"s": 1.0, "ms": 0.001}
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
COUNTER = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
SHORTEST_WINDOW, LONGEST_WINDOW, LONGEST_LAG = 10, 600, 600


@dataclass(frozen=True, slots=True)
class Asked:
    """Options, read."""

    url: str
    requests: str
    errors: str
    buckets: str = ""
    """A query whose series have the label `le`; empty where latency is not asked for."""
    unit: str = "s"
    """Of the bounds in `le`."""
    extra: Mapping[str, str] = field(default_factory=dict)
    window: timedelta = timedelta(seconds=60)
    """The shortest time that is counted at once: two scrapes have to lie in it."""
    lag: timedelta = timedelta(seconds=30)
    """How long after its end a window's scrapes are there."""
    token_env: str = ""


def problems(options: Mapping[str, Option]) -> list[str]:
    """Everything that is wrong, a sentence each; empty where the source can be asked."""
    found = []
    for name, value in options.items():
        if name not in RULES:
            found.append(_unknown(name))
        elif what := RULES[name](value):
            found.append(f"{name} {what}")
    missing = [name for name in ("url", "requests", "errors") if name not in options]
    return found + ([f"there must be {', '.join(missing)}"] if missing else [])


def read(options: Mapping[str, Option]) -> Asked:
    """What valid options ask for."""
    spans = {name: timedelta(seconds=options[name]) for name in ("window", "lag") if name in options}
    return Asked(**{**options, **spans})


def _unknown(name: str) -> str:
    close = difflib.get_close_matches(name, RULES, n=1)
    hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(RULES)}"
    return f"there is no option {name}: {hint}"


def _url(value: Option) -> str:
    good = isinstance(value, str) and value.isprintable() and re.fullmatch(r"https?://[^\s/@?#]+(/[^\s?#]*)?", value)
    return "" if good else 'must be the address of the server, such as "https://prometheus.example", without a password'


def _query(value: Option) -> str:
    good = isinstance(value, str) and VERSION in value and WINDOW in value
    return "" if good else f"must be a query with {VERSION} and {WINDOW} in it, such as {EXAMPLE}"


def _queries(value: Option) -> str:
    named = isinstance(value, Mapping) and all(COUNTER.fullmatch(str(name)) for name in value)
    good = named and not any(_query(query) for query in value.values())
    return "" if good else f"must be a table of names and queries, each with {VERSION} and {WINDOW} in it"


def _seconds(least: int, most: int) -> Callable[[Option], str]:
    def rule(value: Option) -> str:
        good = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        return "" if good else f"must be a whole number of seconds from {least} to {most}"

    return rule


def _unit(value: Option) -> str:
    return "" if value in UNITS else f"must be one of {', '.join(UNITS)}"


def _token_env(value: Option) -> str:
    good = isinstance(value, str) and VARIABLE.fullmatch(value)
    return "" if good else "must be the name of an environment variable, never the token itself"


EXAMPLE = "sum(increase(http_requests_total{version='$version'}[$window]))"
RULES: Mapping[str, Callable[[Option], str]] = {
    "url": _url,
    "requests": _query,
    "errors": _query,
    "buckets": _query,
    "unit": _unit,
    "extra": _queries,
    "window": _seconds(SHORTEST_WINDOW, LONGEST_WINDOW),
    "lag": _seconds(0, LONGEST_LAG),
    "token_env": _token_env,
}
