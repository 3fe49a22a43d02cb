"""What a check of the channels `http` and `health` may say, and what is wrong with what it says. Pure."""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from bot.domain.targets import Option

METHODS = ("GET", "HEAD", "POST")
NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
OWN = {"authorization": "name the token's variable in token_env", "host": "set the environment's url"}
"""Headers that have another place."""


@dataclass(frozen=True, slots=True)
class Request:
    """A check's options, read; the defaults stand here."""

    path: str = "/"
    method: str = "GET"
    status: tuple[int, ...] = ()
    """Any 2xx where empty."""
    json: Mapping[str, Option] = field(default_factory=dict)
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    token_env: str = ""
    redirects: bool = False
    components: tuple[str, ...] = ()


def problems(options: Mapping[str, Option], channel: str = "http") -> list[str]:
    """Everything that is wrong, a sentence each; empty where the check can be measured."""
    known = RULES[channel]
    found = []
    for name, value in options.items():
        if name not in known:
            found.append(unknown(name, known))
        elif what := known[name](value):
            found.append(f"{name} {what}")
    return found


def read(options: Mapping[str, Option], channel: str = "http") -> Request:
    """The request that valid options ask for."""
    given = dict(options)
    status = given.pop("status", ())
    given["status"] = (status,) if isinstance(status, int) else tuple(status)
    given["components"] = tuple(given.get("components", ()))
    given.setdefault("path", "/healthz" if channel == "health" else "/")
    return Request(**given)


def unknown(name: str, known: Mapping[str, object]) -> str:
    """The sentence about an option that is none of the `known`."""
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
    return f"there is no option {name}: {hint}"


def _path(value: Option) -> str:
    good = isinstance(value, str) and value.startswith("/") and value.isprintable() and " " not in value
    return "" if good and not value.startswith("//") else 'must be a path such as "/health"'


def _method(value: Option) -> str:
    return "" if value in METHODS else f"must be one of {', '.join(METHODS)}"


def _status(value: Option) -> str:
    listed = value if isinstance(value, list | tuple) and value else [value]
    good = all(type(one) is int and 100 <= one <= 599 for one in listed)
    return "" if good else "must be a number from 100 to 599, or a list of such"


def _text(value: Option) -> str:
    return "" if isinstance(value, str) and value else "must be a text to look for"


def _truth(value: Option) -> str:
    return "" if isinstance(value, bool) else "must be true or false"


def _token_env(value: Option) -> str:
    good = isinstance(value, str) and VARIABLE.fullmatch(value)
    return "" if good else "must be the name of an environment variable, never the token itself"


def _components(value: Option) -> str:
    good = isinstance(value, list | tuple) and all(isinstance(one, str) and one for one in value)
    return "" if good else "must be a list of names"


def _json(value: Option) -> str:
    if not isinstance(value, Mapping):
        return 'must be a table such as { status = "ok" }'
    odd = next(_not_json(value, "json"), "")
    return f"has a value that JSON cannot have, at {odd}" if odd else ""


def _not_json(value: Option, path: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _not_json(inner, f"{path}.{name}")
    elif isinstance(value, list | tuple):
        for at, inner in enumerate(value):
            yield from _not_json(inner, f"{path}[{at}]")
    elif not isinstance(value, str | int | float | bool):
        yield path


def _headers(value: Option) -> str:
    if not isinstance(value, Mapping):
        return 'must be a table such as { accept = "application/json" }'
    for name, text in value.items():
        if str(name).lower() in OWN:
            return f"must not have {name}: {OWN[str(name).lower()]}"
        if not NAME.fullmatch(str(name)):
            return f"has {name!r}, which is no header's name"
        if not isinstance(text, str) or not text.isascii() or not text.isprintable():
            return f"has {name} with a value that is no visible ASCII text"
    return ""


Rule = Callable[[Option], str]
_SHARED: Mapping[str, Rule] = {
    "path": _path,
    "headers": _headers,
    "token_env": _token_env,
    "redirects": _truth,
}
RULES: Mapping[str, Mapping[str, Rule]] = {
    "http": {**_SHARED, "method": _method, "status": _status, "json": _json, "text": _text},
    "health": {**_SHARED, "components": _components},
}
