"""Discord, by its gateway."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from adapters.discord.client import Discord
from adapters.discord.settings import Settings
from adapters.system.clock import SystemClock
from tests.adapters.discord.talk import recent
from tests.adapters.ways.way import FORGED, NO_REQUESTS, Attempt, Way, people
from tests.vendors.discord.server import DiscordServer
from tests.view.gallery import SCREENS


@dataclass
class DiscordPeople:
    """What people, and others, do on a server."""

    server: DiscordServer
    first: Any = None

    async def begin(self) -> bool:
        self.first = await self.server.types("whoami", {}, (1001, "ana"))
        return True

    async def stranger(self) -> bool:
        await self.server.types("deploy", {"env": "canary"}, (1009, "mallory"))
        return True

    async def viewer(self) -> bool:
        await self.server.types("deploy", {"env": "canary"}, (1002, "vic"))
        return True

    async def replays(self) -> bool:
        await self.server.redeliver(self.first)
        return True

    async def forges(self) -> bool:
        await self.server.forges(self.server.cards()[0], FORGED)
        return True

    async def bot(self) -> bool:
        """Discord lets no bot do this; should it ever, nothing comes of it."""
        typed = json.loads(json.dumps(self.first.payload))
        typed["id"] = str(self.server.world.snowflake())
        typed["member"]["user"] |= {"id": "1010", "bot": True}
        await self.server.gateway.emit("INTERACTION_CREATE", typed)
        return True

    def shown(self, words: str) -> Callable[[], int]:
        def count() -> int:
            answers = [one for each in self.server.world.interactions.values() for one in each.answers]
            return sum(words in one.text and one.ephemeral for one in answers)

        return count


@asynccontextmanager
async def discord() -> AsyncIterator[Way]:
    async with DiscordServer() as server:
        told = people("discord", "1001", "1002", str(server.room.id))
        chat = Discord(Settings(server.world.token, server.base_url), told, SystemClock(), recent)
        here = DiscordPeople(server)

        async def ready() -> None:
            await server.gateway.ready(1)
            await server.until(lambda: bool(server.world.commands))
            await chat.draw(str(server.room.id), SCREENS["succeeded"](), "", "run:card")

        attempts = {
            "a replay": Attempt("heard_before", here.replays),
            "a forged button": Attempt("stale_press", here.forges, here.shown("out of date")),
            "a stranger": Attempt("unknown_person", here.stranger, here.shown("do not know you")),
            "without the role": Attempt("not_allowed", here.viewer, here.shown("takes the role")),
            "a bot": Attempt("from_a_bot", here.bot),
        }
        not_here = dict.fromkeys(("a bad signature", "an old timestamp"), NO_REQUESTS)
        yield Way(chat, told, here.begin, ready, attempts, not_here)
