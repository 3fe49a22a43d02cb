"""Discord on this machine: the API, the gateway, and people who type and press.

It is as strict as the real one where the documentation says how strict that is, and it counts what a well-behaved bot
never does (`world.violations`). People can only do what their client would let them do: type commands that the bot has
offered, with values that its options allow, and press buttons that stand on a message.
"""

import asyncio
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.vendors.discord import payloads
from tests.vendors.discord.answers import Refused, guarded, plain
from tests.vendors.discord.buckets import Buckets
from tests.vendors.discord.faults import Faults
from tests.vendors.discord.gateway import Gateway
from tests.vendors.discord.interactions import Interactions
from tests.vendors.discord.menu import Word, command_problems, filled
from tests.vendors.discord.messages import Messages
from tests.vendors.discord.state import BUTTON, Channel, Interaction, Json, Message, World, walk

TOKEN = "stand-in-bot-token"
BASE = "/api/v10"
TYPED, PRESSED, TYPING = 2, 3, 4


class DiscordServer:
    """`async with DiscordServer() as server`; `per` messages in each `window` of seconds and channel."""

    def __init__(self, token: str = TOKEN, per: int = 5, window: float = 5.0) -> None:
        self.world = World(token)
        self.room: Channel = self.world.channel("ops")
        self.faults = Faults()
        self.gateway = Gateway(self.world)
        self.buckets = Buckets(self.world.clock.now, per, window)
        self._messages = Messages(self.world, self.gateway)
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def base_url(self) -> str:
        """Where the API is."""
        return f"http://127.0.0.1:{self._port}{BASE}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; after a stop at the same port again."""
        most = 64 * 1024 * 1024
        app = web.Application(client_max_size=most, middlewares=[guarded(self.world, self.buckets, self.faults)])  # type: ignore[list-item]  # aiohttp's own type of a middleware is narrower than what it takes
        app.add_routes(
            [
                web.get(f"{BASE}/users/@me", self._me),
                web.get(f"{BASE}/oauth2/applications/@me", self._application),
                web.get(f"{BASE}/gateway", self._gateway_address),
                web.get(f"{BASE}/applications/{{application}}/guilds/{{guild}}/commands", self._commands),
                web.put(f"{BASE}/applications/{{application}}/guilds/{{guild}}/commands", self._offer),
                web.get("/socket", self.gateway.connect),
                *self._messages.routes(BASE),
                *Interactions(self.world, self._messages).routes(BASE),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.gateway.address = f"ws://127.0.0.1:{self._port}/socket"

    async def stop(self) -> None:
        """Be unreachable. What was posted stays."""
        await self.gateway.cut()
        if self._runner is not None:
            await self._runner.cleanup()

    # ---- what people do

    async def types(
        self, command: str, words: Mapping[str, Word] | None = None, who: tuple[int, str] = (1001, "ana"),
        where: int = 0, late: float = 0.0,
    ) -> Interaction:  # fmt: skip  # the arguments read best together
        """Send a command that the bot has offered. `late`: seconds of its three that are gone already."""
        offered = next((one for one in self.world.commands if one["name"] == command), None)
        if offered is None:
            raise ValueError(f"/{command} is not offered")
        data = {"id": offered["id"], "name": command, "type": 1, "options": filled(offered, words or {})}
        return await self._deliver(TYPED, where, who, data, late=late)

    async def is_typing(
        self, command: str, words: Mapping[str, str], focused: str, who: tuple[int, str] = (1001, "ana")
    ) -> Interaction:
        """Stop in the middle of a word, for suggestions."""
        options = [{"name": name, "type": 3, "value": word, "focused": name == focused} for name, word in words.items()]
        return await self._deliver(TYPING, 0, who, {"id": "1", "name": command, "type": 1, "options": options})

    async def presses(
        self, message: Message, label: str, who: tuple[int, str] = (1001, "ana"), late: float = 0.0
    ) -> Interaction:
        """Press a button that stands there."""
        if message.deleted:
            raise ValueError("nobody can press what is gone")
        return await self.forges(message, message.buttons[label], who, late)

    async def forges(
        self, message: Message, custom_id: str, who: tuple[int, str] = (1001, "ana"), late: float = 0.0
    ) -> Interaction:
        """Press what may not stand there at all."""
        data = {"custom_id": custom_id, "component_type": BUTTON}
        return await self._deliver(PRESSED, message.channel, who, data, message, late)

    async def redeliver(self, interaction: Interaction) -> None:
        """The same event once more."""
        await self.gateway.emit("INTERACTION_CREATE", interaction.payload)

    async def _deliver(
        self, kind: int, where: int, who: tuple[int, str], data: Json, message: Message | None = None, late: float = 0.0
    ) -> Interaction:
        made = payloads.interaction(self.world, kind, self.world.channels[where or self.room.id], who, data)
        if message is not None:
            made.payload["message"] = payloads.message(self.world, message)
        made.at -= late
        made.sent_at = self.world.clock.now()
        await self.gateway.emit("INTERACTION_CREATE", made.payload)
        return made

    # ---- what can be seen

    def cards(self, where: int = 0) -> list[Message]:
        """Messages in the channel that are made of components."""
        return [one for one in self.world.shown(where or self.room.id) if walk(one.payload.get("components") or [])]

    async def until(self, holds: Callable[[], bool], seconds: float = 30.0) -> None:
        """Return when it holds; a TimeoutError after that many seconds."""
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110  # what a test waits for is any condition on the world
                await asyncio.sleep(0.005)

    # ---- the bot's own routes

    async def _me(self, request: web.Request) -> web.Response:
        return plain(payloads.bot(self.world))

    async def _application(self, request: web.Request) -> web.Response:
        return plain(payloads.application(self.world))

    async def _gateway_address(self, request: web.Request) -> web.Response:
        return plain({"url": self.gateway.address})

    async def _commands(self, request: web.Request) -> web.Response:
        self._own(request)
        return plain(self.world.commands)

    async def _offer(self, request: web.Request) -> web.Response:
        self._own(request)
        commands: list[Json] = await request.json()
        problems = command_problems(commands)
        if problems:
            raise Refused(50035, problems)
        if [{name: one.get(name) for name in new} for new, one in zip(commands, self.world.commands, strict=False)] == (
            commands
        ) and len(commands) == len(self.world.commands):
            self.world.violations["offered what was offered already"] += 1
        self.world.command_writes += 1
        self.world.commands = [{**_defaults(self.world), **one} for one in commands]
        return plain(self.world.commands)

    def _own(self, request: web.Request) -> None:
        mine = (str(self.world.application), str(self.world.guild))
        if (request.match_info["application"], request.match_info["guild"]) != mine:
            raise Refused(50001)


def _defaults(world: World) -> Json:
    """What the server adds to a command."""
    return {
        "id": str(world.snowflake()),
        "application_id": str(world.application),
        "guild_id": str(world.guild),
        "version": str(world.snowflake()),
        "default_member_permissions": None,
        "nsfw": False,
        "name_localizations": None,
        "description_localizations": None,
    }
