"""Live tails: `POST` makes one, its websocket (protocol `trace-v1`) carries the events.

A tail is there until it is deleted or expires, whether anybody listens or not: a listener that was killed leaves it.
"""

import asyncio
import contextlib

from aiohttp import WSMsgType, web

from sandbox import errors
from sandbox.clock import now, stamp
from sandbox.reply import json_body, ok
from sandbox.tails import Tail
from sandbox.world import note, script_of, world

routes = web.RouteTableDef()
_TAILS = "/workers/scripts/{script}/tails"


@routes.get("/workers/tails/by-consumer/{script}")
async def consumers(_: web.Request) -> web.Response:
    """Which Workers send their events to this one; the sandbox has no tail Workers."""
    return ok([])


@routes.post(_TAILS)
async def create(request: web.Request) -> web.Response:
    """Opens a tail; its websocket has to be fetched from the address in the answer."""
    here, script = world(request), script_of(request)
    filters = (await json_body(request)).get("filters") or [] if request.can_read_body else []
    tail = here.tails.add(script.name, filters, now(), here.settings.tail_lifetime)
    if tail is None:
        raise errors.ApiError(400, 10057, "There are too many tails of this Worker.")
    note(request, "tails")
    address = here.api.replace("http://", "ws://", 1)
    return ok({"id": tail.id, "url": f"{address}/_sandbox/tails/{tail.id}", "expires_at": stamp(tail.expires)})


@routes.get(_TAILS)
async def tails(request: web.Request) -> web.Response:
    """The open tails of a Worker."""
    script = script_of(request)
    found = [one for one in world(request).tails.alive(now()) if one.script == script.name]
    return ok([{"id": one.id, "expires_at": stamp(one.expires)} for one in found])


@routes.delete(f"{_TAILS}/{{tail}}")
async def delete(request: web.Request) -> web.Response:
    """Closes a tail."""
    script_of(request)
    if world(request).tails.open.pop(request.match_info["tail"], None) is None:
        raise errors.ApiError(404, 10057, "There is no such tail.")
    return ok(None)


async def listen(request: web.Request) -> web.StreamResponse:
    """The websocket of a tail, until it expires; the listener's own messages are not looked at."""
    tail = next((one for one in world(request).tails.alive(now()) if one.id == request.match_info["tail"]), None)
    offered = request.headers.get("Sec-WebSocket-Protocol", "")
    if tail is None or "trace-v1" not in offered:
        return web.Response(status=400, text="a tail needs the protocol trace-v1")
    socket = web.WebSocketResponse(protocols=["trace-v1"], heartbeat=30)
    await socket.prepare(request)
    await world(request).tails.listens(tail)
    try:
        async with asyncio.TaskGroup() as group:
            told = (_send(tail, socket), _break(tail, request), _expire(tail, socket))
            beside = [group.create_task(one) for one in told]
            async for message in socket:
                if message.type == WSMsgType.ERROR:
                    break
            for task in beside:
                task.cancel()
    finally:
        tail.listening.clear()
    return socket


async def _send(tail: Tail, socket: web.WebSocketResponse) -> None:
    with contextlib.suppress(ConnectionError):
        while True:
            await socket.send_str(await tail.events.get())


async def _expire(tail: Tail, socket: web.WebSocketResponse) -> None:
    await asyncio.sleep(max(0.0, tail.expires - now()))
    await socket.close()


async def _break(tail: Tail, request: web.Request) -> None:
    await tail.broken.wait()
    if request.transport is not None:
        request.transport.abort()
