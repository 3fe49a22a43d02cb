"""One event of a live tail -> what it says of a version. Pure.

Only what somebody asked for is counted: requests, and calls by RPC. Schedules, queues, alarms and mails go to whichever
version, by no weight, and a tail's own notes (`overload`: from now on Cloudflare sends a sample) are no requests: of a
sample what came is counted, and nothing is guessed. The bot's own requests are left out: it asks both versions equally
often, about their health alone, so they would water down what users meet; the kind `probes` counts them.
"""

import json
from dataclasses import dataclass
from typing import Any

FINE = frozenset({"ok", "canceled", "responseStreamDisconnected"})
"""Outcomes that are no error: the last two are the caller's going away."""
OWN = "outrider"
"""The bot's name in `user-agent`."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One request. `seconds` is None where the event does not say how long it took."""

    version: str
    error: bool
    seconds: float | None


def read(text: str, clock: str = "wall") -> Trace | None:
    """None for what is no request of a user's, or cannot be read. Times come as milliseconds."""
    try:
        event = json.loads(text)
    except ValueError:
        return None
    version = _table(event, "scriptVersion").get("id")
    about = _table(event, "event")
    if not isinstance(version, str) or not ({"request", "rpcMethod"} & about.keys()) or _own(about):
        return None
    status = _table(about, "response").get("status")
    broken = isinstance(status, int) and status >= 500
    took = event.get(f"{clock}Time")
    seconds = took / 1000 if isinstance(took, int | float) and took > 0 else None
    return Trace(version, broken or event.get("outcome") not in FINE, seconds)


def _own(about: dict[str, Any]) -> bool:
    return _table(_table(about, "request"), "headers").get("user-agent") == OWN


def _table(value: Any, name: str) -> dict[str, Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}
