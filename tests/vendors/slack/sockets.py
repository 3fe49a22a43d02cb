"""Socket Mode: tickets, sockets, envelopes and their acknowledgements.

A socket is used for some hours. Then Slack says `disconnect`, with the reason `warning` or `refresh_requested`, and
closes it whether or not there is another one by then; `link_disabled` is said when Socket Mode is turned off.
"""

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
    answerable: bool = True
    """Its acknowledgement may carry an answer: not that of an event."""


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
    pongs: int = 0
    """Pings of Slack's own that were answered."""
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
        await socket.send_json(_hello(len(self.open)))
        self.changed.set()
        await socket.ping(b"Ping from applink-1")
        try:
            await self._read(socket)
        finally:
            if socket in self.open:
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
            elif message.type is WSMsgType.PONG:
                self.pongs += 1
                self.changed.set()
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
            if said.get("payload") and not envelope.answerable:
                self.space.violations.append("an event was acknowledged with an answer, which Slack does not take")
            envelope.took = asyncio.get_running_loop().time() - envelope.at
            envelope.acked.set_result(said.get("payload") or {})

    async def deliver(self, kind: str, payload: Mapping[str, Any], attempt: int = 0, reason: str = "") -> Envelope:
        """Send by one of the sockets and wait for the acknowledgement; `TimeoutError` where none comes in time."""
        loop = asyncio.get_running_loop()
        envelope = Envelope(
            f"e-{next(self._count)}", loop.time(), loop.create_future(), answerable=kind != "events_api"
        )
        self.sent[envelope.id] = envelope
        body = {
            "envelope_id": envelope.id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": envelope.answerable,
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

    async def recycle(self, reason: str = "refresh_requested") -> None:
        """Say a polite goodbye on every socket, as Slack does every few hours, and close it; nothing is sent by it
        any more. A warning leaves it open for some seconds, in which another one can be made.
        """
        for socket in list(self.open):
            await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-1"}})
            if reason != "warning":
                self.open.remove(socket)
                await socket.close()

    def cut(self) -> None:
        """Cut every socket without a word."""
        for line in list(self.lines.values()):
            line.abort()


def _hello(connections: int) -> Mapping[str, Any]:
    about = {"host": "applink-1", "build_number": 10, "approximate_connection_time": 18060}
    info = {"app_id": "A0001"}
    return {"type": "hello", "num_connections": connections, "connection_info": info, "debug_info": about}
