"""Slack on this machine: the Web API, `response_url`s and Socket Mode, over real sockets on loopback."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.vendors.slack.methods import NO_JSON, SlackError, answer, checked
from tests.vendors.slack.sockets import Sockets
from tests.vendors.slack.workspace import APP_TOKEN, BOT, BOT_TOKEN, Json, Message, Workspace

USES = 5
HALF_AN_HOUR = 1800.0


@dataclass
class ResponseUrl:
    """Where answers to one command or press may be sent, five times within half an hour; `said` is what was."""

    channel: str
    person: str
    until: float
    used: int = 0
    said: list[str] = field(default_factory=list)


@dataclass
class Server:
    """`url` is the base of the API."""

    space: Workspace
    sockets: Sockets
    port: int = 0
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict)
    _count: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/"

    def response_url(self, channel: str, person: str) -> str:
        """A fresh one."""
        name = f"r{next(self._count)}"
        self.response_urls[name] = ResponseUrl(channel, person, self.space.now() + HALF_AN_HOUR)
        return f"http://127.0.0.1:{self.port}/respond/{name}"

    async def api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.space.calls[method] += 1
        fault = (self.space.faults.get(method) or [""]).pop(0)
        if fault and (faulty := await self._before(fault, request)) is not None:
            return faulty
        fields = await _fields(request, method)
        if (refused := self._limited(method, fields)) is not None:
            return refused
        try:
            found = self._answer(request, method, fields)
        except SlackError as error:
            body = {"ok": False, "error": error.code, "response_metadata": {"messages": error.messages}}
            return web.json_response({**body, **error.more})
        if fault == "lost":
            _cut(request)
        return web.json_response({"ok": True, **found})

    def _answer(self, request: web.Request, method: str, fields: Json) -> Mapping[str, Any]:
        token = request.headers.get("Authorization", "")
        wanted = APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN
        if token != f"Bearer {wanted}":
            raise SlackError(_unfit(token))
        if method == "apps.connections.open":
            if method in self.space.errors:
                raise SlackError(self.space.errors[method])
            return {"url": f"ws://127.0.0.1:{self.port}/link?ticket={self.sockets.ticket()}"}
        return answer(self.space, method, fields)

    def _limited(self, method: str, fields: Json) -> web.Response | None:
        rates, channel = self.space.rates, str(fields.get("channel", ""))
        early = rates.closed.get(rates.name(method, channel), 0.0) > rates.now()
        seconds = rates.take(method, channel)
        if seconds is None:
            return None
        said = "before Retry-After was over" if early else "too often"
        self.space.violations.append(f"{rates.name(method, channel)} was called {said}")
        return _too_many(seconds)

    async def _before(self, fault: str, request: web.Request) -> web.Response | None:
        """What goes wrong before anything is done; None where it goes wrong afterwards."""
        kind, _, about = fault.partition(":")
        match kind:
            case "cut":
                _cut(request)
                return web.Response()
            case "429":
                fields = await _fields(request, request.match_info["method"])
                name = self.space.rates.name(request.match_info["method"], str(fields.get("channel", "")))
                self.space.rates.closed[name] = self.space.now() + float(about)
                return _too_many(int(about))
            case "html":
                return web.Response(text="<html>maintenance</html>", content_type="text/html")
            case "plain":
                return web.Response(text="upstream connect error")
            case "lost":
                return None
            case _:
                return web.json_response({"ok": False, "error": "internal_error"}, status=int(kind))

    async def respond(self, request: web.Request) -> web.Response:
        given = self.response_urls.get(request.match_info["name"])
        if given is None or given.used >= USES or self.space.now() > given.until:
            self.space.violations.append("a response_url was used too often, too late, or never given")
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        fault = (self.space.faults.get("response_url") or [""]).pop(0)
        if fault.startswith("429"):
            return _too_many(int(fault.partition(":")[2]))
        given.used += 1
        body = await request.json()
        try:
            text, blocks = checked(self.space, body, 40_000)
        except SlackError as error:
            return web.json_response({"ok": False, "error": error.code}, status=400)
        if body.get("replace_original") is not False:
            self.space.violations.append("an answer would replace the message that was pressed")
        given.said.append(text)
        to = "" if body.get("response_type") == "in_channel" else given.person
        self.space.add(Message(given.channel, self.space.next_ts(), BOT, text, blocks, to=to))
        if fault == "lost":
            _cut(request)
        return web.Response(text="ok")

    async def upload(self, request: web.Request) -> web.Response:
        """The bytes of a file, at the address that was given for them, once."""
        self.space.calls["upload"] += 1
        fault = (self.space.faults.get("upload") or [""]).pop(0)
        if fault == "cut":
            _cut(request)
        if fault.isdigit():
            return web.Response(status=int(fault), text="no")
        problem = self.space.uploads.arrive(request.match_info["ticket"], await request.read())
        if problem:
            self.space.violations.append(problem)
            return web.Response(status=400, text=problem)
        if fault == "lost":
            _cut(request)
        return web.Response(text="OK")


async def _fields(request: web.Request, method: str) -> Json:
    """Query, form or JSON; some methods take no JSON."""
    fields: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json" and method not in NO_JSON:
        given: dict[str, Any] = await request.json() if request.can_read_body else {}
        return fields | given
    form = await request.post()
    return fields | {name: _loaded(str(value)) for name, value in form.items()}


def _unfit(authorization: str) -> str:
    """Why this is not the token that is wanted."""
    if not authorization:
        return "not_authed"
    ours = authorization.removeprefix("Bearer ") in (BOT_TOKEN, APP_TOKEN)
    return "not_allowed_token_type" if ours else "invalid_auth"


def _loaded(value: str) -> object:
    try:
        return json.loads(value) if value[:1] in "[{" else value
    except ValueError:
        return value


def _too_many(seconds: int) -> web.Response:
    body = {"ok": False, "error": "ratelimited"}
    return web.json_response(body, status=429, headers={"Retry-After": str(seconds)})


def _cut(request: web.Request) -> None:
    """The line goes dead without an answer."""
    assert request.transport is not None
    request.transport.abort()


@asynccontextmanager
async def serving(space: Workspace | None = None, port: int = 0) -> AsyncIterator[Server]:
    """A server that ends with the block."""
    space = space or Workspace()
    server = Server(space, Sockets(space))
    app = web.Application()
    app.router.add_route("*", "/api/{method}", server.api)
    app.router.add_post("/respond/{name}", server.respond)
    app.router.add_post("/upload/v1/{ticket}", server.upload)
    app.router.add_get("/link", server.sockets.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    server.port = runner.addresses[0][1]
    space.address = f"http://127.0.0.1:{server.port}"
    try:
        yield server
    finally:
        await asyncio.gather(*(socket.close() for socket in list(server.sockets.open)), return_exceptions=True)
        await runner.cleanup()
