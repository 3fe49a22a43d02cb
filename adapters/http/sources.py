"""What a source of the kinds `probes` and `http` may say, and what is wrong with what it says. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from adapters.http.options import RULES as CHECKS
from adapters.http.options import unknown
from bot.domain.targets import Option

Rule = Callable[[Option], str]
MOST_RATE = 10.0
METHODS = ("GET", "HEAD")
UNITS = {"s": 1.0, "ms": 0.001, "us": 0.000001}


@dataclass(frozen=True, slots=True)
class Probing:
    """Options of the kind `probes`, read."""

    rate: float = 2.0
    """Requests a second to each version, on average."""
    path: str = ""
    """The environment's health path where empty."""
    method: str = "GET"
    status: tuple[int, ...] = ()
    """Any 2xx where empty."""
    headers: Mapping[str, str] = field(default_factory=dict)
    token_env: str = ""


def problems(options: Mapping[str, Option], kind: str) -> list[str]:
    """Everything that is wrong, a sentence each; empty where the source can be asked."""
    known = RULES[kind]
    found = []
    for name, value in options.items():
        if name not in known:
            found.append(unknown(name, known))
        elif what := known[name](value):
            found.append(f"{name} {what}")
    return found


def probing(options: Mapping[str, Option]) -> Probing:
    """The probes that valid options ask for."""
    given = dict(options)
    status = given.pop("status", ())
    return Probing(status=(status,) if isinstance(status, int) else tuple(status), **given)


def _rate(value: Option) -> str:
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= MOST_RATE
    return "" if good else f"must be a number of requests a second, above 0 and at most {MOST_RATE:g}"


def _method(value: Option) -> str:
    return "" if value in METHODS else f"must be one of {', '.join(METHODS)}"


_SHARED: Mapping[str, Rule] = {name: CHECKS["http"][name] for name in ("path", "headers", "token_env")}
RULES: Mapping[str, Mapping[str, Rule]] = {
    "probes": {**_SHARED, "rate": _rate, "status": CHECKS["http"]["status"], "method": _method},
}
