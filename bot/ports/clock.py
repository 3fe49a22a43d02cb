"""Time and chance, handed in so that tests can run hours in milliseconds."""

from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.values import RunId


class Clock(Protocol):
    """The only source of time, waiting and run names."""

    def now(self) -> datetime:
        """The wall clock, timezone-aware, UTC; never earlier than it was before, though the machine's is set back."""
        ...

    def elapsed(self) -> float:
        """Seconds on a clock that never jumps; only differences mean anything."""
        ...

    async def sleep(self, span: timedelta) -> None:
        """Return after that span; at once where it is not positive."""
        ...

    def new_run(self) -> RunId:
        """A fresh name for a run: eight characters of Crockford's base 32, lower case, from a secure source."""
        ...
