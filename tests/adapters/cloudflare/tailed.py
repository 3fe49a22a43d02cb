"""The tails of one Worker, by a server that speaks the protocol."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.cloudflare import CloudflareSettings
from tests.adapters.cloudflare.doubles import ACCOUNT, TOKEN, result

PATH = f"/client/v4/accounts/{ACCOUNT}/workers/scripts/hello/tails"


class Vendor:
    """The tails of one Worker. `open` are those that were made and not deleted, `sockets` those that listen."""

    def __init__(self) -> None:
        self.made = 0
        self.open: set[str] = set()
        self.sockets: list[web.WebSocketResponse] = []
        self.heard: list[str] = []
        self.lasts = timedelta(hours=6)
        self.instead: Callable[[], web.Response] | None = None
        self.gone: Callable[[], web.Response] | None = None
        """In place of every answer to a deletion."""
        self.deleted: list[str] = []
        """What was asked to be deleted, done or not."""
        self.port = 0

    async def create(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        assert await request.json() == {"filters": []}
        if self.instead is not None:
            return self.instead()
        self.made += 1
        name = f"tail-{self.made}"
        self.open.add(name)
        url = f"ws://127.0.0.1:{self.port}/listen/{name}"
        return result({"id": name, "url": url, "expires_at": self._expires()})

    async def delete(self, request: web.Request) -> web.Response:
        self.deleted.append(request.match_info["tail"])
        if self.gone is not None:
            return self.gone()
        self.open.discard(request.match_info["tail"])
        return result(None)

    async def listed(self, _: web.Request) -> web.Response:
        return result([{"id": one, "expires_at": self._expires()} for one in sorted(self.open)])

    def _expires(self) -> str:
        return (datetime.now(UTC) + self.lasts).isoformat().replace("+00:00", "Z")

    async def listen(self, request: web.Request) -> web.StreamResponse:
        assert request.headers["Sec-WebSocket-Protocol"] == "trace-v1"
        assert request.match_info["tail"] in self.open
        socket = web.WebSocketResponse(protocols=["trace-v1"])
        await socket.prepare(request)
        self.sockets.append(socket)
        async for message in socket:
            self.heard.append(message.data)
        self.sockets.remove(socket)
        return socket

    async def send(self, version: str, times: int = 1, binary: bool = False, **other: Any) -> None:
        event = {
            "outcome": "ok",
            "scriptVersion": {"id": version},
            "event": {"request": {"headers": {}}, "response": {"status": 200}},
            "wallTime": 50,
            **other,
        }
        for _ in range(times):
            text = json.dumps(event)
            await (self.sockets[0].send_bytes(text.encode()) if binary else self.sockets[0].send_str(text))

    @asynccontextmanager
    async def served(self) -> AsyncIterator[CloudflareSettings]:
        app = web.Application()
        app.router.add_post(PATH, self.create)
        app.router.add_get(PATH, self.listed)
        app.router.add_delete(PATH + "/{tail}", self.delete)
        app.router.add_get("/listen/{tail}", self.listen)
        async with TestServer(app) as server:
            assert server.port is not None
            self.port = server.port
            yield CloudflareSettings(TOKEN, ACCOUNT, str(server.make_url("/client/v4")))
