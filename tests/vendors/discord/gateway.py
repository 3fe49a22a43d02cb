"""The gateway: who identifies hears what happens, and who resumes hears what was missed ("Gateway")."""

import asyncio
import json
import secrets
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from tests.vendors.discord import payloads
from tests.vendors.discord.state import Json, World

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID, HELLO, BEAT_HEARD = 0, 1, 2, 6, 7, 9, 10, 11
GUILDS = 1
PRIVILEGED = 1 << 1 | 1 << 8 | 1 << 15
ALL_INTENTS = (1 << 26) - 1
SENDS, SENDS_WINDOW = 120, 60.0
"""More frames than that in that many seconds close the connection."""


@dataclass
class Session:
    """What one connection hears; it outlives the connection."""

    id: str
    intents: int
    socket: web.WebSocketResponse | None
    events: list[Json] = field(default_factory=list)
    dead: bool = False
    """Its connection is a dead line: open, and nothing comes or goes."""

    async def hear(self, event: str, data: Json) -> None:
        self.events.append({"op": DISPATCH, "t": event, "s": len(self.events) + 1, "d": data})
        await self.send(self.events[-1])

    async def send(self, frame: Json) -> None:
        if self.socket is not None and not self.socket.closed and not self.dead:
            await self.socket.send_str(json.dumps(frame))


class Closing(Exception):
    """The connection ends with this code."""


class Gateway:
    """`refusing`: a code with which every IDENTIFY is answered; `silent`: heartbeats are not answered."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.sessions: dict[str, Session] = {}
        self.identified = 0
        self.resumed = 0
        self.refusing = 0
        self.silent = False
        self.heartbeat = 41.25
        """Seconds between heartbeats."""
        self.address = ""
        self._sockets: set[web.WebSocketResponse] = set()
        self._changed = asyncio.Event()

    async def ready(self, identified: int = 1, resumed: int = 0) -> None:
        """Return when so many sessions have begun, and so many were taken up again, in all."""
        while self.identified < identified or self.resumed < resumed:
            self._changed.clear()
            await self._changed.wait()

    async def emit(self, event: str, data: Json) -> None:
        """Let everybody hear it who asked for such events; interactions come to all."""
        for session in self.sessions.values():
            if event == "INTERACTION_CREATE" or session.intents & GUILDS:
                await session.hear(event, data)

    async def ask_to_reconnect(self) -> None:
        """Op 7: come again and resume."""
        for session in self.sessions.values():
            await session.send({"op": RECONNECT, "d": None})

    async def invalidate(self) -> None:
        """Op 9: the sessions are gone."""
        gone, self.sessions = self.sessions, {}
        for session in gone.values():
            await session.send({"op": INVALID, "d": False})

    async def cut(self, code: int = 4000) -> None:
        """All connections end without a word but this code; the sessions go on."""
        for session in self.sessions.values():
            session.socket = None
        for socket in list(self._sockets):
            await socket.close(code=code)

    def deafen(self) -> None:
        """From now on the connections that stand are dead lines. New ones are well."""
        for session in self.sessions.values():
            session.dead = True

    def _dead(self, socket: web.WebSocketResponse) -> bool:
        return any(one.dead and one.socket is socket for one in self.sessions.values())

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoclose=False)
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            await socket.send_str(json.dumps({"op": HELLO, "d": {"heartbeat_interval": self.heartbeat * 1000}}))
            await self._talk(socket)
            line = request.transport
            # A dead line does not answer a goodbye either.
            while self._dead(socket) and line and not line.is_closing():  # noqa: ASYNC110 - a transport has no event
                await asyncio.sleep(0.01)
            await socket.close()
        except Closing as closing:
            await socket.close(code=int(closing.args[0]))
        finally:
            self._sockets.discard(socket)
            self._forget(socket)
        return socket

    def _forget(self, socket: web.WebSocketResponse) -> None:
        """A polite end closes the session, any other leaves it to be resumed."""
        for id, session in list(self.sessions.items()):
            if session.socket is socket:
                session.socket = None
                if socket.close_code in (1000, 1001):
                    del self.sessions[id]

    async def _talk(self, socket: web.WebSocketResponse) -> None:
        sent: list[float] = []
        async for message in socket:
            if self._dead(socket):
                continue
            if message.type is not WSMsgType.TEXT:
                raise Closing(4002)
            now = self._world.clock.now()
            sent = [*(at for at in sent if now - at < SENDS_WINDOW), now]
            if len(sent) > SENDS:
                self._world.violations["sent too many frames"] += 1
                raise Closing(4008)
            await self._hear(socket, json.loads(message.data))

    async def _hear(self, socket: web.WebSocketResponse, frame: Json) -> None:
        match frame.get("op"):
            case 1:
                if not self.silent:
                    await socket.send_str(json.dumps({"op": BEAT_HEARD}))
            case 2:
                await self._identify(socket, frame["d"])
            case 6:
                await self._resume(socket, frame["d"])
            case _:
                raise Closing(4001)

    async def _identify(self, socket: web.WebSocketResponse, data: Json) -> None:
        if any(session.socket is socket for session in self.sessions.values()):
            raise Closing(4005)
        if self.refusing or data.get("token") != self._world.token:
            raise Closing(self.refusing or 4004)
        intents = int(data.get("intents", 0))
        if intents & ~ALL_INTENTS:
            raise Closing(4013)
        if intents & PRIVILEGED:
            raise Closing(4014)
        if intents != GUILDS:
            self._world.violations["listens to more than it needs"] += 1
        session = Session(secrets.token_hex(8), intents, socket)
        self.sessions[session.id] = session
        await session.hear("READY", self._ready_payload(session))
        await session.hear("GUILD_CREATE", payloads.guild(self._world))
        self.identified += 1
        self._changed.set()

    def _ready_payload(self, session: Session) -> Json:
        return {
            "v": 10,
            "user": payloads.bot(self._world),
            "guilds": [{"id": str(self._world.guild), "unavailable": True}],
            "session_id": session.id,
            "resume_gateway_url": self.address,
            "application": {"id": str(self._world.application), "flags": 0},
        }

    async def _resume(self, socket: web.WebSocketResponse, data: Json) -> None:
        session = self.sessions.get(str(data.get("session_id")))
        if session is None or data.get("token") != self._world.token:
            await socket.send_str(json.dumps({"op": INVALID, "d": False}))
            return
        session.socket, session.dead = socket, False
        for event in session.events[int(data.get("seq") or 0) :]:
            await session.send(event)
        await session.hear("RESUMED", {})
        self.resumed += 1
        self._changed.set()
