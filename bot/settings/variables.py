"""The environment variables, one row each: `.env.example` is printed from this table, and nothing else is read.

Those of the chat platforms stand in their own folders. A variable without a value counts as not set.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from textwrap import wrap
from types import MappingProxyType

from bot.ports.platform import ADDRESS, Form, Variable
from bot.settings.platforms import chat_platforms


@dataclass(frozen=True, slots=True)
class Group:
    """Variables under one heading."""

    title: str
    variables: tuple[Variable, ...]


_PORT = r"[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]"
_DATABASE = r"sqlite:///.+|postgres(ql)?://\S+"

_OWN = Group(
    "Outrider itself",
    (
        Variable("OUTRIDER_CONFIG", "Path of the configuration.", "outrider.toml"),
        Variable("OUTRIDER_WORKSPACE", "Folder for checkouts; it can grow to some gigabytes.", ".outrider"),
        Variable(
            "DATABASE_URL",
            "The journal: sqlite:///PATH. PostgreSQL is not there yet.",
            "sqlite:///outrider.db",
            secret=True,
            form=Form(_DATABASE, "is no address of a database", "Write sqlite:///outrider.db."),
        ),
        Variable("HOST", "Address that the HTTP server listens on.", "0.0.0.0"),  # noqa: S104  # a container's port
        Variable(
            "PORT",
            "Port of the HTTP server: /healthz, and the reports of runs.",
            "8080",
            form=Form(_PORT, "is no port", "Write a number from 1 to 65535."),
        ),
        Variable(
            "HTTP_TOKEN",
            "Bearer token that reports are fetched with (GET /runs/RUN/report.json); without it they are not served.",
            secret=True,
        ),
        Variable(
            "LOG_LEVEL",
            "debug, info, warning or error.",
            "info",
            form=Form("debug|info|warning|error", "is no level", "Write debug, info, warning or error."),
        ),
        Variable(
            "LOG_FORMAT",
            "text for people, json for machines.",
            "text",
            form=Form("text|json", "is no format", "Write text or json."),
        ),
        Variable("HTTPS_PROXY", "Proxy for calls to the outside; empty for a direct connection.", form=ADDRESS),
        Variable("NODE_EXTRA_CA_CERTS", "A file of further certificates to trust, in PEM form."),
        Variable("NO_PROXY", "Hosts that are called without the proxy, with commas."),
    ),
)
_GIT = Group(
    "Checkouts: git and npm",
    (
        Variable("GIT_SSL_CAINFO", "A file of the certificates that git trusts instead of the usual ones."),
        Variable("SSH_AUTH_SOCK", "The ssh agent's socket, for repositories that are reached by ssh."),
        Variable(
            "NPM_TOKEN",
            "Token of a private registry, where the .npmrc names it. All of npm_config_… is passed on too.",
            secret=True,
        ),
    ),
)
_CLOUDFLARE = Group(
    "Cloudflare: needed by every target",
    (
        Variable("CLOUDFLARE_API_TOKEN", "A token that may edit Workers.", secret=True),
        Variable("CLOUDFLARE_ACCOUNT_ID", "The account's id, 32 hexadecimal digits."),
        Variable(
            "CLOUDFLARE_API_BASE_URL",
            "Where Cloudflare's API is, with /client/v4.",
            "https://api.cloudflare.com/client/v4",
            form=ADDRESS,
        ),
    ),
)
_GITHUB = Group(
    "GitHub: private repositories",
    (
        Variable("GITHUB_TOKEN", "A token that may read the repositories.", secret=True),
        Variable(
            "GITHUB_API_BASE_URL",
            "Where GitHub's API is; nothing asks it yet.",
            "https://api.github.com",
            form=ADDRESS,
        ),
    ),
)


@cache
def groups() -> tuple[Group, ...]:
    """Every variable, in the order of `.env.example`."""
    chats = (Group(one.about, one.variables) for one in chat_platforms() if one.variables)
    return (_OWN, _GIT, *chats, _CLOUDFLARE, _GITHUB)


@cache
def variables() -> Mapping[str, Variable]:
    """Every variable by its name."""
    return MappingProxyType({one.name: one for group in groups() for one in group.variables})


def example() -> str:
    """The text of `.env.example`."""
    return "\n".join(_example_lines())


def _example_lines() -> Iterator[str]:
    yield "# Every environment variable that Outrider reads. A value that stands here is the default."
    yield "# Secrets belong here, in the environment, and never into outrider.toml."
    for group in groups():
        yield from ("", f"# ---- {group.title}", "")
        for one in group.variables:
            yield from (f"# {line}" for line in wrap(one.about, 100))
            yield f"{one.name}={one.default}"
    yield ""
