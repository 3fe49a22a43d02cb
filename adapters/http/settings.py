"""What the operator may set about requests to Workers. Made by `bot.settings`, read by this folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits, and the tokens that checks may name."""

    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Variable's name -> value: what a check's `token_env` may ask for."""
    max_connections: int = 20
    ca_file: str = ""
    """Certificates to trust beside the usual ones, a PEM file; empty for none."""
