"""From environment variables to what Telegram is told: the webhook is registered at each start, or taken away."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.sql.journal import SqlJournal, open_journal
from bot.chats import opened_chats
from bot.settings import Settings
from tests.adapters.telegram.conftest import SECRET, Hearing, until
from tests.fakes.world import VirtualClock, fake_world
from tests.settings.reading import ENVIRON, GOOD, settled
from tests.vendors.telegram.server import TOKEN, TelegramServer

URL = "https://bot.example/telegram/webhook"


def configured(server: TelegramServer, **more: str) -> Settings:
    reached = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_BASE_URL": server.url}
    return settled(GOOD, {**ENVIRON, **reached, **more})


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[SqlJournal]:
    async with open_journal(f"sqlite:///{tmp_path / 'journal.db'}") as opened:
        yield opened


async def started(
    settings: Settings, journal: SqlJournal, clock: VirtualClock, server: TelegramServer, url: str
) -> tuple[str, ...]:
    """Listen until Telegram delivers to that address; the paths that the bot's HTTP server gets."""
    world = fake_world(settings.estate, journal, clock).world
    async with opened_chats(settings, world) as found, asyncio.TaskGroup() as group:
        [telegram] = found.chats
        listening = group.create_task(telegram.listen(Hearing()))
        await until(lambda: server.inbox.url == url)
        listening.cancel()
    return tuple(path for path, _ in found.hooks)


async def test_the_webhook_is_registered_with_its_secret_and_taken_away_by_polling(
    server: TelegramServer, journal: SqlJournal, clock: VirtualClock
) -> None:
    hooked = configured(server, TELEGRAM_WEBHOOK_SECRET=SECRET, TELEGRAM_WEBHOOK_URL=URL)
    assert await started(hooked, journal, clock, server, URL) == ("/telegram/webhook",)
    assert server.inbox.secret == SECRET
    assert server.inbox.allowed == ["message", "callback_query"]
    assert await started(configured(server), journal, clock, server, "") == ()
