"""The HTTP side: `/healthz` for whoever keeps the bot running, and the reports of runs for whoever has the token."""

import hmac
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from bot.app.health import health
from bot.app.world import World
from bot.domain.fold import fold
from bot.domain.link import Link
from bot.domain.values import RunId
from bot.ports.platform import Handler
from bot.view.report import report


def application(
    world: World,
    links: Mapping[str, Link],
    workspace: Path,
    token: str = "",
    hooks: Sequence[tuple[str, Handler]] = (),
) -> web.Application:
    """The routes, without a server. Without a token no report is served: it names people and commits.

    `links`: how each platform's stands now. `hooks` are the platforms' own: path -> handler of what they post there.
    """

    async def healthz(_: web.Request) -> web.Response:
        """200 while the journal answers, else 503; the body says which part is what."""
        body = await health(world, links, workspace)
        return web.json_response(body, status=503 if body["status"] == "fail" else 200)

    async def report_of(request: web.Request) -> web.Response:
        """The run's report as it is now; 401 without the token, 404 for a run that nobody knows."""
        if not _may_read(request, token):
            return web.json_response({"error": "send the HTTP_TOKEN as a bearer token"}, status=401)
        events = await world.journal.read(RunId(request.match_info["run"]))
        run = fold(events)
        if run is None:
            return web.json_response({"error": "there is no such run"}, status=404)
        return web.json_response(report(run, events))

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    for path, handler in hooks:
        app.router.add_post(path, handler)
    app.router.add_get("/runs/{run:[0-9a-z]{8}}/report.json", report_of)
    return app


def _may_read(request: web.Request, token: str) -> bool:
    """Compared in constant time."""
    said = request.headers.get("Authorization", "").encode()
    return bool(token) and hmac.compare_digest(said, f"Bearer {token}".encode())


@asynccontextmanager
async def listening(app: web.Application, host: str, port: int) -> AsyncIterator[None]:
    """Serve until the block ends."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield
    finally:
        await runner.cleanup()
