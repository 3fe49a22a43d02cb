"""Mattermost for the contract suite."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType

from adapters.mattermost.client import LIMITS, Mattermost
from adapters.mattermost.inbound import Here, command_of, inbound
from adapters.mattermost.render import Door, Payload, render, render_notice
from bot.domain.commands import Intent
from bot.ports.chat import Limits
from bot.view.card import Button, RunCard
from bot.view.notice import Notice
from tests.adapters.mattermost.stage import opened_at
from tests.contract.platform import Link, Platform, Seen
from tests.fakes.world import VirtualClock
from tests.vendors.mattermost.rules import problems, read
from tests.vendors.mattermost.server import MattermostServer, serving
from tests.vendors.mattermost.sockets import Sockets
from tests.vendors.mattermost.state import ANA, BOT, BOT_NAME, ROOM, TOKEN, Post, World
from tests.view.gallery import SCREENS

DOOR = Door("https://bot.example", "secret")
HERE = Here(BOT, BOT_NAME)


def seen(payload: Payload) -> Seen:
    """As the server takes it and people's clients draw it."""
    assert list(problems(payload)) == []
    text, meant = read(payload["message"])
    assert meant == []
    post = Post("p", BOT, ROOM, payload["message"], payload["props"])
    return Seen(text, len(payload["message"]), tuple(one["integration"]["context"]["token"] for one in post.actions))


def nobody_listens() -> MattermostServer:
    """A server without a line to the bot; what people do there can be looked at."""
    world = World()
    return MattermostServer(world, Sockets(world))


def typing(server: MattermostServer, text: str) -> dict[str, str]:
    """The slash command that means this one: Mattermost keeps some names for itself."""
    verb, _, rest = text.removeprefix("/").partition(" ")
    return server.form(f"{command_of(verb)} {rest}".strip())


@dataclass
class MattermostLink:
    """The client and a Mattermost on this machine. `deliveries` ends with it: people do not wait to be heard."""

    chat: Mattermost
    server: MattermostServer
    deliveries: asyncio.TaskGroup
    address: str = ROOM

    def showing(self, words: str) -> int:
        return self.server.said(words)

    async def press(self, reference: str, card: RunCard, token: str) -> None:
        post = self.server.world.posts[reference]
        [label] = [one["name"] for one in post.actions if one["integration"]["context"]["token"] == token]
        self.deliveries.create_task(self._pressed(post, label))

    async def type(self, text: str) -> None:
        self.deliveries.create_task(self._typed(text))

    async def _pressed(self, post: Post, label: str) -> None:
        await self.chat.connected.wait()
        assert (await self.server.presses(post, label)).status == 200

    async def _typed(self, text: str) -> None:
        await self.chat.connected.wait()
        sent = await self.server.sends(f"{self.server.callback}/mattermost/command", data=typing(self.server, text))
        assert sent.status == 200

    async def delete(self, reference: str) -> None:
        self.server.world.delete(reference)

    async def deafen(self) -> None:
        self.server.sockets.deafen()


class ForMattermost:
    """Mattermost."""

    name = "mattermost"
    environ: Mapping[str, str] = MappingProxyType(
        {
            "MATTERMOST_URL": "https://chat.example",
            "MATTERMOST_BOT_TOKEN": TOKEN,
            "MATTERMOST_CALLBACK_URL": "https://bot.example",
        }
    )
    limits: Limits = LIMITS
    lasting = False

    def card(self, card: RunCard) -> Seen:
        return seen(render(card, DOOR))

    def notice(self, notice: Notice) -> Seen:
        return seen(render_notice(notice))

    def pressed(self, token: str) -> Intent | None:
        drawn = render(replace(SCREENS["approval"](), buttons=(Button("Go", token),)), DOOR)
        post = Post("p", BOT, ROOM, drawn["message"], drawn["props"])
        return inbound(nobody_listens().pressing(post, post.actions[0]["id"], ANA), HERE)

    def typed(self, text: str) -> Intent | None:
        return inbound(typing(nobody_listens(), text), HERE)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Link]:
        clock = VirtualClock()
        async with (
            serving(World(now=clock.elapsed)) as server,
            opened_at(server, clock) as chat,
            asyncio.TaskGroup() as deliveries,
        ):
            yield MattermostLink(chat, server, deliveries)
        assert server.world.violations == []


PLATFORM: Platform = ForMattermost()
