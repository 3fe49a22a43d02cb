"""How to reach Discord. Filled by `bot.settings`."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Settings:
    """`base_url` is the API's address with its version; the gateway's own address is asked for there."""

    bot_token: str = field(repr=False)
    base_url: str = "https://discord.com/api/v10"
    proxy: str = field(default="", repr=False)
    """May hold a password; empty for a direct connection."""
    certificates: str = ""
    """Certificates to trust beside the usual ones, a PEM file; empty for none."""
    late: float = 10.0
    """Seconds that the answer to a heartbeat may take before the link counts as deaf."""
