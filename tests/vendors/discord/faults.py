"""What can be made to go wrong on the way."""

import re
from dataclasses import dataclass

from tests.vendors.discord.state import Json


@dataclass
class Fault:
    """For the next `times` requests whose `METHOD /path` matches. One of: cut before it is done, lost after it was
    done, an error in place of the answer.
    """

    pattern: str
    times: int = 1
    cut: bool = False
    lost: bool = False
    status: int = 0
    body: Json | None = None
    retry_after: float = 0.0
    via: bool = True
    """A rate limit of Discord's own says so; without, it comes from the shield in front of it."""


class Faults:
    """Those that are still to come."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Let it happen."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Let all be well again."""
        self._waiting.clear()

    def next(self, request: str) -> Fault | None:
        """The fault of this request, used up."""
        for fault in self._waiting:
            if re.search(fault.pattern, request):
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None
