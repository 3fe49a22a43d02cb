"""Telegram, by polling and by webhook."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession, web

from adapters.system.clock import SystemClock
from adapters.telegram.client import opened
from tests.adapters.telegram.conftest import GROUP, SECRET, settings
from tests.adapters.telegram.test_webhook import PUBLIC
from tests.adapters.ways.way import FORGED, NO_REQUESTS, Attempt, Way, mounted, people
from tests.vendors.telegram.inbox import SECRET as HEADER
from tests.vendors.telegram.server import TelegramServer, person
from tests.view.gallery import SCREENS

OLD = 16 * 60
"""Seconds."""


@dataclass
class TelegramPeople:
    """What people, and others, do; each in a chat of their own where the answer would wait for its turn."""

    server: TelegramServer
    url: str = ""
    first: Any = None

    def __post_init__(self) -> None:
        kinds = {GROUP: "supergroup", 12: "private", 13: "private", 14: "supergroup"}
        self.chats = {number: self.server.chat(number, kind) for number, kind in kinds.items()}

    async def begin(self) -> bool:
        self.first = self.server.type(self.chats[GROUP], "/whoami", person(11))
        return True

    async def stranger(self) -> bool:
        self.server.type(self.chats[13], "/deploy canary", person(13, "mallory"))
        return True

    async def viewer(self) -> bool:
        self.server.type(self.chats[12], "/deploy canary", person(12, "vic"))
        return True

    async def replays(self) -> bool:
        self.server.again(self.first)
        return True

    async def forges(self) -> bool:
        card = next(one for one in self.chats[GROUP].shown() if one.keyboard)
        self.server.press(self.chats[GROUP], card, FORGED)
        return True

    async def bot(self) -> bool:
        self.server.type(self.chats[14], "/status", {**person(99, "other_bot"), "is_bot": True})
        return True

    async def old(self) -> bool:
        self.server.type(self.chats[14], "/deploy canary", date=int(time.time()) - OLD)
        return True

    async def unsigned(self) -> bool:
        update = {"update_id": 1, "message": {}}
        async with ClientSession() as session:
            found = [
                await self._posted(session, update, one) for one in ({}, {HEADER: "wrong"}, {HEADER: SECRET + "é"})
            ]
        return set(found) == {403}

    async def _posted(self, session: ClientSession, update: object, headers: dict[str, str]) -> int:
        async with session.post(self.url, json=update, headers=headers) as answer:
            return answer.status

    def shown(self, words: str) -> Callable[[], int]:
        return lambda: sum(words in one.text for chat in self.chats.values() for one in chat.shown())


@asynccontextmanager
async def telegram(hooked: bool) -> AsyncIterator[Way]:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(TelegramServer(time.time).serving())
        held: list[Any] = []

        async def handle(request: web.Request) -> web.StreamResponse:
            answer: web.StreamResponse = await held[0].webhook(request)
            return answer

        url = await stack.enter_async_context(mounted(handle)) if hooked else ""
        server.inbox.reach[PUBLIC] = url
        how = settings(server, secret=SECRET if hooked else "", webhook=PUBLIC if hooked else "")
        chat = await stack.enter_async_context(opened(how, SystemClock()))
        held.append(chat)
        here = TelegramPeople(server, url)

        async def ready() -> None:
            await chat.draw(str(GROUP), SCREENS["succeeded"](), "", "run:card")

        attempts = {
            "an old timestamp": Attempt("old_timestamp", here.old, here.shown("I was away")),
            "a replay": Attempt("heard_before", here.replays),
            "a forged button": Attempt("stale_press", here.forges, here.shown("out of date")),
            "a stranger": Attempt("unknown_person", here.stranger, here.shown("do not know you")),
            "without the role": Attempt("not_allowed", here.viewer, here.shown("takes the role")),
            "a bot": Attempt("from_a_bot", here.bot),
        }
        if hooked:
            attempts["a bad signature"] = Attempt("bad_signature", here.unsigned, many=3)
        not_here = {} if hooked else {"a bad signature": NO_REQUESTS}
        yield Way(chat, people("telegram", "11", "12", str(GROUP)), here.begin, ready, attempts, not_here)
