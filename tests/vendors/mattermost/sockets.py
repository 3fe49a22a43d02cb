"""The socket: greeting, numbered events, questions and answers, and taking up again what was cut.

A connection that was cut stays for a while with its last events; a new socket that names it and the next number gets
what it has missed, without a greeting. With an unknown name, or an event that is not kept any more, it is a new one.
"""

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.vendors.mattermost.state import BOT, Post, World, event, id_of

KEPT = 128
"""Events that are kept for a connection that was cut."""


@dataclass
class Connection:
    """One that has a name; `socket` is None while it is cut."""

    name: str
    socket: web.WebSocketResponse | None = None
    line: asyncio.Transport | None = None
    deaf: bool = False
    number: int = 0
    kept: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=KEPT))

    def next(self, name: str, data: Mapping[str, Any], channel: str = "") -> str:
        made = event(name, data, self.number, channel)
        self.kept.append((self.number, made))
        self.number += 1
        return made


@dataclass
class Sockets:
    """The bot's connections. `deaf`: questions are answered by nobody and nothing is sent, as on a dead line."""

    world: World
    connections: dict[str, Connection] = field(default_factory=dict)
    opened: int = 0
    resumed: int = 0
    deaf: bool = False
    expired: bool = False
    """The session has ended: sockets stay open and hear nothing."""
    group: asyncio.TaskGroup | None = None

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.world.tokens:
            await asyncio.sleep(0.05)  # five seconds on a real one
            await socket.close()
            return socket
        self.opened += 1
        connection = await self._taken_up(request, socket)
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT and not (self.deaf or connection.deaf):
                    await self._answer(socket, json.loads(message.data))
        finally:
            if connection.socket is socket:
                connection.socket = None
        return socket

    async def _taken_up(self, request: web.Request, socket: web.WebSocketResponse) -> Connection:
        wanted = self.connections.get(request.query.get("connection_id", ""))
        number = int(request.query.get("sequence_number", "0"))
        kept = [text for at, text in wanted.kept if at >= number] if wanted else []
        if wanted is not None and number and len(kept) == wanted.number - number and wanted.socket is None:
            self.resumed += 1
            wanted.socket, wanted.line, wanted.deaf = socket, request.transport, False
            for text in kept:
                await socket.send_str(text)
            return wanted
        connection = Connection(id_of(f"connection {self.opened}"), socket, request.transport)
        self.connections[connection.name] = connection
        await socket.send_str(connection.next("hello", {"server_version": "11", "connection_id": connection.name}))
        return connection

    async def _answer(self, socket: web.WebSocketResponse, asked: Mapping[str, Any]) -> None:
        if asked.get("action") != "ping" or not isinstance(asked.get("seq"), int):
            self.world.violations.append(f"the socket was asked for {asked.get('action')}")
        if self.expired:
            failed = {"id": "api.web_socket_router.not_authenticated.app_error", "status_code": 401}
            await socket.send_json({"status": "FAIL", "seq_reply": asked.get("seq"), "error": failed})
            return
        await socket.send_json({"status": "OK", "data": {"text": "pong"}, "seq_reply": asked.get("seq")})

    def keep(self, post: Post, kind: str = "O") -> Post:
        """Put the post where it belongs, and tell the bot."""
        post.at = self.world.now()
        self.world.posts[post.id] = post
        data = {
            "channel_display_name": "Ops",
            "channel_name": "ops",
            "channel_type": kind,
            "post": json.dumps(post.shown()),
            "sender_name": f"@{self.world.people.get(post.account, 'somebody')}",
            "set_online": True,
            "team_id": "",
        }
        self.tell("posted", data, post.channel)
        return post

    def tell(self, name: str, data: Mapping[str, Any], channel: str) -> None:
        """Say it on every connection; one that is cut keeps it."""
        if BOT not in self.world.members[channel] or self.expired:
            return
        for connection in self.connections.values():
            text = connection.next(name, data, channel)
            if connection.socket is not None and not (self.deaf or connection.deaf) and self.group is not None:
                self.group.create_task(_sent(connection.socket, text))

    def again(self, post: Post) -> None:
        """Say `posted` once more."""
        self.keep(post)

    def deafen(self) -> None:
        """The lines that are open now go dead without a word; later ones are well."""
        for connection in self.connections.values():
            connection.deaf = connection.socket is not None

    def cut(self) -> None:
        """The lines break; nobody says goodbye."""
        for connection in self.connections.values():
            if connection.socket is not None and connection.line is not None:
                connection.line.abort()

    def forget(self) -> None:
        """The server was restarted: no connection is known any more."""
        self.cut()
        self.connections.clear()


async def _sent(socket: web.WebSocketResponse, text: str) -> None:
    try:
        await socket.send_str(text)
    except (ConnectionError, RuntimeError):
        return  # it was cut meanwhile; the connection keeps what it has not sent
