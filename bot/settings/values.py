"""What the configuration comes to: frozen values, secrets out of every `repr`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.cloudflare.settings import CloudflareSettings
from adapters.git.settings import Settings as GitSettings
from bot.domain.targets import Estate


@dataclass(frozen=True, slots=True)
class Slack:
    """How to reach Slack. Socket Mode with an app token, webhooks with a signing secret."""

    base_url: str
    bot_token: str = field(repr=False)
    app_token: str = field(repr=False)
    signing_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Discord:
    """How to reach Discord."""

    base_url: str
    bot_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Telegram:
    """How to reach Telegram. Webhooks with a secret, polling without."""

    base_url: str
    bot_token: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    webhook_url: str
    """Where Telegram is to post; empty where a person has told it."""


@dataclass(frozen=True, slots=True)
class GitHub:
    """How to reach GitHub; without a token what is public can be read."""

    base_url: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Platform:
    """A chat platform: on, or why it is off (a phrase such as `SLACK_BOT_TOKEN is not set`)."""

    name: str
    why_off: str = ""

    @property
    def on(self) -> bool:
        """True where everything that it needs is set."""
        return not self.why_off


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that is configured."""

    estate: Estate
    platforms: tuple[Platform, ...]
    slack: Slack
    discord: Discord
    telegram: Telegram
    cloudflare: CloudflareSettings
    git: GitSettings
    github: GitHub
    database_url: str = field(repr=False)
    """May hold a password."""
    host: str
    port: int
    http_token: str = field(repr=False)
    """Empty: reports are not served over HTTP."""
    log_level: str
    log_format: str
    proxy: str = field(repr=False)
    """May hold a password."""
    certificates: str
    named: Mapping[str, str] = field(repr=False)
    """Values of the variables that checks name in keys ending in `_env`."""
    inherited: Mapping[str, str] = field(repr=False)
    """PATH, HOME, LANG and the like: what child processes may have of the bot's own environment."""
    secrets: frozenset[str] = field(repr=False)
    """Every value that may appear in no log, thread, report or error."""
