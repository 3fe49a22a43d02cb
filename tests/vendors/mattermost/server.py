"""A Mattermost on this machine: REST, socket, slash commands and buttons, as strict as the real one, and its people.

Everything that the bot should not have done is in `world.violations`; tests expect it to be empty. What the bot's own
HTTP server has to answer (`MATTERMOST_CALLBACK_URL`) is sent by `Person`s, as Mattermost's server would send it.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from tests.vendors.mattermost.rest import Rest
from tests.vendors.mattermost.rules import read
from tests.vendors.mattermost.sockets import Sockets
from tests.vendors.mattermost.state import ANA, BOT, BOT_NAME, ROOM, TEAM, Json, Post, World, id_of

BUILT_IN = frozenset(
    {"away", "dnd", "echo", "help", "invite", "join", "leave", "me", "msg", "offline", "online", "status"}
)
PATIENCE = 3.0
"""Seconds that the bot may take here; a real server waits for thirty."""


@dataclass
class Answer:
    """What the bot's server answered to a command or a press."""

    status: int
    body: Mapping[str, Any]

    @property
    def text(self) -> str:
        return str(self.body.get("text") or self.body.get("ephemeral_text") or "")


@dataclass
class MattermostServer:
    """`callback`: where the bot's HTTP server is; set once it is there."""

    world: World
    sockets: Sockets
    url: str = ""
    callback: str = ""
    hidden: list[tuple[str, str]] = field(default_factory=list)
    """What one person alone was shown: the person, and the words."""
    _count: "itertools.count[int]" = field(default_factory=itertools.count)

    # ---- people

    def writes(self, text: str, account: str = ANA, channel: str = ROOM, root: str = "", **props: Any) -> Post:
        """Somebody posts a message."""
        post = Post(self.world.new_id(), account, channel, text, dict(props), root)
        return self.sockets.keep(post, "D" if channel in self.world.direct else "O")

    def form(self, text: str, account: str = ANA, channel: str = ROOM, token: str = "") -> dict[str, str]:
        """What Mattermost makes of a typed command; `token` of one that somebody else makes up."""
        command, _, rest = text.partition(" ")
        word = command.removeprefix("/")
        if word in BUILT_IN:
            raise ValueError(f"{command} is Mattermost's own")
        return {
            "token": token or self.world.commands.setdefault(word, id_of("command")),
            "team_id": TEAM,
            "team_domain": "acme",
            "channel_id": channel,
            "channel_name": "ops",
            "user_id": account,
            "user_name": self.world.people[account],
            "command": command,
            "text": rest,
            "trigger_id": f"trigger {next(self._count)}",
            "response_url": f"{self.url}/hooks/commands/{id_of('hook')}/{account}",
        }

    def pressing(self, post: Post, action: str, account: str = ANA) -> Json:
        """What Mattermost makes of a press on the button with that id; it looks it up in the post as it is."""
        found = next((one for one in post.actions if one["id"] == action), None)
        if found is None or post.deleted:
            raise LookupError("404: there is no such button any more")
        return {
            "user_id": account,
            "user_name": self.world.people[account],
            "channel_id": post.channel,
            "channel_name": "ops",
            "team_id": TEAM,
            "team_domain": "acme",
            "post_id": post.id,
            "trigger_id": f"trigger {next(self._count)}",
            "type": "",
            "data_source": "",
            "context": found["integration"]["context"],
        }

    async def types(self, text: str, account: str = ANA, channel: str = ROOM) -> Answer:
        """Send a slash command; `hidden` has what is shown to the person."""
        return await self.sends(f"{self.callback}/mattermost/command", data=self.form(text, account, channel))

    async def presses(self, post: Post, label: str, account: str = ANA) -> Answer:
        """Press a button that stands there."""
        [found] = [one for one in post.actions if one["name"] == label]
        body = self.pressing(post, found["id"], account)
        return await self.sends(found["integration"]["url"], json=body)

    async def sends(self, url: str, **request: Any) -> Answer:
        """As Mattermost's server sends it; the person is shown what comes back."""
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(url, allow_redirects=False, **request) as taken,
        ):
            answer = Answer(taken.status, await taken.json())
        asked = request.get("data") or request.get("json") or {}
        self._show(str(asked.get("user_id", "")) if isinstance(asked, dict) else "", answer.body)
        return answer

    def _show(self, account: str, body: Mapping[str, Any]) -> None:
        text = str(body.get("text") or body.get("ephemeral_text") or "")
        if not text:
            return
        shown, meant = read(text)
        self.world.violations += [f"an answer drew {one}: {text!r}" for one in meant]
        if not body.get("skip_slack_parsing"):
            self.world.violations.append("an answer would be read as Slack's markup")
        if body.get("response_type", "ephemeral") != "ephemeral":
            self.world.violations.append("an answer was posted in the name of who asked")
        self.hidden.append((account, shown))

    async def responded(self, request: web.Request) -> web.Response:
        """A `response_url`."""
        if "Authorization" in request.headers:
            self.world.violations.append("the bot's token was sent along to a response_url")
        self._show(request.match_info["account"], await request.json())
        return web.json_response({"status": "OK"})

    # ---- what stands

    def cards(self, channel: str = ROOM) -> list[Post]:
        """First posts of the bot's own that stand in the channel."""
        found = self.world.standing(channel, "")
        return [one for one in found if one.account == BOT and one.message.count("\n") > 3]

    def said(self, words: str, root: str | None = None) -> int:
        """In how many of the bot's messages these words stand now, private ones too where no thread is named."""
        standing = [one for one in self.world.standing(ROOM, root) if one.account == BOT]
        shown = [read(one.message)[0] for one in standing]
        return sum(words in one for one in [*shown, *((text for _, text in self.hidden) if root is None else ())])


@asynccontextmanager
async def serving(world: World | None = None) -> AsyncIterator[MattermostServer]:
    """The server, until the block ends."""
    world = world or World()
    sockets = Sockets(world)
    server = MattermostServer(world, sockets)
    app = web.Application()
    app.add_routes(Rest(world, sockets).routes())
    app.router.add_post("/hooks/commands/{hook}/{account}", server.responded)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        async with asyncio.TaskGroup() as sockets.group:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield server
            sockets.cut()
    finally:
        await runner.cleanup()


__all__ = ["BOT_NAME", "Answer", "MattermostServer", "serving"]
