"""What the operator may set about Prometheus servers. Made by the composition, read by this folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Settings:
    """The tokens that sources may name."""

    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Variable's name -> value: what a source's `token_env` may ask for."""
    ca_file: str = ""
    """Certificates to trust beside the usual ones, a PEM file; empty for none."""
