"""How the API answers: its errors by code, and the wrapper that every request goes through."""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from tests.vendors.discord.buckets import Buckets, Taken
from tests.vendors.discord.faults import Fault, Faults
from tests.vendors.discord.rules import Problem
from tests.vendors.discord.state import Json, World

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
INVALID = {401, 403, 429}
BAN = 600.0
"""Seconds in which 10,000 such answers are too many ("Invalid Request Limit"), and for which nothing is taken then."""
MARGIN = 0.01
"""Seconds by which a window is over before a client is told that it is."""
MINOR = re.compile(r"(?<=/messages/)\d+")
"""What does not make a bucket of its own: ids of channels, servers and interactions do."""
IDS = re.compile(r"/(?:interaction-token-)?\d+(?=/|$)")

MEANINGS = {
    0: (401, "401: Unauthorized"),
    10003: (404, "Unknown Channel"),
    10008: (404, "Unknown Message"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    40005: (413, "Request entity too large"),
    30046: (429, "Maximum number of edits to messages older than 1 hour reached. Try again later"),
    40060: (400, "Interaction has already been acknowledged."),
    50001: (403, "Missing Access"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50013: (403, "Missing Permissions"),
    50024: (400, "Cannot execute action on this channel type"),
    50027: (401, "Invalid Webhook Token"),
    50035: (400, "Invalid Form Body"),
    50083: (400, "Tried to perform an operation on an archived thread"),
    160002: (400, "Cannot reply without permission to read message history"),
    160004: (400, "A thread has already been created for this message"),
}


class Refused(Exception):
    """The API says no."""

    def __init__(self, code: int, problems: list[Problem] | None = None, retry_after: float = 0.0) -> None:
        super().__init__(code)
        self.code = code
        self.problems = problems or []
        self.retry_after = retry_after


def plain(body: Json | list[Json], status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """JSON whose content type says nothing of a charset: the library takes no other."""
    return web.Response(body=json.dumps(body).encode(), status=status, content_type="application/json", headers=headers)


def nothing() -> web.Response:
    """Done, and nothing to say."""
    return web.Response(status=204)


async def body_of(request: web.Request) -> Json:
    """The request's JSON object."""
    try:
        found = json.loads(await request.text() or "{}")
    except ValueError:
        raise Refused(50035, [("", "no JSON")]) from None
    return dict(found)


def guarded(world: World, buckets: Buckets, faults: Faults) -> Callable[[web.Request, Handler], Awaitable[object]]:
    """Rights, rate limits, and what was asked to go wrong."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.endswith("/socket"):
            return await handler(request)
        if _banned(world):
            return _shield(world)
        answer = await _asked(request, handler)
        if answer.status in INVALID and answer.headers.get("X-RateLimit-Scope") != "shared":
            world.invalid.append(world.clock.now())
        return answer

    async def _asked(request: web.Request, handler: Handler) -> web.StreamResponse:
        route = f"{request.method} {MINOR.sub('', request.path)}"
        world.requests[f"{request.method} {IDS.sub('', request.path.split('/v10')[-1])}"] += 1
        fault = faults.next(f"{request.method} {request.path}")
        if fault is not None and not fault.lost:
            return _faulty(request, fault)
        open_to_all = "/interactions/" in request.path or "/webhooks/" in request.path
        taken = buckets.take(route, everything=not open_to_all)
        if not taken.allowed:
            world.violations["went over a rate limit"] += 1
            return _limited(taken)
        answer = await _handled(world, request, handler, open_to_all)
        if fault is not None:
            return _cut(request)
        answer.headers.update(_headers(taken, route))
        return answer

    return guard


def _banned(world: World) -> bool:
    """Whether too many requests of the last ten minutes were invalid ones."""
    while world.invalid and world.clock.now() - world.invalid[0] > BAN:
        world.invalid.popleft()
    return len(world.invalid) >= world.most_invalid


def _shield(world: World) -> web.Response:
    """What stands in front of Discord answers instead of it: no JSON, and no `Via`."""
    world.violations["was banned for invalid requests"] += 1
    return web.Response(status=429, text="error code: 1015", headers={"Retry-After": str(int(BAN))})


async def _handled(world: World, request: web.Request, handler: Handler, open_to_all: bool) -> web.StreamResponse:
    try:
        if not open_to_all and not request.path.endswith("/gateway"):
            _known(world, request)
        return await handler(request)
    except Refused as refused:
        world.refused[refused.code] += 1
        return _refusal(refused)


def _known(world: World, request: web.Request) -> None:
    if request.headers.get("Authorization") != f"Bot {world.token}":
        raise Refused(0)


def _refusal(refused: Refused) -> web.Response:
    status, words = MEANINGS[refused.code]
    body: Json = {"message": words, "code": refused.code}
    if refused.problems:
        body["errors"] = {
            where or "_": {"_errors": [{"code": "INVALID", "message": what}]} for where, what in refused.problems
        }
    headers = {}
    if status == 429:
        body.update(retry_after=refused.retry_after, **{"global": False})
        headers = {"Via": "1.1 stand-in", "Retry-After": str(refused.retry_after)}
    return plain(body, status, headers)


def _limited(taken: Taken) -> web.Response:
    body = {"message": "You are being rate limited.", "retry_after": taken.reset_after, "global": taken.shared}
    return plain(body, 429, {"Via": "1.1 stand-in", "Retry-After": str(taken.reset_after)})


def _headers(taken: Taken, route: str) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(taken.limit),
        "X-RateLimit-Remaining": str(taken.remaining),
        "X-RateLimit-Reset-After": f"{taken.reset_after + MARGIN:.3f}",
        "X-RateLimit-Reset": f"{time.time() + taken.reset_after + MARGIN:.3f}",
        "X-RateLimit-Bucket": re.sub(r"\d", "", route).replace(" ", ""),
    }


def _faulty(request: web.Request, fault: Fault) -> web.Response:
    if fault.cut:
        return _cut(request)
    body = fault.body if fault.body is not None else {"message": "made to fail", "code": 0}
    headers = {}
    if fault.status == 429:
        body = {**body, "retry_after": fault.retry_after, "global": False}
        headers = {"Retry-After": str(fault.retry_after), **({"Via": "1.1 stand-in"} if fault.via else {})}
    return plain(body, fault.status, headers)


def _cut(request: web.Request) -> web.Response:
    """The connection ends without a word."""
    transport = request.transport
    assert isinstance(transport, asyncio.Transport)
    transport.abort()
    return web.Response()
