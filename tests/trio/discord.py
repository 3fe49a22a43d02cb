"""Discord's side: typed options, presses, private answers."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from adapters.discord.posts import _nonce
from adapters.discord.render import CONTAINER, MARKS
from bot.domain.verbs import BY_WORD, Kind
from tests.trio.gate import Gate, gate
from tests.trio.side import Card, Delivery
from tests.trio.words import Words, words
from tests.vendors.discord.faults import Fault
from tests.vendors.discord.server import BASE, DiscordServer
from tests.vendors.discord.state import Interaction, Message

LIGHTS = {mark: light for light, mark in MARKS.items()}
FAULTS = {
    "limited": {"status": 429, "retry_after": 0.3},
    "cut": {"cut": True},
    "lost": {"lost": True},
    "broken": {"status": 503},
}
WINDOW = 5.0
"""Seconds in which Discord takes five messages into a channel."""
IN_TIME = 3.0
_LOOK = 0.003
_RUN = re.compile(r"· ([0-9a-z]{8})$", re.MULTILINE)
_DRESS = re.compile(r"^(-# |### )|\*\*|`|<#\d+>|[🟢🔴]|[░█]", re.MULTILINE)
_ESCAPED = re.compile(r"\\(.)")


@dataclass
class DiscordSide:
    """A server with one channel."""

    server: DiscordServer
    gate: Gate
    accounts: dict[str, int] = field(default_factory=dict)
    made: dict[str, Interaction] = field(default_factory=dict)
    name: str = "discord"

    @property
    def address(self) -> str:
        return str(self.server.room.id)

    @property
    def environ(self) -> Mapping[str, str]:
        base = f"http://127.0.0.1:{self.gate.port}{BASE}"
        return {"DISCORD_BOT_TOKEN": self.server.world.token, "DISCORD_API_BASE_URL": base}

    def account(self, person: str) -> str:
        return str(self.accounts.setdefault(person, 1001 + len(self.accounts)))

    def ready(self) -> bool:
        listening = any(one.socket is not None for one in self.server.gateway.sessions.values())
        return listening and bool(self.server.world.commands)

    async def types(self, text: str, who: str) -> Delivery:
        verb, options = given(text)
        return await self._acked(await self.server.types(verb, options, self._who(who)))

    async def presses(self, run: str, label: str, who: str) -> Delivery:
        return await self._acked(await self.server.presses(self._message(run), label, self._who(who)))

    async def forges(self, token: str, who: str) -> Delivery:
        return await self._acked(await self.server.forges(self._messages()[-1], token, self._who(who)))

    async def again(self, delivery: Delivery) -> None:
        await self.server.redeliver(self.made[delivery.key])

    def _who(self, person: str) -> tuple[int, str]:
        return int(self.account(person)), person

    async def _acked(self, made: Interaction) -> Delivery:
        key = f"discord:{made.id}"
        self.made[key] = made
        loop = asyncio.get_running_loop()
        end = loop.time() + IN_TIME
        while not made.acked_at and loop.time() < end:  # noqa: ASYNC110 - it happens in a server without an event of ours
            await asyncio.sleep(_LOOK)
        return Delivery(key, bool(made.acked_at), made.acked_at - made.sent_at)

    def _messages(self) -> list[Message]:
        return [one for one in self.server.cards() if one.payload["components"][0]["type"] == CONTAINER]

    def _message(self, run: str) -> Message:
        return next(one for one in reversed(self._messages()) if _run(one) == run)

    def cards(self) -> Sequence[Card]:
        return [Card(_run(one), str(one.id), words_of(one), one.edits, one.buttons) for one in self._messages()]

    def said(self, run: str) -> Sequence[str]:
        thread = next((one.id for one in self.server.world.channels.values() if one.name.endswith(run)), 0)
        return [_ESCAPED.sub(r"\1", one.text) for one in self.server.world.shown(thread)]

    def answers(self, delivery: Delivery) -> Sequence[str]:
        own = [one.text for one in self.made[delivery.key].answers]
        places = [self.server.room.id, *(one.id for one in self.server.world.channels.values())]
        nonces = {_nonce(place, f"{delivery.key}:{number}") for place in places for number in range(3)}
        posted = [self.server.world.nonces[one][1] for one in nonces if one in self.server.world.nonces]
        return [*own, *(self.server.world.messages[one].text for one in posted)]

    def fail(self, kind: str, edit: bool) -> None:
        pattern = r"PATCH .*/channels/\d+/messages/\d+$" if edit else r"POST .*/channels/\d+/messages$"
        self.server.faults.add(Fault(pattern, **FAULTS[kind]))  # type: ignore[arg-type]  # the table names its fields

    @property
    def violations(self) -> Mapping[str, int]:
        return dict(self.server.world.violations)

    @property
    def edits(self) -> int:
        return self.server.world.requests["PATCH /channels/messages"]


def given(text: str) -> tuple[str, dict[str, str | int]]:
    """The verb, and its words as options: those with a key by it, the others in the order of the verb's slots."""
    verb, *said = text.removeprefix("/").split()
    keyed = dict(word.partition("=")[::2] for word in said if "=" in word)
    loose = [word for word in said if "=" not in word]
    slots = [slot for slot in BY_WORD[verb].positional if slot.key not in keyed]
    for slot in slots:
        if loose:
            keyed[slot.key] = " ".join(loose) if slot.kind is Kind.REASON else loose.pop(0)
            loose = [] if slot.kind is Kind.REASON else loose
    return verb, dict(keyed)


def _run(message: Message) -> str:
    found = _RUN.search(message.text)
    assert found is not None, message.text
    return found[1]


def words_of(message: Message) -> Words:
    lines = message.text.splitlines()
    state = next(line for line in lines if line.endswith("**"))
    light = next(light for mark, light in LIGHTS.items() if state.startswith(mark))
    bare = [_ESCAPED.sub(r"\1", _DRESS.sub("", _unmarked(line))) for line in lines]
    return words(light, [*bare, *message.buttons], message.buttons.values())


def _unmarked(line: str) -> str:
    return next((line.removeprefix(mark) for mark in LIGHTS if line.startswith(mark)), line)


@asynccontextmanager
async def discord_side(speed: float) -> AsyncIterator[DiscordSide]:
    """Five messages in each `WINDOW`, and heartbeats, so many times as fast; until the block ends."""
    async with DiscordServer(window=WINDOW / speed) as server:
        server.gateway.heartbeat /= speed
        port = int(server.base_url.split(":")[2].split("/")[0])
        async with gate(port) as line:
            server.gateway.address = f"ws://127.0.0.1:{line.port}/socket"
            yield DiscordSide(server, line)
