"""A link to Telegram that goes deaf: found out by a probe, begun anew, and heard again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.system.clock import SystemClock
from adapters.telegram.client import Telegram, opened
from adapters.telegram.settings import Settings
from bot.domain.commands import Typed
from bot.domain.link import LinkState
from bot.ports.errors import Permanent, Temporary
from tests.adapters.telegram.conftest import GROUP, SECRET, Hearing, listening, settings, until
from tests.adapters.telegram.test_webhook import PUBLIC, mounted
from tests.fakes.keeping import kept
from tests.fakes.world import VirtualClock
from tests.vendors.telegram.server import TOKEN, Chat, TelegramServer


@pytest.fixture
async def real() -> AsyncIterator[TelegramServer]:
    """A Telegram that lives by the real clock."""
    async with TelegramServer(lambda: SystemClock().now().timestamp()).serving() as one:
        yield one


@asynccontextmanager
async def polling(server: TelegramServer) -> AsyncIterator[Telegram]:
    """The library itself would give an unanswered question up after eleven seconds."""
    own = Settings(server.url, TOKEN, rooms=(str(GROUP),), poll=1, late=1.0)
    async with opened(own, SystemClock()) as telegram:
        yield telegram


def texts(hearing: Hearing) -> list[str]:
    return [one.text for one in hearing.intents if isinstance(one, Typed)]


async def test_a_question_that_hangs_is_asked_anew_and_what_was_typed_arrives(real: TelegramServer) -> None:
    group, hearing = real.chat(GROUP), Hearing()
    async with polling(real) as telegram, kept(telegram, hearing) as bot:
        await bot.until(LinkState.LIVE)
        asked = real.calls["getUpdates"]
        await until(lambda: real.calls["getUpdates"] > asked)
        real.deafen()
        real.type(group, "/status")
        await bot.until(LinkState.DEAF)
        assert "left a question for updates open" in bot.link.reason
        assert hearing.intents == []
        await bot.until(LinkState.LIVE)
        real.type(group, "/help")
        await until(lambda: texts(hearing) == ["/status", "/help"])
        await bot.told("link_deaf", "link_back")
    assert real.violations == {}


async def test_an_idle_chat_is_not_deaf(real: TelegramServer) -> None:
    real.chat(GROUP)
    async with polling(real) as telegram, kept(telegram, Hearing()) as bot:
        await bot.until(LinkState.LIVE)
        asked = real.calls["getUpdates"]
        await until(lambda: real.calls["getUpdates"] >= asked + 2)
        assert bot.link.state is LinkState.LIVE
        assert bot.other.codes() == []
    assert real.calls["getMe"] == 1


async def test_a_revoked_token_turns_telegram_off(real: TelegramServer) -> None:
    async with polling(real) as telegram, kept(telegram, Hearing()) as bot:
        await bot.until(LinkState.LIVE)
        real.revoked = True
        await bot.until(LinkState.OFF)
        assert "TELEGRAM_BOT_TOKEN" in bot.link.reason
        await bot.told("link_off")


async def test_why_nothing_comes_is_said(real: TelegramServer) -> None:
    real.fail("getUpdates", *[409] * 50)
    async with polling(real) as telegram, kept(telegram, Hearing()) as bot:
        await bot.until(LinkState.DEAF)
        assert "another program asks Telegram" in bot.link.reason


async def test_a_webhook_whose_deliveries_fail_is_deaf_until_they_come_through(
    server: TelegramServer, group: Chat, clock: VirtualClock
) -> None:
    hearing = Hearing()
    async with mounted(server, clock) as (chat, _), listening(chat, hearing):
        await until(lambda: server.inbox.url == PUBLIC)
        await chat.probe()
        server.inbox.unreachable = "SSL error: certificate verify failed"
        await clock.sleep(timedelta(seconds=5))  # Telegram tells whole seconds, so a failure must be that much younger
        server.type(group, "/status")
        await until(lambda: server.inbox.last_error)
        with pytest.raises(Temporary, match="certificate verify failed"):
            await chat.probe()
        server.inbox.unreachable = ""
        await until(lambda: texts(hearing) == ["/status"])
        await until(lambda: server.inbox.posting == 0)
        await chat.probe()


async def test_a_webhook_that_somebody_else_took_is_taken_back(real: TelegramServer, clock: VirtualClock) -> None:
    group, hearing = real.chat(GROUP), Hearing()
    async with mounted(real, clock) as (chat, _), kept(chat, hearing) as bot:
        await bot.until(LinkState.LIVE)
        real.inbox.url = "http://127.0.0.1:9/another"
        await bot.until(LinkState.DEAF)
        assert "another address" in bot.link.reason
        await bot.until(LinkState.LIVE)
        assert real.inbox.url == PUBLIC
        real.type(group, "/help")
        await until(lambda: texts(hearing) == ["/help"])


async def test_without_a_webhook_a_probe_fails(server: TelegramServer, group: Chat, clock: VirtualClock) -> None:
    async with mounted(server, clock) as (chat, _), listening(chat, Hearing()):
        await until(lambda: server.inbox.url == PUBLIC)
        server.inbox.url = ""
        with pytest.raises(Temporary, match="no webhook is set"):
            await chat.probe()
        server.revoked = True
        with pytest.raises(Permanent, match="TELEGRAM_BOT_TOKEN"):
            await chat.probe()
        server.revoked, server.dead = False, True
        with pytest.raises(Temporary, match="does not answer"):
            await chat.probe()


async def test_an_address_that_a_person_has_registered_is_taken_as_it_is(
    server: TelegramServer, group: Chat, clock: VirtualClock
) -> None:
    server.inbox.url = "https://bot.example/telegram/webhook"
    async with opened(replace(settings(server), webhook_secret=SECRET), clock) as chat, listening(chat, Hearing()):
        await until(lambda: server.calls["getWebhookInfo"])
        async with asyncio.timeout(30):
            await chat.probe()
