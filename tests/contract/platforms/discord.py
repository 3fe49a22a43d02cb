"""Discord for the contract suite."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType

from adapters.discord.client import LIMITS, Discord
from adapters.discord.inbound import inbound
from adapters.discord.layout import layout
from adapters.discord.render import Payload, render, render_notice
from adapters.discord.settings import Settings
from bot.domain.commands import Intent
from bot.domain.verbs import BY_WORD
from bot.ports.chat import Limits
from bot.view.card import Button, RunCard
from bot.view.notice import Notice
from tests.adapters.discord.talk import QuickClock, estate_at, recent
from tests.contract.platform import Link, Platform, Seen
from tests.vendors.discord import payloads
from tests.vendors.discord.rules import message_problems
from tests.vendors.discord.server import PRESSED, TYPED, DiscordServer
from tests.vendors.discord.state import BUTTON, TEXT_DISPLAY, Json, Message, World, units, walk
from tests.view.gallery import SCREENS

WORLD = World("token")
ROOM = WORLD.channel("ops")
ANA = (1001, "ana")


def seen(payload: Payload) -> Seen:
    """As the library and Discord take it; its limit is one of all texts together."""
    layout(payload.get("components") or [])
    assert message_problems(dict(payload)) == []
    assert payload.get("content") or payload.get("components")
    parts = walk(list(payload.get("components") or []))
    said = [one["content"] for one in parts if one["type"] == TEXT_DISPLAY] + [payload.get("content") or ""]
    tokens = tuple(one["custom_id"] for one in parts if one["type"] == BUTTON)
    return Seen("\n".join(said), sum(map(units, said)), tokens)


def words_of(text: str) -> tuple[str, dict[str, str]]:
    """The verb, and its words as options: in the order of the verb's slots."""
    verb, *words = text.removeprefix("/").split()
    keys = [slot.key for slot in BY_WORD[verb].positional]
    return verb, dict(zip(keys, words, strict=False))


@dataclass
class DiscordLink:
    """The client, a Discord on this machine, and somebody there."""

    chat: Discord
    server: DiscordServer

    @property
    def address(self) -> str:
        return str(self.server.room.id)

    def showing(self, words: str) -> int:
        answers = [one for given in self.server.world.interactions.values() for one in given.answers]
        stand = {one.id: one for one in (*self.server.world.messages.values(), *answers) if not one.deleted}
        return sum(words in one.text for one in stand.values())

    async def press(self, reference: str, card: RunCard, token: str) -> None:
        await self.server.until(lambda: self.chat.connected)
        message = self._message(reference)
        [label] = [label for label, carried in message.buttons.items() if carried == token]
        await self.server.presses(message, label)

    async def type(self, text: str) -> None:
        verb, words = words_of(text)
        await self.server.until(lambda: self.chat.connected and bool(self.server.world.commands))
        await self.server.types(verb, words)

    async def delete(self, reference: str) -> None:
        self._message(reference).deleted = True

    async def deafen(self) -> None:
        self.server.gateway.deafen()

    def _message(self, reference: str) -> Message:
        return next(one for one in self.server.cards() if str(one.id) in reference)


class ForDiscord:
    """Discord."""

    name = "discord"
    environ: Mapping[str, str] = MappingProxyType({"DISCORD_BOT_TOKEN": "token"})
    lasting = False
    limits: Limits = LIMITS

    def card(self, card: RunCard) -> Seen:
        return seen(render(card))

    def notice(self, notice: Notice) -> Seen:
        return seen(render_notice(notice))

    def pressed(self, token: str) -> Intent | None:
        drawn = render(replace(SCREENS["succeeded"](), buttons=(Button("Do it", token),)))
        [button] = [one for one in walk(list(drawn["components"])) if one["type"] == BUTTON]
        return self._heard(PRESSED, {"custom_id": button["custom_id"], "component_type": BUTTON})

    def typed(self, text: str) -> Intent | None:
        verb, words = words_of(text)
        options = [{"name": name, "type": 3, "value": word} for name, word in words.items()]
        return self._heard(TYPED, {"id": "1", "type": 1, "name": verb, "options": options})

    def _heard(self, kind: int, data: Json) -> Intent | None:
        delivered: Mapping[str, object] = payloads.interaction(WORLD, kind, ROOM, ANA, data).payload
        return inbound(dict(delivered))

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Link]:
        async with DiscordServer(per=5, window=0.2) as server:
            server.gateway.heartbeat = 1.0
            settings = Settings(server.world.token, server.base_url, late=0.5)
            yield DiscordLink(Discord(settings, estate_at(str(server.room.id)), QuickClock(), recent), server)
            assert dict(server.world.violations) == {}


PLATFORM: Platform = ForDiscord()
