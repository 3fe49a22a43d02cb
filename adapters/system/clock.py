"""The machine's clock, and names by its secure source of chance: implements `bot.ports.clock.Clock`."""

import asyncio
import secrets
import time
from datetime import UTC, datetime, timedelta

from bot.domain.values import RunId

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no i, l, o and u, which people read or hear as something else."""


class SystemClock:
    """The only place where the clock is read."""

    def now(self) -> datetime:
        """The wall clock, UTC."""
        return datetime.now(UTC)

    def elapsed(self) -> float:
        """Seconds on the monotonic clock."""
        return time.monotonic()

    async def sleep(self, span: timedelta) -> None:
        """Return after that span; at once where it is not positive."""
        if span > timedelta(0):
            await asyncio.sleep(span.total_seconds())

    def new_run(self) -> RunId:
        """Forty random bits, as eight characters."""
        return RunId("".join(secrets.choice(_DIGITS) for _ in range(8)))
