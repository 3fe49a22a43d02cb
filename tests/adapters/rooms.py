"""One room on each platform, behind the real client library and the platform's stand-in: what people see there."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from adapters.discord.client import Discord
from adapters.discord.settings import Settings as DiscordSettings
from adapters.slack.client import opened as opened_slack
from adapters.system.clock import SystemClock
from adapters.telegram.client import opened as opened_telegram
from bot.ports.chat import Chat
from tests.adapters.discord.talk import Intake, estate_at, recent
from tests.adapters.mattermost.stage import opened_at
from tests.adapters.slack.stage import settings_for
from tests.adapters.telegram.conftest import GROUP
from tests.adapters.telegram.conftest import settings as telegram_settings
from tests.fakes.world import VirtualClock
from tests.vendors.discord.faults import Fault
from tests.vendors.discord.server import DiscordServer
from tests.vendors.discord.state import Message as DiscordMessage
from tests.vendors.mattermost.server import MattermostServer
from tests.vendors.mattermost.server import serving as serving_mattermost
from tests.vendors.mattermost.state import ROOM as MATTERMOST_ROOM
from tests.vendors.mattermost.state import Post as MattermostPost
from tests.vendors.mattermost.state import World
from tests.vendors.slack.server import serving
from tests.vendors.slack.workspace import Message as SlackMessage
from tests.vendors.slack.workspace import Workspace
from tests.vendors.telegram.server import Chat as Group
from tests.vendors.telegram.server import TelegramServer

SLACK_ROOM = "C0OPS"


@dataclass(frozen=True)
class Seen:
    """One card with what stands below it; `files` are the names of those."""

    card: str
    below: tuple[str, ...]
    files: tuple[str, ...]


class RoomOn(Protocol):
    """A platform's room."""

    @property
    def chat(self) -> Chat: ...

    @property
    def address(self) -> str: ...

    def seen(self) -> list[Seen]:
        """Every card that stands there, oldest first."""
        ...

    def delete(self, thread: bool) -> None:
        """Somebody deletes the newest card; `thread`: with all that stands below it."""
        ...

    def die(self) -> None:
        """The platform answers nothing but trouble."""
        ...

    def live(self) -> None:
        """It is back."""
        ...

    def wrong(self) -> list[str]:
        """What the bot did that it should not have."""
        ...

    def drawings(self) -> int:
        """Calls that posted or replaced something, answered well or not."""
        ...


@dataclass
class SlackRoom:
    chat: Chat
    space: Workspace
    address: str = SLACK_ROOM

    def _cards(self) -> list[SlackMessage]:
        return [one for one in self.space.standing(SLACK_ROOM) if any(each["type"] == "header" for each in one.blocks)]

    def seen(self) -> list[Seen]:
        return [self._one(card) for card in self._cards()]

    def _one(self, card: SlackMessage) -> Seen:
        below = self.space.standing(SLACK_ROOM, card.ts)
        names = tuple(str(file["name"]) for one in below for file in one.files)
        return Seen(card.text, tuple(one.text for one in below if not one.files), names)

    def delete(self, thread: bool) -> None:
        card = self._cards()[-1]
        for one in self.space.standing(SLACK_ROOM, card.ts) if thread else ():
            one.deleted = True
        card.deleted = True

    def die(self) -> None:
        for method in ("chat.postMessage", "chat.update", "conversations.history", "conversations.replies"):
            self.space.errors[method] = "service_unavailable"

    def live(self) -> None:
        self.space.errors.clear()

    def wrong(self) -> list[str]:
        return self.space.violations

    def drawings(self) -> int:
        return sum(self.space.calls[method] for method in ("chat.postMessage", "chat.update"))


@dataclass
class DiscordRoom:
    chat: Chat
    server: DiscordServer

    @property
    def address(self) -> str:
        return str(self.server.room.id)

    def seen(self) -> list[Seen]:
        return [self._one(card) for card in self.server.cards()]

    def _one(self, card: DiscordMessage) -> Seen:
        """A card that was drawn anew names the thread that it goes on in."""
        elsewhere = [one for one in self.server.world.channels if f"<#{one}>" in card.text]
        below = self.server.world.shown(elsewhere[0] if elsewhere else card.id)
        return Seen(card.text, tuple(one.text for one in below), tuple(name for one in below for name in one.files))

    def delete(self, thread: bool) -> None:
        card = self.server.cards()[-1]
        card.deleted = True
        if thread:
            del self.server.world.channels[card.id]

    def die(self) -> None:
        self.server.faults.add(Fault(r"/channels/", times=10**9, status=503))

    def live(self) -> None:
        self.server.faults.clear()

    def wrong(self) -> list[str]:
        return [f"{what}: {count}" for what, count in self.server.world.violations.items()]

    def drawings(self) -> int:
        return sum(count for what, count in self.server.world.requests.items() if "/messages" in what)


