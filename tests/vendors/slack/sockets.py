"""Socket Mode: tickets, sockets, envelopes and their acknowledgements."""

import asyncio
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.vendors.slack.workspace import Workspace

MOST_SOCKETS = 10


@dataclass
class Envelope:
    """One that was sent; `acked` gets the payload of its acknowledgement, `took` the seconds until then."""

    id: str
    at: float
    acked: "asyncio.Future[Mapping[str, Any]]"
    took: float = 0.0


@dataclass
class Sockets:
    """The app's sockets. `deaf`: pings are answered by nobody and nothing is sent, as when a line is dead; `deafen`
    does that to those that stand now.
    """

    space: Workspace
    tickets: set[str] = field(default_factory=set)
    open: list[web.WebSocketResponse] = field(default_factory=list)
    lines: dict[web.WebSocketResponse, asyncio.Transport] = field(default_factory=dict)
    sent: dict[str, Envelope] = field(default_factory=dict)
    opened: int = 0
    deaf: bool = False
    dead: set[web.WebSocketResponse] = field(default_factory=set)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _count: "itertools.count[int]" = field(default_factory=itertools.count)

    def ticket(self) -> str:
        """One socket may be opened with it."""
        made = f"ticket-{next(self._count)}"
        self.tickets.add(made)
        return made

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """A socket, until it is closed."""
        ticket = request.query.get("ticket", "")
        if ticket not in self.tickets:
            self.space.violations.append("a socket was opened with a used or unknown ticket")
            return web.Response(status=404)
        self.tickets.discard(ticket)
        socket = web.WebSocketResponse(autoping=False, autoclose=False)
        await socket.prepare(request)
        if len(self.open) >= MOST_SOCKETS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        self.open.append(socket)
        assert request.transport is not None
        self.lines[socket] = request.transport
        self.opened += 1
        await socket.send_json({"type": "hello", "num_connections": len(self.open), "connection_info": {}})
        self.changed.set()
        try:
            await self._read(socket)
        finally:
            self.open.remove(socket)
            del self.lines[socket]
            self.dead.discard(socket)
            self.changed.set()
        return socket

    async def _read(self, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if self._silent(socket):
                continue
            if message.type is WSMsgType.PING:
                await socket.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                self._ack(message.json())
        # A dead line does not answer a goodbye either.
        while self._silent(socket) and not self.lines[socket].is_closing():  # noqa: ASYNC110 - a transport has no event
            await asyncio.sleep(0.01)
        await socket.close()

    def _silent(self, socket: web.WebSocketResponse) -> bool:
        return self.deaf or socket in self.dead

    def deafen(self) -> None:
        """From now on the sockets that stand are dead lines: open, and nothing comes or goes. New ones are well."""
        self.dead |= set(self.open)

    def _ack(self, said: Mapping[str, Any]) -> None:
        envelope = self.sent.get(str(said.get("envelope_id")))
        if envelope is None:
            self.space.violations.append("an unknown envelope was acknowledged")
        elif envelope.acked.done():
            self.space.violations.append("an envelope was acknowledged twice, or too late")
        else:
            envelope.took = asyncio.get_running_loop().time() - envelope.at
            envelope.acked.set_result(said.get("payload") or {})

    async def deliver(self, kind: str, payload: Mapping[str, Any], attempt: int = 0, reason: str = "") -> Envelope:
        """Send by one of the sockets and wait for the acknowledgement; `TimeoutError` where none comes in time."""
        loop = asyncio.get_running_loop()
        envelope = Envelope(f"e-{next(self._count)}", loop.time(), loop.create_future())
        self.sent[envelope.id] = envelope
        body = {
            "envelope_id": envelope.id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        body |= {"retry_attempt": attempt, "retry_reason": reason} if kind == "events_api" else {}
        socket = self.open[next(self._count) % len(self.open)]
        if not self._silent(socket):
            await socket.send_json(body)
        try:
            async with asyncio.timeout(self.space.ack_deadline):
                await asyncio.shield(envelope.acked)
        except TimeoutError:
            envelope.acked.cancel()
            raise
        return envelope

    async def connected(self, opened: int = 1) -> None:
        """Return once that many sockets were opened in all and one stands; half a minute at most."""
        async with asyncio.timeout(30):
            while self.opened < opened or not self.open:
                self.changed.clear()
                await self.changed.wait()

    async def recycle(self) -> None:
        """Say a polite goodbye on every socket, as Slack does every few hours."""
        for socket in list(self.open):
            await socket.send_json({"type": "disconnect", "reason": "refresh_requested", "debug_info": {}})

    def cut(self) -> None:
        """Cut every socket without a word."""
        for line in list(self.lines.values()):
            line.abort()
