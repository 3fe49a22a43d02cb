"""The HTTP side: `/healthz` for whoever keeps the bot running."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

from bot.app.world import World
from bot.ports.chat import Chat
from bot.ports.errors import Trouble


def application(world: World, chats: Sequence[Chat]) -> web.Application:
    """The routes, without a server."""

    async def healthz(_: web.Request) -> web.Response:
        """200 while the journal answers, else 503; the body says which part is what."""
        journal = await _journal(world)
        body = {
            "status": "ok" if journal == "ok" else "fail",
            "components": {"journal": journal, **{chat.platform: "on" for chat in chats}},
        }
        return web.json_response(body, status=200 if journal == "ok" else 503)

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    return app


async def _journal(world: World) -> str:
    try:
        await world.journal.board()
    except Trouble as trouble:
        return trouble.reason
    return "ok"


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
