"""What the operator may set about repositories and their checkouts. Made by `bot.settings`, read by this
folder.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Where checkouts live, for how long, and what git and npm are given."""

    workspace: Path
    """A folder of this bot's alone; made where it is absent."""
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Address, or the beginning of one (`https://github.com`), -> token; shown to that server alone."""
    keep: timedelta = timedelta(days=7)
    """A checkout that nobody asked for in this time goes."""
    max_bytes: int = 20 * 1024**3
    """Checkouts and kept dependencies together; the oldest go first."""
    idle: timedelta = timedelta(hours=12)
    """What was asked for in this time never goes, whatever the size."""
    install_scripts: bool = False
    """Let packages run their install scripts."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """For git alone: a proxy, a certificate file, `SSH_AUTH_SOCK`."""
    install_environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """For npm alone: a private registry's address and token."""
    protocols: tuple[str, ...] = ("file", "https", "ssh")
    """Transports that git may use; `http` is for servers on this machine."""
    fetch_deadline: timedelta = timedelta(minutes=10)
    read_deadline: timedelta = timedelta(minutes=1)
    install_deadline: timedelta = timedelta(minutes=15)
