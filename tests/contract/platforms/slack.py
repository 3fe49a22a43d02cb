"""Slack for the contract suite: Socket Mode."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from adapters.slack.client import Slack, opened
from adapters.slack.inbound import command_of, inbound
from adapters.slack.render import Payload, render, render_notice
from bot.domain.commands import Intent
from bot.ports.chat import Limits
from bot.view.card import Button, RunCard
from bot.view.notice import Notice
from tests.adapters.slack.stage import ROOM, settings_for, until
from tests.contract.platform import Link, Platform, Seen
from tests.fakes.world import VirtualClock
from tests.vendors.slack.blocks import MOST_CHARACTERS, characters, problems
from tests.vendors.slack.people import People
from tests.vendors.slack.server import Server, serving
from tests.vendors.slack.sockets import Sockets
from tests.vendors.slack.workspace import Message, Workspace
from tests.view.gallery import SCREENS


def texts(value: object) -> list[str]:
    """Every text in the blocks."""
    match value:
        case dict():
            own = [value[name] for name in ("text", "title") if isinstance(value.get(name), str)]
            return own + [text for inner in value.values() for text in texts(inner)]
        case list():
            return [text for inner in value for text in texts(inner)]
        case _:
            return []


def message(payload: Payload) -> Message:
    """As it would stand there."""
    return Message(ROOM, "1763700000.000001", "B0BOT", payload["text"], list(payload["blocks"]))


def seen(payload: Payload) -> Seen:
    """As Slack takes it. Its limit of characters is one of each text; that of all together is far higher."""
    assert problems(payload["blocks"]) == []
    assert characters(payload["blocks"]) < MOST_CHARACTERS
    assert payload["text"]
    said = texts(payload["blocks"])
    actions = [block for block in payload["blocks"] if block["type"] == "actions"]
    tokens = tuple(str(one["value"]) for block in actions for one in block["elements"])
    return Seen(" ".join(said), max(map(len, said)), tokens)


def spoken(text: str) -> str:
    """The command as Slack lets people type it."""
    verb, _, rest = text.removeprefix("/").partition(" ")
    return f"{command_of(verb)} {rest}".strip()


@dataclass
class SlackLink:
    """The client, a workspace on this machine, and somebody in it."""

    chat: Slack
    space: Workspace
    people: People
    address: str = ROOM

    def showing(self, words: str) -> int:
        stand = [one for one in self.space.channels[ROOM] if not one.deleted] + self.space.hidden
        return sum(words in " ".join([one.text, *texts(one.blocks)]) for one in stand)

    async def press(self, reference: str, card: RunCard, token: str) -> None:
        await self._connected()
        found = self.space.find(*reference.split(":"))
        assert found is not None
        label = next(one.label for one in card.buttons if one.token == token)
        await self.people.presses(found, label)

    async def type(self, text: str) -> None:
        await self._connected()
        await self.people.types(spoken(text))

    async def delete(self, reference: str) -> None:
        self.space.delete(*reference.split(":"))

    async def _connected(self) -> None:
        await until(self.chat.connected.is_set)


class ForSlack:
    """Slack."""

    name = "slack"
    lasting = False
    limits = Limits(
        max_text=3000,
        max_buttons=25,
        min_edit_interval=timedelta(seconds=1.5),
        min_post_interval=timedelta(seconds=1),
    )

    def card(self, card: RunCard) -> Seen:
        return seen(render(card))

    def notice(self, notice: Notice) -> Seen:
        return seen(render_notice(notice))

    def pressed(self, token: str) -> Intent | None:
        card = replace(SCREENS["succeeded"](), buttons=(Button("Do it", token),))
        return inbound(self._body(lambda people: people.press(message(render(card)), "Do it")))

    def typed(self, text: str) -> Intent | None:
        return inbound(self._body(lambda people: people.slash(spoken(text))))

    def _body(self, made: Callable[[People], Mapping[str, Any]]) -> Mapping[str, Any]:
        space = Workspace()
        return made(People(Server(space, Sockets(space))))

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Link]:
        clock = VirtualClock()
        space = Workspace(now=clock.elapsed)
        async with serving(space) as server, opened(settings_for(server), clock) as chat:
            yield SlackLink(chat, space, People(server))
        assert space.violations == []


PLATFORM: Platform = ForSlack()
