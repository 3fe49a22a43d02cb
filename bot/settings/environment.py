"""The environment as frozen values: the one place that reads it, and what can be wrong in it."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import unquote, urlsplit

from bot.ports.platform import ChatPlatform, Variable
from bot.settings.platforms import chat_platforms
from bot.settings.problems import Problem, quoted
from bot.settings.values import Platform
from bot.settings.variables import variables

Environ = Mapping[str, str]
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
FOR_GIT = ("HTTPS_PROXY", "NO_PROXY", "GIT_SSL_CAINFO", "SSH_AUTH_SOCK")
FOR_NPM = ("HTTPS_PROXY", "NO_PROXY", "NODE_EXTRA_CA_CERTS", "NPM_TOKEN")
_SECRET_NAME = re.compile(r"TOKEN|SECRET|PASSW|PRIVATE|CREDENTIAL|API_?KEY|ACCESS_?KEY", re.IGNORECASE)
_SHORTEST = 8
"""Characters of a value that only its variable's name makes a secret; shorter ones are words like `true`."""


def environment() -> dict[str, str]:
    """The process's environment as it is now."""
    return dict(os.environ)


def taken(environ: Environ, names: Iterable[str]) -> dict[str, str]:
    """The named variables that are set, without the blanks around them."""
    return {name: environ[name].strip() for name in names if environ.get(name, "").strip()}


def npm_settings(environ: Environ) -> dict[str, str]:
    """The settings that npm itself reads from variables `npm_config_…`."""
    return {name: value for name, value in environ.items() if name.lower().startswith("npm_config_")}


@dataclass(frozen=True, slots=True)
class Values:
    """The variables of the table, with their defaults."""

    environ: Environ

    def __getitem__(self, name: str) -> str:
        """The value without the blanks around it; the default where it is not set."""
        return self.environ.get(name, "").strip() or variables()[name].default


def environ_problems(environ: Environ) -> Iterator[Problem]:
    """Everything that is wrong in the environment, whatever the configuration says."""
    values = Values(environ)
    for variable in variables().values():
        said = _complaint(variable, values[variable.name])
        if said:
            what, fix = said
            yield problem(variable.name, what, fix)
        if variable.guard and values[variable.name] and not values[variable.guard]:
            what = f"it is set without {variable.guard}, and {variable.unguarded}"
            yield problem(variable.name, what, f"Set {variable.guard} too, or leave both empty.")
    for name in environ:
        if name.startswith("OUTRIDER_") and name not in variables():
            near = _near(name, variables())
            yield problem(name, "there is no such variable", f"Did you mean {near}?" if near else "Remove it.")


def problem(name: str, what: str, fix: str) -> Problem:
    """Something wrong with a variable."""
    return Problem("environment", 0, name, what, fix)


def _complaint(variable: Variable, value: str) -> tuple[str, str] | None:
    shown, form = "its value" if variable.secret else quoted(value), variable.form
    if not value.isprintable():
        return f"{shown} has invisible characters in it", "Write it on one line."
    if form is None or not value or re.fullmatch(form.pattern, value):
        return None
    return f"{shown} {form.what}", form.fix


def platforms(environ: Environ) -> tuple[Platform, ...]:
    """Each chat platform that variables turn on, with its own values or with the reason why it is off."""
    values = Values(environ)
    return tuple(
        Platform(one.name, _why_off(one, environ), {each.name: values[each.name] for each in one.variables})
        for one in chat_platforms()
        if one.open is not None
    )


def _why_off(platform: ChatPlatform, environ: Environ) -> str:
    """What keeps it off, as a phrase; empty where everything that it needs is set."""
    for names in platform.needs:
        if any(Values(environ)[name] for name in names):
            continue
        return _unset(environ, names[0]) if len(names) == 1 else f"neither {' nor '.join(map(_named, names))} is set"
    return ""


def _named(name: str) -> str:
    brief = variables()[name].brief
    return f"{name} ({brief})" if brief else name


def _unset(environ: Environ, name: str) -> str:
    """That the variable has no value, with the one that was probably meant for it."""
    near = _near(name, set(environ) - set(variables()))
    return f"{name} is not set" + (f" (but {near} is: was it meant?)" if near else "")


def _near(name: str, known: Iterable[str]) -> str:
    return next(iter(get_close_matches(name, sorted(known), n=1, cutoff=0.9)), "")


def secret_values(environ: Environ, names: Iterable[str]) -> frozenset[str]:
    """Values that may be printed nowhere: of secret variables, of these names, and of all that are named like one.

    A variable may hold several secrets with commas; each of them counts.
    """
    values = Values(environ)
    own = {values[one.name] for one in variables().values() if one.secret and one.name != "DATABASE_URL"}
    own |= {part.strip() for one in own for part in one.split(",") if len(part.strip()) >= _SHORTEST}
    own |= {environ.get(name, "").strip() for name in names}
    for name in ("DATABASE_URL", "HTTPS_PROXY"):
        own |= _passwords(values[name])
    others = {value.strip() for name, value in environ.items() if _SECRET_NAME.search(name)}
    return frozenset(own | {one for one in others if len(one) >= _SHORTEST}) - {""}


def _passwords(url: str) -> set[str]:
    try:
        password = urlsplit(url).password or ""
    except ValueError:
        return {url}
    return {password, unquote(password)}


def for_tools(environ: Environ) -> dict[str, str]:
    """What git, npm and node may need of the environment on this machine, and nothing of anybody's own."""
    known = {*INHERITED, *FOR_GIT, *FOR_NPM}
    return {name: one for name, one in environ.items() if name in known or name.lower().startswith("npm_config_")}
