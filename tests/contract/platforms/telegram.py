"""Telegram for the contract suite."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from adapters.telegram.client import LIMITS, Telegram, opened
from adapters.telegram.inbound import Here, inbound
from adapters.telegram.render import Payload, render, render_notice
from adapters.telegram.settings import Settings
from bot.domain.commands import Intent
from bot.ports.chat import Limits
from bot.view.card import RunCard
from bot.view.notice import Notice
from tests.contract.platform import Link, Platform, Seen
from tests.fakes.world import VirtualClock
from tests.vendors.telegram.server import BOT, NAME, TOKEN, Chat, TelegramServer, person
from tests.vendors.telegram.writing import Writing

ROOM = -1001234567890
HERE = Here(BOT, NAME, frozenset({str(ROOM)}))
GROUP = {"id": ROOM, "type": "supergroup"}


def seen(payload: Payload) -> Seen:
    """As the strict server takes it."""
    writing = Writing(Counter(), chats={ROOM: Chat(ROOM)})
    fields = {key: one if isinstance(one, str) else json.dumps(one) for key, one in payload.items()}
    _, message = writing.send({"chat_id": str(ROOM), **fields})
    assert writing.violations == {}
    return Seen(message.text, message.parsed.units, tuple(message.tokens))


@dataclass
class TelegramLink:
    """The client and a Telegram on this machine."""

    chat: Telegram
    server: TelegramServer
    group: Chat
    clock: VirtualClock
    address: str = str(ROOM)

    def showing(self, words: str) -> int:
        return sum(words in one.text for one in self.group.shown())

    async def press(self, reference: str, card: RunCard, token: str) -> None:
        self.server.press(self.group, self.group.messages[int(reference.rpartition(":")[2])], token)

    async def type(self, text: str) -> None:
        self.server.type(self.group, text)

    async def delete(self, reference: str) -> None:
        del self.group.messages[int(reference.rpartition(":")[2])]

    async def deafen(self) -> None:
        """And a minute goes by on the virtual clock."""
        self.server.deafen()
        await self.clock.sleep(timedelta(minutes=1))


class ForTelegram:
    """Telegram."""

    name = "telegram"
    environ: Mapping[str, str] = MappingProxyType(
        {"TELEGRAM_BOT_TOKEN": "1:token", "TELEGRAM_WEBHOOK_SECRET": "secret"}
    )
    limits: Limits = LIMITS
    lasting = False

    def card(self, card: RunCard) -> Seen:
        return seen(render(card))

    def notice(self, notice: Notice) -> Seen:
        return seen(render_notice(notice))

    def pressed(self, token: str) -> Intent | None:
        message = {"message_id": 41, "chat": GROUP, "date": 1795000000}
        query = {"id": "4382", "from": person(11), "message": message, "chat_instance": "1", "data": token}
        return inbound({"update_id": 1, "callback_query": query}, HERE)

    def typed(self, text: str) -> Intent | None:
        message = {"message_id": 40, "from": person(11), "chat": GROUP, "date": 1795000000, "text": text}
        return inbound({"update_id": 1, "message": message}, HERE)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Link]:
        clock = VirtualClock()
        async with TelegramServer(lambda: clock.now().timestamp()).serving() as server:
            settings = Settings(server.url, TOKEN, rooms=(str(ROOM),), poll=5)
            async with opened(settings, clock) as chat:
                yield TelegramLink(chat, server, server.chat(ROOM), clock)
            assert server.violations == {}


PLATFORM: Platform = ForTelegram()
