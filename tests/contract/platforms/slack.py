"""Slack for the contract suite."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType

from adapters.slack.client import LIMITS, Slack, opened
from adapters.slack.inbound import command_of, inbound
from adapters.slack.render import Payload, render, render_notice
from adapters.slack.settings import Settings
from bot.domain.commands import Intent
from bot.ports.chat import Limits
from bot.view.card import Button, RunCard
from bot.view.notice import Notice
from tests.contract.platform import Link, Platform, Seen
from tests.fakes.world import VirtualClock
from tests.vendors.slack.blocks import characters
from tests.vendors.slack.methods import SlackError, checked
from tests.vendors.slack.people import Body, People
from tests.vendors.slack.server import Server, serving
from tests.vendors.slack.sockets import Sockets
from tests.vendors.slack.workspace import APP_TOKEN, BOT, BOT_TOKEN, Message, Workspace
from tests.view.gallery import SCREENS

ROOM = "C0OPS"
MOST_TEXT = 4_000
"""Characters of the text to fall back to that `chat.update` takes; a post would take more."""


def read(value: object) -> str:
    """What people read in blocks, each text in a line of its own."""
    match value:
        case dict():
            own = [one for name in ("title", "text") if isinstance(one := value.get(name), str)]
            return "\n".join([*own, *filter(None, map(read, value.values()))])
        case list():
            return "\n".join(filter(None, map(read, value)))
        case _:
            return ""


def seen(payload: Payload, plan: bool = True) -> Seen:
    """As the strict workspace takes it; `plan`: one that takes plan blocks."""
    space = Workspace(plan=plan)
    try:
        _, blocks = checked(space, payload, MOST_TEXT)
    except SlackError as refused:
        raise AssertionError(f"{refused.code}: {refused.messages}") from None
    assert space.violations == []
    buttons = [one for block in blocks if block["type"] == "actions" for one in block["elements"]]
    return Seen(read(blocks), characters(blocks), tuple(one["value"] for one in buttons))


def typing(people: People, text: str) -> Body:
    """The slash command that means this one: Slack keeps some names for itself."""
    verb, _, rest = text.removeprefix("/").partition(" ")
    return people.slash(f"{command_of(verb)} {rest}".strip(), channel=ROOM)


def nobody_listens() -> People:
    """People of a workspace without a line to the bot; what they do can be looked at."""
    space = Workspace()
    return People(Server(space, Sockets(space)))


@dataclass
class SlackLink:
    """The client and a Slack on this machine. `deliveries` ends with it: people do not wait until they are heard."""

    chat: Slack
    people: People
    deliveries: asyncio.TaskGroup
    address: str = ROOM

    @property
    def space(self) -> Workspace:
        return self.people.server.space

    def showing(self, words: str) -> int:
        messages = [*self.space.channels[ROOM], *self.space.hidden]
        return sum(words in read(one.blocks) for one in messages if not one.deleted)

    async def press(self, reference: str, card: RunCard, token: str) -> None:
        channel, _, ts = reference.partition(":")
        message = self.space.find(channel, ts)
        assert message is not None
        [label] = [label for label, button in message.buttons().items() if button["value"] == token]
        self.deliveries.create_task(self._delivered(self.people.press(message, label)))

    async def type(self, text: str) -> None:
        self.deliveries.create_task(self._delivered(typing(self.people, text)))

    async def _delivered(self, body: Body) -> None:
        """By a socket, as soon as there is one, and acknowledged in time."""
        await self.people.server.sockets.connected()
        assert (await self.people.deliver(body)).ok

    async def delete(self, reference: str) -> None:
        channel, _, ts = reference.partition(":")
        self.space.delete(channel, ts)

    async def deafen(self) -> None:
        self.people.server.sockets.deafen()


class ForSlack:
    """Slack."""

    name = "slack"
    environ: Mapping[str, str] = MappingProxyType({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"})
    limits: Limits = LIMITS
    lasting = False

    def card(self, card: RunCard) -> Seen:
        """With the plan block, and without it for the workspaces that do not take it yet."""
        made, plain = seen(render(card)), seen(render(card, plan=False), plan=False)
        assert made.tokens == plain.tokens
        return replace(made, length=max(made.length, plain.length))

    def notice(self, notice: Notice) -> Seen:
        return seen(render_notice(notice))

    def pressed(self, token: str) -> Intent | None:
        card = replace(SCREENS["approval"](), buttons=(Button("Go", token),))
        message = Message(ROOM, "1763700041.000041", BOT, **render(card))
        return inbound(nobody_listens().press(message, "Go"))

    def typed(self, text: str) -> Intent | None:
        return inbound(typing(nobody_listens(), text))

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Link]:
        clock = VirtualClock()
        async with serving(Workspace(now=clock.elapsed)) as server:
            settings = Settings(BOT_TOKEN, APP_TOKEN, base_url=server.url, timeout=5.0, ping=20.0, probe=0.5, grace=2.0)
            async with opened(settings, clock) as chat, asyncio.TaskGroup() as deliveries:
                yield SlackLink(chat, People(server), deliveries)
            assert server.space.violations == []


PLATFORM: Platform = ForSlack()
