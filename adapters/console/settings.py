"""How the console presents itself. Filled by `bot.settings`; nothing here is secret."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """`account`: who types here, as a person's `console = "…"` says it; `address`: a room's name for this terminal."""

    account: str = "you"
    address: str = "terminal"
    history: Path | None = None
    """File of the lines typed so far; None keeps them for this session only."""
    color: bool = True
    """False draws without colours. The terminal library obeys NO_COLOR whatever stands here."""
    grace: float = 2.0
    """Piped: seconds to wait for a run's last sentence after its last card, before the next line is read."""
    files: Path | None = None
    """Folder for what comes as a file, the reports of runs; None keeps nothing."""
