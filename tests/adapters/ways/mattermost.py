"""Mattermost, by its socket and by what its server sends."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from adapters.mattermost.client import Mattermost
from adapters.mattermost.render import Door
from adapters.system.clock import SystemClock
from tests.adapters.mattermost.stage import opened_at
from tests.adapters.ways.way import FORGED, Attempt, Way, people
from tests.vendors.mattermost.server import MattermostServer, serving
from tests.vendors.mattermost.state import ANA, BEN, ROOM, STRANGER
from tests.view.gallery import SCREENS


@dataclass
class Here:
    """What people, and others, do."""

    server: MattermostServer
    chat: Mattermost
    form: dict[str, str]
    """What is played again."""

    async def begin(self) -> bool:
        return (await self.server.sends(f"{self.server.callback}/mattermost/command", data=self.form)).status == 200

    async def stranger(self) -> bool:
        return (await self.server.types("/deploy canary", STRANGER)).status == 200

    async def viewer(self) -> bool:
        return (await self.server.types("/deploy canary", BEN)).status == 200

    async def unsigned(self) -> bool:
        command, form = f"{self.server.callback}/mattermost/command", self.server.form("/deploy canary")
        found = [await self.server.sends(command, data={**form, "token": one}) for one in ("", "x" * 26)]
        return {one.status for one in found} == {403}

    async def forges(self) -> bool:
        post = self.server.cards()[0]
        body = self.server.pressing(post, post.actions[0]["id"])
        signatures = (body["context"]["signature"], Door("", "guess").sign(FORGED), "")
        forged = [{**body, "context": {"token": FORGED, "signature": one}} for one in signatures]
        press = f"{self.server.callback}/mattermost/press"
        return {(await self.server.sends(press, json=one)).status for one in forged} == {403}

    async def bot(self) -> bool:
        self.server.writes("@outrider status", STRANGER, from_bot="true")
        return True

    def shown(self, words: str) -> Callable[[], int]:
        return lambda: sum(words in text for _, text in self.server.hidden)

    async def ready(self) -> None:
        await self.chat.connected.wait()
        await self.chat.draw(ROOM, SCREENS["succeeded"](), "", "run:card")


@asynccontextmanager
async def mattermost() -> AsyncIterator[Way]:
    async with serving() as server, opened_at(server, SystemClock()) as chat:
        here = Here(server, chat, server.form("/whoami"))
        attempts = {
            "a bad signature": Attempt("bad_signature", here.unsigned, many=2),
            "a replay": Attempt("heard_before", here.begin),
            "a forged button": Attempt("bad_signature", here.forges, many=3),
            "a stranger": Attempt("unknown_person", here.stranger, here.shown("do not know you")),
            "without the role": Attempt("not_allowed", here.viewer, here.shown("takes the role")),
            "a bot": Attempt("from_a_bot", here.bot),
        }
        not_here = {"an old timestamp": "Mattermost's requests carry no time; each is known by its trigger"}
        yield Way(chat, people("mattermost", ANA, BEN, ROOM), here.begin, here.ready, attempts, not_here)
