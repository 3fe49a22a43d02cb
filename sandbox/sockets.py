"""WebSockets through the front door: both ends are held here and every message is passed on."""

import asyncio
import contextlib

import aiohttp
from aiohttp import WSMsgType, web

_OWN = frozenset({"sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions", "sec-websocket-protocol"})


def is_websocket(request: web.Request) -> bool:
    """Whether the request asks for a websocket."""
    return request.headers.get("Upgrade", "").lower() == "websocket"


async def relay(
    request: web.Request, client: aiohttp.ClientSession, target: str, headers: list[tuple[str, str]]
) -> web.StreamResponse:
    """Joins the client's socket to the Worker's until one of them closes. The Worker's refusal goes back as it is."""
    kept = [(name, value) for name, value in headers if name.lower() not in _OWN]
    offered = [one.strip() for one in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if one.strip()]
    try:
        inner = await client.ws_connect(target, headers=kept, protocols=offered, max_msg_size=0)
    except aiohttp.WSServerHandshakeError as refused:
        return web.Response(status=refused.status, text=refused.message)
    outer = web.WebSocketResponse(protocols=[inner.protocol] if inner.protocol else [], max_msg_size=0)
    await outer.prepare(request)
    async with asyncio.TaskGroup() as group:
        group.create_task(_pump(outer, inner))
        group.create_task(_pump(inner, outer))
    return outer


async def _pump(
    source: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
    to: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
) -> None:
    """Passes on until the source closes, and then closes the other end, which ends the pump that reads it."""
    with contextlib.suppress(ConnectionError):
        async for message in source:
            if message.type == WSMsgType.TEXT:
                await to.send_str(message.data)
            elif message.type == WSMsgType.BINARY:
                await to.send_bytes(message.data)
    await to.close(code=source.close_code or 1000)
