"""The sandbox's one look at the clock: it is a server of its own, so its time is the machine's."""

import time
from datetime import UTC, datetime


def now() -> float:
    """Seconds since the epoch."""
    return time.time()


def stamp(seconds: float | None = None) -> str:
    """A moment as the vendor writes it: UTC, microseconds, `Z`."""
    moment = datetime.fromtimestamp(now() if seconds is None else seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse(text: str) -> float:
    """Seconds since the epoch of an ISO moment with a time zone; `ValueError` if it is none."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    return moment.timestamp()
