"""Telegram's side: a group that the bot polls for."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from adapters.telegram.render import MARKS
from adapters.telegram.text import JOINER
from tests.trio.gate import Gate, gate
from tests.trio.side import Card, Delivery
from tests.trio.words import Words, words
from tests.vendors.telegram.server import BOT, TOKEN, Chat, Message, TelegramServer, person
from tests.vendors.telegram.state import Json

ROOM = -1001234567890
LIGHTS = {mark: light for light, mark in MARKS.items()}
FAULTS: Mapping[str, str | int | float] = {"limited": 3.0, "cut": "cut", "lost": "lost", "broken": 502}
IN_TIME = 3.0
_LOOK = 0.003
_RUN = re.compile(r"· ([0-9a-z]{8})$", re.MULTILINE)
_DRESS = re.compile(r"[↳↩⛔░█]")


@dataclass
class TelegramSide:
    """A group. `speed`: seconds of the server's clock that pass in one of ours."""

    server: TelegramServer
    gate: Gate
    group: Chat
    speed: float
    accounts: dict[str, int] = field(default_factory=dict)
    updates: dict[str, Json] = field(default_factory=dict)
    name: str = "telegram"
    address: str = str(ROOM)

    @property
    def environ(self) -> Mapping[str, str]:
        return {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_BASE_URL": f"http://127.0.0.1:{self.gate.port}"}

    def account(self, person: str) -> str:
        return str(self.accounts.setdefault(person, 501 + len(self.accounts)))

    def ready(self) -> bool:
        return self.server.inbox.listeners > 0

    async def types(self, text: str, who: str) -> Delivery:
        return await self._confirmed(self.server.type(self.group, text, self._who(who)))

    async def presses(self, run: str, label: str, who: str) -> Delivery:
        message = self._message(run)
        return await self._acked(message, _labels(message)[label], who)

    async def forges(self, token: str, who: str) -> Delivery:
        return await self._acked(self._messages()[-1], token, who)

    async def again(self, delivery: Delivery) -> None:
        self.server.again(self.updates[delivery.key])

    def _who(self, name: str) -> Json:
        return person(int(self.account(name)), name)

    def _key(self, update: Json) -> str:
        key = f"telegram:{BOT}:{update['update_id']}"
        self.updates[key] = update
        return key

    async def _confirmed(self, update: Json) -> Delivery:
        """Nothing tells a person that a message was heard; Telegram is told by the next question for updates."""
        key, number = self._key(update), update["update_id"]
        took = await self._waited(lambda: number in self.server.inbox.confirmed)
        return Delivery(key, took < IN_TIME, took)

    async def _acked(self, message: Message, token: str, who: str) -> Delivery:
        update = self.server.press(self.group, message, token, self._who(who))
        key, press = self._key(update), update["callback_query"]["id"]
        await self._waited(lambda: press in self.server.answered)
        took = self.server.answered.get(press)
        return Delivery(key, took is not None, (took or 0.0) / self.speed)

    async def _waited(self, holds: Callable[[], bool]) -> float:
        """Seconds until it holds, `IN_TIME` at most."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        while not holds() and loop.time() - begun < IN_TIME:  # noqa: ASYNC110 - it happens in a server
            await asyncio.sleep(_LOOK)
        return loop.time() - begun

    def _messages(self) -> list[Message]:
        """Cards: what stands for itself, and names a run as they do."""
        return [one for one in self.group.shown() if not one.reply_to and _RUN.search(one.text)]

    def _message(self, run: str) -> Message:
        return next(one for one in reversed(self._messages()) if _run(one) == run)

    def cards(self) -> Sequence[Card]:
        return [
            Card(_run(one), str(one.number), words_of(one), len(one.history), _labels(one)) for one in self._messages()
        ]

    def said(self, run: str) -> Sequence[str]:
        below = self._message(run).number
        return [one.text.replace(JOINER, "") for one in self.group.shown() if one.reply_to == below]

    def answers(self, delivery: Delivery) -> Sequence[str]:
        """To what was typed: below it. To a press: below the card, to that person by name."""
        update = self.updates[delivery.key]
        press = update.get("callback_query")
        message = press["message"] if press else update["message"]
        below = [one.text for one in self.group.shown() if one.reply_to == message["message_id"]]
        name = f"{press['from']['username']}: " if press else ""
        return [text for text in below if name in text]

    def fail(self, kind: str, edit: bool) -> None:
        self.server.fail("editMessageText" if edit else "sendMessage", FAULTS[kind])

    @property
    def violations(self) -> Mapping[str, int]:
        return dict(self.server.violations)

    @property
    def edits(self) -> int:
        return self.server.calls["editMessageText"]


def _labels(message: Message) -> dict[str, str]:
    return {str(one["text"]): str(one["callback_data"]) for row in message.keyboard for one in row}


def _run(message: Message) -> str:
    found = _RUN.search(message.text)
    assert found is not None, message.text
    return found[1]


def words_of(message: Message) -> Words:
    lines = message.text.replace(JOINER, "").splitlines()
    light = next(light for mark, light in LIGHTS.items() if lines[0].startswith(mark))
    bare = [_DRESS.sub("", _unmarked(line)) for line in lines]
    return words(light, [*bare, *_labels(message)], message.tokens)


def _unmarked(line: str) -> str:
    return next((line.removeprefix(mark) for mark in LIGHTS if line.startswith(mark)), line)


@asynccontextmanager
async def telegram_side(now: Callable[[], float], speed: float) -> AsyncIterator[TelegramSide]:
    """By that clock, until the block ends."""
    async with TelegramServer(now).serving() as server, gate(int(server.url.rpartition(":")[2])) as line:
        server.inbox.speed = speed
        yield TelegramSide(server, line, server.chat(ROOM), speed)
