"""Slack, by signed requests and by socket."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from adapters.slack.client import opened
from adapters.system.clock import SystemClock
from tests.adapters.slack.stage import settings_for
from tests.adapters.ways.way import FORGED, NO_REQUESTS, Attempt, Way, mounted, people
from tests.vendors.slack.people import Body, People, encoded, signed
from tests.vendors.slack.server import serving
from tests.vendors.slack.workspace import BOT_PERSON, SIGNING_SECRET, Message, Workspace


@dataclass
class SlackPeople:
    """What people, and others, do in a workspace."""

    people: People
    space: Workspace
    played: Body
    """What is played again."""

    async def delivers(self, body: Body) -> bool:
        return (await self.people.deliver(body)).ok

    async def stranger(self) -> bool:
        return (await self.people.types("/deploy canary", "U0EVIL")).ok

    async def viewer(self) -> bool:
        return (await self.people.types("/deploy canary", "U0VIC")).ok

    async def replays(self) -> bool:
        return await self.delivers(self.played)

    async def forges(self) -> bool:
        button = {"type": "button", "text": {"type": "plain_text", "text": "Roll back"}, "value": FORGED}
        block = {"type": "actions", "elements": [{**button, "action_id": f"outrider:{FORGED}"}]}
        message = Message("C0OPS", self.space.next_ts(), "B0", "a card", [block])
        return await self.delivers(self.people.press(message, "Roll back"))

    async def mentioned(self) -> bool:
        body = self.people.mention("status", "U0BOT2")
        body["event"] |= {"bot_id": "B0OTHER", "user": "U0BOT2"}
        return await self.delivers(body)

    async def unsigned(self) -> bool:
        raw, kind = encoded(self.people.slash("/deploy canary"))
        now = str(int(time.time()))
        bad = ("v0=" + "0" * 64, signed("another secret", now, raw), signed(SIGNING_SECRET, now, raw + "&x=1"), "é")
        return {(await self.people.request(raw, kind, now, one)).status for one in bad} == {401}

    async def old(self) -> bool:
        raw, kind = encoded(self.people.slash("/deploy canary"))
        return (await self.people.request(raw, kind, at=str(int(time.time()) - 301))).status == 401

    def shown(self, words: str) -> Callable[[], int]:
        return lambda: sum(words in one.text for one in self.space.hidden)

    def attempts(self) -> dict[str, Attempt]:
        return {
            "a replay": Attempt("heard_before", self.replays),
            "a forged button": Attempt("stale_press", self.forges, self.shown("out of date")),
            "a stranger": Attempt("unknown_person", self.stranger, self.shown("do not know you")),
            "without the role": Attempt("not_allowed", self.viewer, self.shown("takes the role")),
            "a bot": Attempt("from_a_bot", self.mentioned),
        }

    async def begin(self) -> bool:
        return await self.delivers(self.played)


@asynccontextmanager
async def slack(socket: bool) -> AsyncIterator[Way]:
    members = {"C0OPS": {BOT_PERSON, "U0ANA", "U0VIC", "U0EVIL"}}
    space = Workspace(members=members)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving(space))
        settings = settings_for(server) if socket else settings_for(server, app_token="", signing_secret=SIGNING_SECRET)
        chat = await stack.enter_async_context(opened(settings, SystemClock()))
        url = "" if socket else await stack.enter_async_context(mounted(chat.webhook))
        typing = People(server, url)
        here = SlackPeople(typing, space, typing.slash("/whoami"))
        attempts, not_here = here.attempts(), {}
        if socket:
            not_here = dict.fromkeys(("a bad signature", "an old timestamp"), NO_REQUESTS)
        else:
            attempts["a bad signature"] = Attempt("bad_signature", here.unsigned, many=4)
            attempts["an old timestamp"] = Attempt("old_timestamp", here.old)
        told = people("slack", "U0ANA", "U0VIC", "C0OPS")
        yield Way(chat, told, here.begin, chat.connected.wait, attempts, not_here)
