"""What the configuration comes to: frozen values, secrets out of every `repr`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.cloudflare.settings import CloudflareSettings
from adapters.git.settings import Settings as GitSettings
from bot.domain.targets import Estate


@dataclass(frozen=True, slots=True)
class GitHub:
    """How to reach GitHub; without a token what is public can be read."""

    base_url: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Platform:
    """A chat platform: on, or why it is off (a phrase that names the variable)."""

    name: str
    why_off: str = ""
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Its own variables, for its adapter to make sense of."""

    @property
    def on(self) -> bool:
        """True where everything that it needs is set."""
        return not self.why_off


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that is configured."""

    estate: Estate
    platforms: tuple[Platform, ...]
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
