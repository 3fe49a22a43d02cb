"""A chat platform's link: what is known of whether the bot hears what people say there."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class LinkState(StrEnum):
    """How it stands."""

    STARTING = "starting"
    """Nobody has heard anything over it yet, and it is too early to say that nobody will."""
    LIVE = "live"
    DEAF = "deaf"
    """It was, or should be, live, and does not answer. It is begun anew again and again."""
    OFF = "off"
    """A person has to mend something. It is not tried any more in this life of the bot."""


@dataclass(frozen=True, slots=True)
class Link:
    """`since`: when it came to be so, UTC. `reason`: a phrase that says why it is not live."""

    state: LinkState
    since: datetime
    reason: str = ""
