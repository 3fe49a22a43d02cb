"""The environment variables, one row each: `.env.example` is printed from this table, and nothing else is read.

A variable without a value counts as not set.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from textwrap import wrap
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable. `secret`: its value may be printed nowhere. `group` is the adapter that needs it."""

    name: str
    group: str
    about: str
    default: str = ""
    secret: bool = False


_OWN = "Outrider itself"
_GIT = "Checkouts: git and npm"
_SLACK = "Slack: on with a bot token and either an app token or a signing secret"
_DISCORD = "Discord: on with a bot token"
_TELEGRAM = "Telegram: on with a bot token"
_CLOUDFLARE = "Cloudflare: needed by every target"
_GITHUB = "GitHub: private repositories"

VARIABLES: tuple[Variable, ...] = (
    Variable("OUTRIDER_CONFIG", _OWN, "Path of the configuration.", "outrider.toml"),
    Variable("OUTRIDER_WORKSPACE", _OWN, "Folder for checkouts; it can grow to some gigabytes.", ".outrider"),
    Variable(
        "DATABASE_URL",
        _OWN,
        "The journal: sqlite:///PATH. PostgreSQL is not there yet.",
        "sqlite:///outrider.db",
        secret=True,
    ),
    Variable("HOST", _OWN, "Address that the HTTP server listens on.", "0.0.0.0"),  # noqa: S104  # a container's port
    Variable("PORT", _OWN, "Port of the HTTP server: /healthz, and the reports of runs.", "8080"),
    Variable(
        "HTTP_TOKEN",
        _OWN,
        "Bearer token that reports are fetched with (GET /runs/RUN/report.json); without it they are not served.",
        secret=True,
    ),
    Variable("LOG_LEVEL", _OWN, "debug, info, warning or error.", "info"),
    Variable("LOG_FORMAT", _OWN, "text for people, json for machines.", "text"),
    Variable("HTTPS_PROXY", _OWN, "Proxy for calls to the outside; empty for a direct connection."),
    Variable("NODE_EXTRA_CA_CERTS", _OWN, "A file of further certificates to trust, in PEM form."),
    Variable("NO_PROXY", _OWN, "Hosts that are called without the proxy, with commas."),
    Variable("GIT_SSL_CAINFO", _GIT, "A file of the certificates that git trusts instead of the usual ones."),
    Variable("SSH_AUTH_SOCK", _GIT, "The ssh agent's socket, for repositories that are reached by ssh."),
    Variable(
        "NPM_TOKEN",
        _GIT,
        "Token of a private registry, where the repository's .npmrc names it. All of npm_config_… is passed on too.",
        secret=True,
    ),
    Variable("SLACK_BOT_TOKEN", _SLACK, "The bot user's token, xoxb-…", secret=True),
    Variable("SLACK_APP_TOKEN", _SLACK, "The app-level token of Socket Mode, xapp-…", secret=True),
    Variable("SLACK_SIGNING_SECRET", _SLACK, "Checks webhooks, where Socket Mode is off.", secret=True),
    Variable("SLACK_API_BASE_URL", _SLACK, "Where Slack's API is.", "https://slack.com/api/"),
    Variable("DISCORD_BOT_TOKEN", _DISCORD, "The bot's token.", secret=True),
    Variable("DISCORD_API_BASE_URL", _DISCORD, "Where Discord's API is.", "https://discord.com/api/v10"),
    Variable("TELEGRAM_BOT_TOKEN", _TELEGRAM, "The token that BotFather gave.", secret=True),
    Variable(
        "TELEGRAM_WEBHOOK_SECRET",
        _TELEGRAM,
        "Checks webhooks: 1 to 256 letters, digits, _ and -. Without it the bot polls.",
        secret=True,
    ),
    Variable(
        "TELEGRAM_WEBHOOK_URL",
        _TELEGRAM,
        "Public address of the webhook, https://HOST/telegram/webhook: the bot registers it at each start. Empty:"
        " somebody has registered it, see adapters/telegram/README.md. Needs the secret.",
    ),
    Variable("TELEGRAM_API_BASE_URL", _TELEGRAM, "Where Telegram's Bot API is.", "https://api.telegram.org"),
    Variable("CLOUDFLARE_API_TOKEN", _CLOUDFLARE, "A token that may edit Workers.", secret=True),
    Variable("CLOUDFLARE_ACCOUNT_ID", _CLOUDFLARE, "The account's id, 32 hexadecimal digits."),
    Variable(
        "CLOUDFLARE_API_BASE_URL",
        _CLOUDFLARE,
        "Where Cloudflare's API is, with /client/v4.",
        "https://api.cloudflare.com/client/v4",
    ),
    Variable("GITHUB_TOKEN", _GITHUB, "A token that may read the repositories.", secret=True),
    Variable("GITHUB_API_BASE_URL", _GITHUB, "Where GitHub's API is; nothing asks it yet.", "https://api.github.com"),
)

BY_NAME: Mapping[str, Variable] = MappingProxyType({one.name: one for one in VARIABLES})


def example() -> str:
    """The text of `.env.example`."""
    return "\n".join(_example_lines())


def _example_lines() -> Iterator[str]:
    yield "# Every environment variable that Outrider reads. A value that stands here is the default."
    yield "# Secrets belong here, in the environment, and never into outrider.toml."
    for group, variables in groupby(VARIABLES, key=lambda one: one.group):
        yield from ("", f"# ---- {group}", "")
        for one in variables:
            yield from (f"# {line}" for line in wrap(one.about, 100))
            yield f"{one.name}={one.default}"
    yield ""
