"""Carries out the API rules around a call: slow, refused, garbled, lost, cut or held."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox.calls import CALL
from sandbox.errors import ApiError, rate_limited
from sandbox.reply import ok, refused
from sandbox.rules import ApiRule, Rules

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_HTML = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"


@dataclass
class Held:
    """A call that waits to be released. `when`: it has not acted yet (before), or has and not answered (after)."""

    rule: str
    method: str
    path: str
    when: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    then: str = "proceed"
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def listed(self) -> dict[str, Any]:
        """What the control API tells of it."""
        return {"id": self.id, "rule": self.rule, "method": self.method, "path": self.path, "when": self.when}


class Holds:
    """The calls held now."""

    def __init__(self) -> None:
        self.now: dict[str, Held] = {}
        self.changed = asyncio.Condition()

    async def hold(self, held: Held) -> str:
        """Waits for the release; what to do then: proceed or cut."""
        await self._set(held)
        try:
            await held.released.wait()
        finally:
            self.now.pop(held.id, None)
        return held.then

    async def _set(self, held: Held) -> None:
        async with self.changed:
            self.now[held.id] = held
            self.changed.notify_all()

    async def wait_for_some(self, seconds: float) -> None:
        """Returns as soon as a call is held, or after `seconds`."""
        try:
            async with asyncio.timeout(seconds), self.changed:
                await self.changed.wait_for(lambda: bool(self.now))
        except TimeoutError:
            return

    def release(self, held_id: str | None, then: str) -> int:
        """Lets one go, or all of them; how many."""
        chosen = [one for one in self.now.values() if held_id in (None, one.id)]
        for one in chosen:
            one.then = then
            one.released.set()
        return len(chosen)


async def misbehave(request: web.Request, handler: Handler, rules: Rules, holds: Holds) -> web.StreamResponse:
    """The call with every rule that it meets: first those before acting, then the call, then those after."""
    met = rules.for_call(request.method, request.path)
    for rule in [one for one in met if one.when == "before" and one.do != "lost"]:
        instead = await _apply(request, rule, "before", holds)
        if instead is not None:
            return instead
    response = await handler(request)
    for rule in [one for one in met if one.when == "after" or one.do == "lost"]:
        response = await _apply(request, rule, "after", holds) or response
    return response


async def _apply(request: web.Request, rule: ApiRule, when: str, holds: Holds) -> web.StreamResponse | None:
    request[CALL].rule = rule.id
    if rule.do == "slow":
        await asyncio.sleep(rule.seconds)
        return None
    if rule.do == "hold":
        if request.content_type == "application/json":
            await request.read()  # as at the vendor, a call that has arrived is carried out though its caller is dead
        then = await holds.hold(Held(rule.id, request.method, request.path, when))
        return cut(request) if then == "cut" else None
    if rule.do in ("lost", "cut"):
        return cut(request)
    if rule.do == "empty":
        return ok({})
    if rule.do == "html":
        return web.Response(status=502, text=_HTML, content_type="text/html")
    return _status(rule)


def cut(request: web.Request) -> web.Response:
    """Breaks the connection without an answer."""
    if CALL in request:
        request[CALL].answered = False
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=499)


def _status(rule: ApiRule) -> web.Response:
    headers = {} if rule.retry_after is None else {"retry-after": str(int(rule.retry_after))}
    if rule.status == 429:
        return refused(rate_limited(), headers)
    said = "Authentication error" if rule.code == 10000 else "An unknown error has occurred."
    return refused(ApiError(rule.status, rule.code, said), headers)
