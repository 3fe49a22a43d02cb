"""The journal of API calls, and counters of what was done, so that a test can say "nothing was done twice"."""

from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from typing import Any

from aiohttp import web

_KEPT = 20_000


@dataclass
class Call:
    """One API call. `acted`: a handler ran to its end; `changed`: what it changed, by name of counter."""

    number: int
    method: str
    path: str
    query: str
    at: float
    agent: str
    status: int | None = None
    seconds: float | None = None
    acted: bool = False
    changed: list[str] = field(default_factory=list)
    rule: str | None = None
    answered: bool = True


CALL: web.RequestKey[Call] = web.RequestKey("call", Call)


class Calls:
    """The last 20,000 calls, oldest first, and the counters since the last reset."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=_KEPT)
        self._number = 0
        self.counters: Counter[str] = Counter()

    def begin(self, request: web.Request, at: float) -> Call:
        """Notes a call that has come in."""
        self._number += 1
        path, query = request.path, request.query_string
        call = Call(self._number, request.method, path, query, at, request.headers.get("User-Agent", ""))
        self._calls.append(call)
        return call

    def changed(self, request: web.Request, what: str, times: int = 1) -> None:
        """Notes that this call did `what` (a counter's name), and how many times."""
        self.counters[what] += times
        call = request.get(CALL)
        if call is not None:
            call.changed.extend([what] * times)

    def reset(self) -> None:
        """Forgets the calls and the counters."""
        self._calls.clear()
        self.counters.clear()

    def listed(self, *, only_changes: bool = False) -> list[dict[str, Any]]:
        """The calls as plain values, oldest first."""
        return [asdict(call) for call in self._calls if call.changed or not only_changes]