@dataclass
class TelegramRoom:
    chat: Chat
    server: TelegramServer
    group: Group
    address: str = str(GROUP)

    def seen(self) -> list[Seen]:
        shown = self.group.shown()
        numbers = [one.number for one in shown if not one.reply_to and "· 0000" in one.text]
        found = []
        for number in numbers:
            below = [one for one in shown if one.reply_to == number]
            names = tuple(one.file.name for one in below if one.file)
            said = tuple(one.text for one in below if not one.file)
            found.append(Seen(self.group.messages[number].text, said, names))
        return found

    def delete(self, thread: bool) -> None:
        card = max(one.number for one in self.group.shown() if not one.reply_to)
        for one in [one for one in self.group.shown() if thread and one.reply_to == card]:
            del self.group.messages[one.number]
        del self.group.messages[card]

    def die(self) -> None:
        self.server.dead = True

    def live(self) -> None:
        self.server.dead = False

    def wrong(self) -> list[str]:
        return [f"{what}: {count}" for what, count in self.server.violations.items()]

    def drawings(self) -> int:
        return sum(self.server.calls[method] for method in ("sendMessage", "editMessageText"))


@dataclass
class MattermostRoom:
    chat: Chat
    server: MattermostServer
    address: str = MATTERMOST_ROOM

    def seen(self) -> list[Seen]:
        return [self._one(card) for card in self.server.cards()]

    def _one(self, card: MattermostPost) -> Seen:
        below = self.server.world.standing(MATTERMOST_ROOM, card.id)
        return Seen(
            card.message, tuple(one.message for one in below), tuple(name for one in below for name in one.files)
        )

    def delete(self, thread: bool) -> None:
        """With the first post of a thread Mattermost deletes all of it, whether or not somebody wanted that."""
        self.server.world.delete(self.server.cards()[-1].id)

    def die(self) -> None:
        self.server.world.dead = True

    def live(self) -> None:
        self.server.world.dead = False

    def wrong(self) -> list[str]:
        return self.server.world.violations

    def drawings(self) -> int:
        return sum(self.server.world.calls[what] for what in ("POST posts", "PUT posts"))


@asynccontextmanager
async def on_mattermost(clock: VirtualClock) -> AsyncIterator[RoomOn]:
    async with serving_mattermost(World(now=clock.elapsed)) as server, opened_at(server, clock) as chat:
        yield MattermostRoom(chat, server)


@asynccontextmanager
async def on_slack(clock: VirtualClock) -> AsyncIterator[RoomOn]:
    async with serving(Workspace(now=clock.elapsed)) as server, opened_slack(settings_for(server), clock) as chat:
        yield SlackRoom(chat, server.space)


@asynccontextmanager
async def on_discord(clock: VirtualClock) -> AsyncIterator[RoomOn]:
    """The library waits by the real clock, so this Discord's windows are short ones."""
    async with DiscordServer(per=5, window=0.2) as server:
        settings = DiscordSettings(server.world.token, server.base_url)
        chat = Discord(settings, estate_at(str(server.room.id)), SystemClock(), recent)
        async with listening(chat):
            await server.gateway.ready(1)
            await server.until(lambda: bool(server.world.commands))
            yield DiscordRoom(chat, server)


@asynccontextmanager
async def on_telegram(clock: VirtualClock) -> AsyncIterator[RoomOn]:
    async with (
        TelegramServer(lambda: clock.now().timestamp()).serving() as server,
        opened_telegram(telegram_settings(server), clock) as chat,
    ):
        yield TelegramRoom(chat, server, server.chat(GROUP))


@asynccontextmanager
async def listening(chat: Chat) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(chat.listen(Intake()))
        try:
            yield
        finally:
            task.cancel()


Opened = Callable[[VirtualClock], AbstractAsyncContextManager[RoomOn]]
ROOMS: Mapping[str, Opened] = {
    "slack": on_slack,
    "discord": on_discord,
    "telegram": on_telegram,
    "mattermost": on_mattermost,
}
