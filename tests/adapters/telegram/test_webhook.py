"""Updates by webhook, mounted in a server that is not the adapter's own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, web

from adapters.telegram.client import Telegram, opened
from bot.view.notice import Notice, Tone
from tests.adapters.telegram.conftest import SECRET, Hearing, listening, settings, until
from tests.fakes.world import VirtualClock
from tests.vendors.telegram.inbox import SECRET as HEADER
from tests.vendors.telegram.server import Chat, TelegramServer

ANSWER = Notice("status", "All is well.", Tone.GOOD)
PUBLIC = "https://bot.example/telegram/webhook"
"""Telegram takes no other kind of address; here it leads to this machine."""


@asynccontextmanager
async def mounted(server: TelegramServer, clock: VirtualClock) -> AsyncIterator[tuple[Telegram, str]]:
    """The platform by webhook, and the address at which it is mounted."""
    app = web.Application()
    runner = web.AppRunner(app, access_log=None)
    holder: list[Telegram] = []

    async def hook(request: web.Request) -> web.Response:
        return await holder[0].webhook(request)

    app.router.add_post("/telegram/webhook", hook)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/telegram/webhook"
    server.inbox.reach[PUBLIC] = url
    async with opened(settings(server, secret=SECRET, webhook=PUBLIC), clock) as chat:
        holder.append(chat)
        yield chat, url
    await runner.cleanup()


async def test_updates_come_by_webhook(server: TelegramServer, group: Chat, clock: VirtualClock) -> None:
    hearing = Hearing((ANSWER,))
    async with mounted(server, clock) as (chat, _), listening(chat, hearing):
        await until(lambda: server.inbox.url == PUBLIC)
        for _ in range(3):
            server.type(group, "/status")
        await until(lambda: len(group.shown()) == 3)
        assert server.inbox.secret == SECRET
        assert server.inbox.allowed == ["message", "callback_query"]
        assert sorted(server.inbox.confirmed) == [5001, 5002, 5003]
    assert server.calls["getUpdates"] == 0
    assert server.violations == {}


async def test_a_delivery_is_confirmed_when_the_intake_has_kept_it(
    server: TelegramServer, group: Chat, clock: VirtualClock
) -> None:
    stuck, hearing = Hearing(), Hearing()
    stuck.keeping = asyncio.Event()
    async with mounted(server, clock) as (chat, _):
        async with listening(chat, stuck):
            await until(lambda: server.inbox.url)
            server.type(group, "/rollback canary")
            await until(lambda: stuck.asked)
        await until(lambda: server.inbox.refusals[503])
        assert server.inbox.confirmed == []
        async with listening(chat, hearing):
            await until(lambda: hearing.intents)
            await until(lambda: server.inbox.confirmed)
    assert stuck.intents == []


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, b'{"update_id": 1}', 403),
        ({HEADER: "wrong"}, b'{"update_id": 1}', 403),
        ({HEADER: SECRET + "\u00e9"}, b'{"update_id": 1}', 403),
        ({HEADER: SECRET}, b"{", 400),
        ({HEADER: SECRET}, b"\xff\xfe", 400),
        ({HEADER: SECRET}, b"[]", 400),
        ({HEADER: SECRET}, b"{}", 200),
        ({HEADER: SECRET}, b'{"update_id": 1, "message": {"chat": 7, "text": []}}', 200),
    ],
)
async def test_what_is_not_telegrams_is_refused(
    server: TelegramServer, clock: VirtualClock, headers: dict[str, str], body: bytes, status: int
) -> None:
    hearing = Hearing()
    async with mounted(server, clock) as (chat, url), listening(chat, hearing), ClientSession() as session:
        await until(lambda: server.inbox.url)
        async with session.post(url, data=body, headers=headers) as answer:
            assert answer.status == status
    assert hearing.intents == []


async def test_without_a_secret_nothing_is_accepted(telegram: Telegram) -> None:
    app = web.Application()
    app.router.add_post("/telegram/webhook", telegram.webhook)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/telegram/webhook"
    async with ClientSession() as session, session.post(url, data=b"{}", headers={HEADER: ""}) as answer:
        assert answer.status == 403
    await runner.cleanup()
