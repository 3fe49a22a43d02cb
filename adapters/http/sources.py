"""What a source of the kinds `probes` and `http` may say, and what is wrong with what it says. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from adapters.http.options import RULES as CHECKS
from adapters.http.options import unknown
from bot.domain.targets import Option

Rule = Callable[[Option], str]
MOST_RATE = 10.0
METHODS = ("GET", "HEAD")
COUNTER = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
"""What an application's own counter may be called."""
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


@dataclass(frozen=True, slots=True)
class Counting:
    """Options of the kind `http`, read. Where there is `versions`, the other pointers begin at the version's table."""

    url: str = ""
    path: str = ""
    """Below the environment's url, where there is no `url`."""
    versions: str = ""
    """The table whose keys are version ids; empty where each version is asked for its own document."""
    requests: str = "/requests"
    errors: str = "/errors"
    extra: Mapping[str, str] = field(default_factory=dict)
    buckets: str = ""
    quantiles: str = ""
    unit: str = "s"
    """Of bounds and quantiles."""
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
    return found + (_together(options) if kind == "http" else [])


def probing(options: Mapping[str, Option]) -> Probing:
    """The probes that valid options ask for."""
    given = dict(options)
    status = given.pop("status", ())
    return Probing(status=(status,) if isinstance(status, int) else tuple(status), **given)


def counting(options: Mapping[str, Option]) -> Counting:
    """The document that valid options ask for."""
    return Counting(**options)


def _together(options: Mapping[str, Option]) -> list[str]:
    """What is wrong with options that may stand alone."""
    found = []
    if ("url" in options) == ("path" in options):
        found.append("give either path, below the environment's url, or a whole url")
    if "buckets" in options and "quantiles" in options:
        found.append("give either buckets or quantiles: both tell of the same latencies")
    if "unit" in options and not {"buckets", "quantiles"} & options.keys():
        found.append("unit is that of buckets or quantiles: give one of them too")
    return found


def _url(value: Option) -> str:
    good = isinstance(value, str) and value.isprintable() and re.fullmatch(r"https?://[^\s/@]+(/\S*)?", value)
    return "" if good else 'must be an address such as "https://app.example/metrics.json", without a password in it'


def _pointer(value: Option) -> str:
    good = isinstance(value, str) and re.fullmatch(r"(/[^/\s]*)+", value)
    return "" if good else 'must be a JSON pointer such as "/requests"'


def _pointers(value: Option) -> str:
    named = isinstance(value, Mapping) and all(COUNTER.fullmatch(str(name)) for name in value)
    good = named and not any(_pointer(pointer) for pointer in value.values())
    return "" if good else 'must be a table such as { timeouts = "/timeouts" }'


def _unit(value: Option) -> str:
    return "" if value in UNITS else f"must be one of {', '.join(UNITS)}"


def _rate(value: Option) -> str:
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= MOST_RATE
    return "" if good else f"must be a number of requests a second, above 0 and at most {MOST_RATE:g}"


def _method(value: Option) -> str:
    return "" if value in METHODS else f"must be one of {', '.join(METHODS)}"


_SHARED: Mapping[str, Rule] = {name: CHECKS["http"][name] for name in ("path", "headers", "token_env")}
RULES: Mapping[str, Mapping[str, Rule]] = {
    "http": {
        **_SHARED,
        "url": _url,
        **dict.fromkeys(("versions", "requests", "errors", "buckets", "quantiles"), _pointer),
        "extra": _pointers,
        "unit": _unit,
    },
    "probes": {**_SHARED, "rate": _rate, "status": CHECKS["http"]["status"], "method": _method},
}
