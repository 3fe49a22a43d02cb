"""Live tails: who listens to which Worker, and which of its trace events they want.

Sources: the filters that `wrangler tail` sends, and the message that it prints.

The runtime here measures no wall time: the front door does, and tells it by the request's ray. Whichever of the trace
and its time comes first waits for the other one.
"""

import asyncio
import json
import uuid
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sandbox.chance import chance

Json = dict[str, Any]
_T = TypeVar("_T")
LIFETIME = 6 * 3600.0
_WAITING = 1000
"""Traces and times that wait for the other half at most; the oldest goes first."""
_MOST = 10


@dataclass
class Tail:
    """One listener; its events wait in a queue until its websocket takes them."""

    script: str
    filters: list[Json]
    expires: float
    listening: asyncio.Event = field(default_factory=asyncio.Event)
    broken: asyncio.Event = field(default_factory=asyncio.Event)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    events: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(1000))

    def offer(self, event: Json) -> None:
        """Queues the event if the filters want it and the listener keeps up."""
        if all(_passes(event, one) for one in self.filters) and not self.events.full():
            self.events.put_nowait(json.dumps(event))


class Tails:
    """All that are open."""

    def __init__(self) -> None:
        self.open: dict[str, Tail] = {}
        self._changed = asyncio.Condition()
        self._traces: dict[str, tuple[str, Json]] = {}
        self._times: dict[str, float] = {}

    async def listens(self, tail: Tail) -> None:
        """The tail's websocket stands: from now on it sees every event."""
        async with self._changed:
            tail.listening.set()
            self._changed.notify_all()

    async def wait_for_a_listener(self, seconds: float) -> None:
        """Returns as soon as somebody listens, or after `seconds`."""
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: any(one.listening.is_set() for one in self.open.values()))
        except TimeoutError:
            return

    def add(self, script: str, filters: list[Json], now: float, lifetime: float = LIFETIME) -> Tail | None:
        """None when the Worker has its ten already."""
        if sum(one.script == script for one in self.alive(now)) >= _MOST:
            return None
        tail = Tail(script, filters, now + lifetime)
        self.open[tail.id] = tail
        return tail

    def alive(self, now: float) -> list[Tail]:
        """Those that are not deleted; what has expired is gone."""
        self.open = {key: one for key, one in self.open.items() if one.expires > now}
        return list(self.open.values())

    def cut(self) -> int:
        """Breaks those that are listened to; how many."""
        heard = [one for one in self.open.values() if one.listening.is_set()]
        for one in heard:
            one.broken.set()
        return len(heard)

    def publish(self, script: str, version: str, events: list[Json]) -> None:
        """Offers the events of a version to every tail of its Worker."""
        for event in events if any(one.script == script for one in self.open.values()) else ():
            message = {**event, "scriptName": script, "scriptVersion": {"id": version}}
            ray = ((message.get("event") or {}).get("request") or {}).get("headers", {}).get("cf-ray", "")
            if not ray:
                self._offer(script, message)
            elif ray in self._times:
                self._offer(script, {**message, "wallTime": self._times.pop(ray)})
            else:
                _put(self._traces, ray, (script, message))

    def took(self, ray: str, milliseconds: float) -> None:
        """The request of that ray was answered after this time."""
        spent = round(milliseconds, 3)
        if ray in self._traces:
            script, message = self._traces.pop(ray)
            self._offer(script, {**message, "wallTime": spent})
        elif self.open:
            _put(self._times, ray, spent)

    def _offer(self, script: str, message: Json) -> None:
        for tail in [one for one in self.open.values() if one.script == script]:
            tail.offer(message)


def _put(waiting: dict[str, _T], ray: str, value: _T) -> None:
    waiting[ray] = value
    if len(waiting) > _WAITING:
        del waiting[next(iter(waiting))]


def _passes(event: Json, wanted: Json) -> bool:
    """Whether the event meets one filter."""
    request: Json = (event.get("event") or {}).get("request") or {}
    headers: dict[str, str] = request.get("headers") or {}
    if "sampling_rate" in wanted:
        return chance() < float(wanted["sampling_rate"])
    if "outcome" in wanted:
        return event.get("outcome") in wanted["outcome"]
    if "method" in wanted:
        return request.get("method") in wanted["method"]
    if "header" in wanted:
        return _has_header(headers, wanted["header"])
    if "client_ip" in wanted:
        return headers.get("cf-connecting-ip") in wanted["client_ip"]
    if "query" in wanted:
        return wanted["query"] in json.dumps(event.get("logs", []))
    if "scriptVersion" in wanted:
        return bool(event["scriptVersion"]["id"] == wanted["scriptVersion"])
    return True


def _has_header(headers: dict[str, str], wanted: Json) -> bool:
    value = headers.get(wanted["key"].lower())
    return value is not None and (not wanted.get("query") or wanted["query"] in value)
