"""The environment as frozen values: the one place that reads it, and what can be wrong in it."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import unquote, urlsplit

from bot.settings.problems import Problem, quoted
from bot.settings.values import Platform
from bot.settings.variables import BY_NAME, VARIABLES

Environ = Mapping[str, str]
PLATFORMS = ("slack", "discord", "telegram", "console")
"""Names that people and rooms may have ids on."""
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
        return self.environ.get(name, "").strip() or BY_NAME[name].default


def environ_problems(environ: Environ) -> Iterator[Problem]:
    """Everything that is wrong in the environment, whatever the configuration says."""
    values = Values(environ)
    for variable in VARIABLES:
        said = _complaint(variable.name, values[variable.name])
        if said:
            what, fix = said
            yield problem(variable.name, what, fix)
    hooked = values["TELEGRAM_BOT_TOKEN"] and values["TELEGRAM_WEBHOOK_URL"]
    if hooked and not values["TELEGRAM_WEBHOOK_SECRET"]:
        what = "it is set without TELEGRAM_WEBHOOK_SECRET, and anybody could post there"
        yield problem("TELEGRAM_WEBHOOK_URL", what, "Set TELEGRAM_WEBHOOK_SECRET too, or leave both empty to poll.")
    for name in environ:
        if name.startswith("OUTRIDER_") and name not in BY_NAME:
            near = _near(name, BY_NAME)
            yield problem(name, "there is no such variable", f"Did you mean {near}?" if near else "Remove it.")


def problem(name: str, what: str, fix: str) -> Problem:
    """Something wrong with a variable."""
    return Problem("environment", 0, name, what, fix)


def _complaint(name: str, value: str) -> tuple[str, str] | None:
    secret = BY_NAME[name].secret
    shown = "its value" if secret else quoted(value)
    if not value.isprintable():
        return f"{shown} has invisible characters in it", "Write it on one line."
    if name.endswith("_BASE_URL") or (name == "HTTPS_PROXY" and value):
        fits = re.fullmatch(r"https?://[^/\s?#]+[^\s?#]*", value)
        return None if fits else (f"{shown} is no address", "Begin it with http:// or https://.")
    wanted = _FORMS.get(name)
    if wanted is None or not value or re.fullmatch(wanted[0], value):
        return None
    return f"{shown} {wanted[1]}", wanted[2]


_PORT = r"[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]"
_FORMS = {
    "PORT": (_PORT, "is no port", "Write a number from 1 to 65535."),
    "LOG_LEVEL": ("debug|info|warning|error", "is no level", "Write debug, info, warning or error."),
    "LOG_FORMAT": ("text|json", "is no format", "Write text or json."),
    "DATABASE_URL": (
        r"sqlite:///.+|postgres(ql)?://\S+",
        "is no address of a database",
        "Write sqlite:///outrider.db.",
    ),
    "SLACK_BOT_TOKEN": ("xoxb-.+", "is no bot token", "Take the one that begins with xoxb-."),
    "SLACK_APP_TOKEN": ("xapp-.+", "is no app-level token", "Take the one that begins with xapp-."),
    "TELEGRAM_BOT_TOKEN": (r"\d+:[\w-]+", "is no bot token", "Take what BotFather wrote: digits, a colon, letters."),
    "TELEGRAM_WEBHOOK_SECRET": (r"[\w-]{1,256}", "has other characters", "Use up to 256 letters, digits, _ and -."),
    "TELEGRAM_WEBHOOK_URL": (
        r"https?://[^/\s?#]+[^\s?#]*",
        "is no address of a webhook",
        "Write https://HOST/telegram/webhook.",
    ),
}


def platforms(environ: Environ) -> tuple[Platform, ...]:
    """Each chat platform that needs a token, on or with the reason why it is off."""
    values = Values(environ)
    slack = _unset(environ, "SLACK_BOT_TOKEN")
    if not slack and not (values["SLACK_APP_TOKEN"] or values["SLACK_SIGNING_SECRET"]):
        slack = "neither SLACK_APP_TOKEN (Socket Mode) nor SLACK_SIGNING_SECRET (webhooks) is set"
    return (
        Platform("slack", slack),
        Platform("discord", _unset(environ, "DISCORD_BOT_TOKEN")),
        Platform("telegram", _unset(environ, "TELEGRAM_BOT_TOKEN")),
    )


def _unset(environ: Environ, name: str) -> str:
    """Why the variable has no value, with the one that was probably meant for it; empty where it has one."""
    if Values(environ)[name]:
        return ""
    near = _near(name, set(environ) - set(BY_NAME))
    return f"{name} is not set" + (f" (but {near} is: was it meant?)" if near else "")


def _near(name: str, known: Iterable[str]) -> str:
    return next(iter(get_close_matches(name, sorted(known), n=1, cutoff=0.9)), "")


def secret_values(environ: Environ, names: Iterable[str]) -> frozenset[str]:
    """Values that may be printed nowhere: of secret variables, of these names, and of all that are named like one."""
    values = Values(environ)
    own = {values[one.name] for one in VARIABLES if one.secret and one.name != "DATABASE_URL"}
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
