"""The `Chat` port on Mattermost.

A card's reference is the id of its post. Messages come by a socket that the bot opens; slash commands and presses are
sent to `command` and `press`, which whoever composes the bot mounts at the paths in `inbound`.
"""

import asyncio
import hmac
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp
import structlog
from aiohttp import web

from adapters.mattermost.answering import Answering
from adapters.mattermost.api import Api, Gone, Json, Withheld
from adapters.mattermost.hearing import Hearing
from adapters.mattermost.inbound import PLATFORM, Here, bot_behind, inbound
from adapters.mattermost.link import Link
from adapters.mattermost.posts import Posts
from adapters.mattermost.render import MOST, MOST_BUTTONS, Door, render, render_notice
from adapters.mattermost.settings import Settings
from bot.domain.commands import Intent, Pressed, Typed
from bot.domain.refusal import Unheard
from bot.ports.chat import Intake, Limits
from bot.ports.clock import Clock
from bot.ports.errors import Permanent, Temporary, Trouble
from bot.view.card import RunCard
from bot.view.notice import Notice

log = structlog.get_logger("chat.mattermost")

LIMITS = Limits(
    max_text=MOST,
    max_buttons=MOST_BUTTONS,
    min_edit_interval=timedelta(seconds=1),
    min_post_interval=timedelta(0),
)
"""A server has no limits of its own unless its admin sets some (ten calls a second by default then); these keep cards
readable and each channel's history short: every edit keeps the earlier wording."""


class Mattermost:
    """Supplies `bot.ports.chat.Chat`; made by `opened`."""

    def __init__(self, settings: Settings, clock: Clock, session: aiohttp.ClientSession, tls: ssl.SSLContext) -> None:
        self._settings = settings
        self._clock = clock
        self._session = session
        self._api = Api(settings, session, tls, clock)
        self._posts = Posts(self._api)
        self._hearing = Hearing()
        self._answering = Answering(settings, session, self._api, self._posts, self._hearing, clock)
        self._door = Door(settings.callback_url, settings.bot_token)
        self._here: Here | None = None
        self._intake: Intake | None = None
        self._link: Link | None = None
        self.connected = asyncio.Event()
        """Set while what people write arrives here."""

    @property
    def platform(self) -> str:
        """Its name in the configuration."""
        return PLATFORM

    @property
    def limits(self) -> Limits:
        """What it can do."""
        return LIMITS

    async def draw(self, address: str, card: RunCard, known: str, key: str) -> str:
        """Replace the post, or make one where there is none or it is gone."""
        payload = render(card, self._door)
        if known:
            try:
                await self._posts.replace(known, payload, key)
            except Gone as trouble:
                log.info("a card is gone; drawn anew", reason=trouble.reason)
            else:
                return known
        # What stands in for a post that is gone has a name of its own, or the look-up might find the old one.
        return await self._posts.post((address, ""), payload, f"{key}:{known}" if known else key, look=True)

    async def say(self, address: str, thread: str, notice: Notice, key: str) -> None:
        """Post below the card, with its file; into the channel where its thread is gone."""
        payload = render_notice(notice)
        try:
            await self._posts.post((address, thread), payload, key, document=notice.document)
        except Gone:
            await self._posts.post((address, ""), payload, key, document=notice.document)

    async def listen(self, intake: Intake) -> None:
        """Bring intents until cancelled; what was acknowledged by then is still done, within the grace."""
        self._intake = intake
        trouble: Trouble | None = None
        try:
            self._here = await self._api.here(again=True)
        except Withheld as refused:
            raise Permanent(refused.reason) from None
        self._link = Link(self._settings, self._session, self._api, self._clock, self._hear, self._up)
        async with asyncio.TaskGroup() as group:
            self._hearing.begin(group, intake)
            try:
                await self._link.keep()
            except (Permanent, Temporary) as ended:
                trouble = ended
            finally:
                self.connected.clear()
                self._link = None
                await self._hearing.end(self._settings.grace)
        if trouble is not None:
            raise trouble

    async def probe(self) -> None:
        """A question over the socket. Whether Mattermost reaches the bot with commands and presses, nobody can ask."""
        if self._link is None or not self.connected.is_set():
            raise Temporary("Mattermost is not connected")
        try:
            async with asyncio.timeout(self._settings.probe):
                await self._link.answer()
        except TimeoutError:
            raise Temporary("the socket is there, but nobody answers on it") from None

    def _up(self, now: bool) -> None:
        if now and not self.connected.is_set():
            log.info("Mattermost is connected")
        (self.connected.set if now else self.connected.clear)()

    def _hear(self, event: Json) -> None:
        if self._here is None:
            return
        if intent := inbound(event, self._here):
            self._answering.below(intent)
        elif bot := bot_behind(event, self._here):
            self._refused(Unheard.FROM_A_BOT, bot)

    async def command(self, request: web.Request) -> web.Response:
        """A slash command. 403: not with a token of ours. 503: not listening now. 400: nothing that can be read."""
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        if not self._known(form.get("token", "")):
            return self._refuse(request, Unheard.BAD_SIGNATURE, 403)
        text = await self._answer(form, Typed, form.get("response_url", ""))
        if isinstance(text, web.Response):
            return text
        return web.json_response({"response_type": "ephemeral", "text": text, "skip_slack_parsing": True})

    async def press(self, request: web.Request) -> web.Response:
        """A press on a button. 403: the button was not ours. 503: not listening now. 400: not what Mattermost sends."""
        try:
            body = json.loads(await request.text())
        except ValueError:
            body = None
        context = body.get("context") if isinstance(body, dict) else None
        if not isinstance(body, dict) or not isinstance(context, dict):
            return self._refuse(request, Unheard.UNREADABLE, 400)
        token, signature = str(context.get("token", "")), str(context.get("signature", ""))
        if not hmac.compare_digest(self._door.sign(token).encode(), signature.encode()):
            return self._refuse(request, Unheard.BAD_SIGNATURE, 403)
        text = await self._answer(body, Pressed)
        if isinstance(text, web.Response):
            return text
        return web.json_response({"ephemeral_text": text, "skip_slack_parsing": True} if text else {})

    async def _answer(self, payload: Json, kind: type[Typed | Pressed], url: str = "") -> str | web.Response:
        """The answer's text, or why there is none."""
        if not self._hearing.open or self._here is None:
            return web.json_response({"error": "not listening"}, status=503)
        intent: Intent | None = inbound(payload, self._here)
        if intent is None or not isinstance(intent, kind):
            return web.json_response({"error": "nothing was asked for"}, status=400)
        return await self._answering.in_place(intent, url)

    def _known(self, token: str) -> bool:
        """Each is compared, in constant time, whether or not one before it fitted."""
        found = [hmac.compare_digest(one.encode(), token.encode()) for one in self._settings.command_tokens]
        return any(found)

    def _refuse(self, request: web.Request, why: Unheard, status: int) -> web.Response:
        self._refused(why, request.remote or "")
        return web.json_response({"error": "refused"}, status=status)

    def _refused(self, why: Unheard, source: str) -> None:
        if self._intake is not None:
            self._intake.refuse(why, PLATFORM, source)


@asynccontextmanager
async def opened(settings: Settings, clock: Clock) -> AsyncIterator[Mattermost]:
    """Mattermost with warm connections, closed at the end of the block. Nothing is asked of it yet."""
    tls = ssl.create_default_context()
    if settings.certificates:
        tls.load_verify_locations(settings.certificates)
    timeout = aiohttp.ClientTimeout(total=settings.timeout)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
        yield Mattermost(settings, clock, session, tls)
