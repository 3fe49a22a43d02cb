"""Slack's side: sockets, slash commands, and answers by `response_url`."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from adapters.slack.inbound import command_of
from adapters.slack.render import MARKS
from bot.domain.values import RunId
from tests.trio.gate import Gate, gate
from tests.trio.side import Card, Delivery
from tests.trio.words import Words, words
from tests.vendors.slack.people import Body, Delivered, People
from tests.vendors.slack.server import Server, serving
from tests.vendors.slack.workspace import APP_TOKEN, BOT_PERSON, BOT_TOKEN, Message, Workspace

ROOM = "C0OPS"
LIGHTS = {name: light for light, name in MARKS.items()}
FAULTS = {"limited": "429:3", "cut": "cut", "lost": "lost", "broken": "500"}
_RUN = re.compile(r"run ([0-9a-z]{8})")


@dataclass
class SlackSide:
    """A workspace, and its people."""

    server: Server
    gate: Gate
    people: People
    name: str = "slack"
    address: str = ROOM
    bodies: dict[str, Body] = field(default_factory=dict)

    @property
    def environ(self) -> Mapping[str, str]:
        return {
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_API_BASE_URL": f"http://127.0.0.1:{self.gate.port}/api/",
        }

    def account(self, person: str) -> str:
        return f"U0{person.upper()}"

    def ready(self) -> bool:
        return bool(self.server.sockets.open)

    async def types(self, text: str, who: str) -> Delivery:
        verb, _, rest = text.removeprefix("/").partition(" ")
        return await self._deliver(
            self.people.slash(f"{command_of(verb)} {rest}".strip(), self.account(who), self.address)
        )

    async def presses(self, run: str, label: str, who: str) -> Delivery:
        return await self._deliver(self.people.press(self._message(run), label, self.account(who)))

    async def forges(self, token: str, who: str) -> Delivery:
        message = next((one for one in reversed(self._messages()) if one.buttons()), None)
        if message is None:
            raise KeyError(token)
        body = self.people.press(message, next(iter(message.buttons())), self.account(who))
        body["actions"] = [{**body["actions"][0], "value": token, "action_id": f"outrider:{token}"}]
        return await self._deliver(body)

    async def again(self, delivery: Delivery) -> None:
        await self._send(self.bodies[delivery.key])

    async def _deliver(self, body: Body) -> Delivery:
        key = f"slack:{body['trigger_id']}"
        self.bodies[key] = body
        sent = await self._send(body)
        return Delivery(key, sent.ok, sent.took)

    async def _send(self, body: Body) -> Delivered:
        """Nobody hears what is sent into a socket that has just gone."""
        try:
            return await self.people.deliver(body) if self.ready() else Delivered(False)
        except (aiohttp.ClientError, ConnectionError):
            return Delivered(False)

    def _messages(self) -> list[Message]:
        return [one for one in self.server.space.standing(ROOM) if one.blocks and one.blocks[0]["type"] == "header"]

    def _message(self, run: str) -> Message:
        return next(one for one in reversed(self._messages()) if _run(one) == run)

    def cards(self) -> Sequence[Card]:
        return [
            Card(_run(one), one.ts, words_of(one), one.edits, {name: it["value"] for name, it in one.buttons().items()})
            for one in self._messages()
        ]

    def said(self, run: str) -> Sequence[str]:
        return [one.text for one in self.server.space.standing(ROOM, self._message(run).ts)]

    def answers(self, delivery: Delivery) -> Sequence[str]:
        name = str(self.bodies[delivery.key]["response_url"]).rpartition("/")[2]
        posted = self.server.space.channels[ROOM]
        own = [one.text for one in posted if _key(one).startswith(f"{delivery.key}:")]
        return [*self.server.response_urls[name].said, *own]

    def fail(self, kind: str, edit: bool) -> None:
        method = "chat.update" if edit else "chat.postMessage"
        self.server.space.faults.setdefault(method, []).append(FAULTS[kind])

    @property
    def violations(self) -> Mapping[str, int]:
        return Counter(self.server.space.violations)

    @property
    def edits(self) -> int:
        return self.server.space.calls["chat.update"]


def _key(message: Message) -> str:
    return str((message.metadata.get("event_payload") or {}).get("key", ""))


def _run(message: Message) -> RunId:
    found = _RUN.search(message.text)
    assert found is not None, message.text
    return RunId(found[1])


def words_of(message: Message) -> Words:
    texts = [one for block in message.blocks for one in _texts(block)]
    state = next(block for block in message.blocks if block["type"] == "rich_text")
    light = LIGHTS[state["elements"][0]["elements"][0]["name"]]
    return words(light, texts, (button["value"] for button in message.buttons().values()))


def _texts(value: Any) -> list[str]:
    """Everything that can be read, in pieces; what only Slack says (`by`, `run`, how many steps) is left out."""
    match value:
        case {"type": "context", "elements": [*elements]}:
            return [re.sub(r"^(by|run) ", "", one["text"]) for one in elements]
        case {"type": "plan", "tasks": [*cards]}:
            return [text for card in cards for text in _texts(card)]
        case dict():
            own = [one for name in ("title", "text") if isinstance(one := value.get(name), str)]
            return own + [text for name, one in value.items() if name != "style" for text in _texts(one)]
        case list():
            pieces = all(isinstance(one, dict) and one.get("type") in ("text", "emoji") for one in value)
            found = [text for one in value for text in _texts(one)]
            return ["".join(found)] if pieces else found
        case _:
            return []


@asynccontextmanager
async def slack_side(now: Callable[[], float], people: Sequence[str]) -> AsyncIterator[SlackSide]:
    """A workspace with one room and these people, by that clock, until the block ends."""
    members = {BOT_PERSON, *(f"U0{one.upper()}" for one in people)}
    space = Workspace(now=now, channels={ROOM: []}, members={ROOM: members})
    async with serving(space) as server, gate(server.port) as line:
        server.port = line.port
        yield SlackSide(server, line, People(server, tries=1))
