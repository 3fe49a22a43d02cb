"""Where something stands: a chat, a topic of it, a message in it. Pure.

Addresses (rooms) are `chat` or `chat/topic`, references (messages) `chat:message` or `chat/topic:message`.
"""

import re
from dataclasses import dataclass

_FORM = re.compile(r"(?P<chat>-?\d{1,20})(?:/(?P<topic>\d{1,10}))?(?::(?P<message>\d{1,10}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation or a message in it; topic and message are 0 where there is none."""

    chat: int
    topic: int = 0
    message: int = 0

    @property
    def address(self) -> str:
        """The conversation."""
        return f"{self.chat}/{self.topic}" if self.topic else str(self.chat)

    @property
    def reference(self) -> str:
        """The message."""
        return f"{self.address}:{self.message}"

    @property
    def group(self) -> bool:
        """Groups have negative ids."""
        return self.chat < 0


def read_place(text: str) -> Place | None:
    """The place that an address or a reference names; None for what is neither."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    return Place(int(found["chat"]), int(found["topic"] or 0), int(found["message"] or 0))
