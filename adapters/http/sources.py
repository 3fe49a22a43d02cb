"""What a source of the kinds `probes` and `http` may say, and what is wrong with what it says. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from adapters.http.options import RULES as CHECKS
from adapters.http.options import unknown
from adapters.http.selectors import selector
from bot.domain.targets import Option

Rule = Callable[[Option], str]
MOST_RATE = 10.0
METHODS = ("GET", "HEAD")
COUNTER = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
"""What an application's own counter may be called."""
UNITS = {"s": 1.0, "ms": 0.001, "us": 0.000001}
JSON, PAGE = "json", "prometheus"
"""What the counters are written in: a JSON document, or a page in Prometheus' text format."""
VERSION = "$version"
"""What stands in a page's selectors for a side's version id."""
EXAMPLE = 'http_requests_total{version="$version"}'


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
    """Options of the kind `http`, read. Where there is `versions`, the other pointers begin at the version's table.
    Of a page, `requests`, `errors`, `extra` and `buckets` are selectors.
    """

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
    format: str = JSON

    @property
    def together(self) -> bool:
        """Whether one answer has both versions; otherwise each is asked for its own."""
        return bool(self.versions) or (self.format == PAGE and VERSION in self.requests)


def problems(options: Mapping[str, Option], kind: str) -> list[str]:
    """Everything that is wrong, a sentence each; empty where the source can be asked."""
    page = kind == "http" and options.get("format") == PAGE
    known = _PAGE_RULES if page else RULES[kind]
    found = []
    for name, value in options.items():
        if name not in known:
            found.append(unknown(name, known))
        elif what := known[name](value):
            found.append(f"{name} {what}")
    if page:
        found += _of_a_page(options)
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


def _of_a_page(options: Mapping[str, Option]) -> list[str]:
    """What is wrong with selectors that may stand alone: either all of them name the version, or none does."""
    found = [f"there must be {name}" for name in ("requests", "errors") if name not in options]
    extra = options.get("extra")
    every = [options.get(name) for name in ("requests", "errors", "buckets")]
    texts = [one for one in [*every, *(extra.values() if isinstance(extra, Mapping) else ())] if isinstance(one, str)]
    naming = [VERSION in one for one in texts]
    if any(naming) and not all(naming):
        found.append(f"put {VERSION} into every selector, or into none where each version has a page of its own")
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


def _selector(value: Option) -> str:
    good = isinstance(value, str) and selector(value) is not None
    return "" if good else f"must be a selector such as {EXAMPLE}"


def _selectors(value: Option) -> str:
    named = isinstance(value, Mapping) and all(COUNTER.fullmatch(str(name)) for name in value)
    good = named and not any(_selector(one) for one in value.values())
    return "" if good else f"must be a table of names and selectors such as {EXAMPLE}"


def _format(value: Option) -> str:
    return "" if value in (JSON, PAGE) else f"must be one of {JSON}, {PAGE}"


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
        "format": _format,
    },
    "probes": {**_SHARED, "rate": _rate, "status": CHECKS["http"]["status"], "method": _method},
}
_PAGE_RULES: Mapping[str, Rule] = {
    **{name: rule for name, rule in RULES["http"].items() if name not in ("versions", "quantiles")},
    **dict.fromkeys(("requests", "errors", "buckets"), _selector),
    "extra": _selectors,
}
"""Of the kind `http` where `format` says that it is a page."""
