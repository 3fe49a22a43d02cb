"""The `Chat` port on Slack.

A card's reference is `CHANNEL:TIMESTAMP`. What a run tells is posted with a key (`posts`), a card is replaced by
`chat.update`, which may be repeated. In Socket Mode the bot opens the link itself; with webhooks whoever composes the
bot mounts `webhook` at `/slack/events`.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp
import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.app.async_app import AsyncApp

from adapters.slack.answering import Answering
from adapters.slack.api import Api, BadBlocks, Gone, Withheld
from adapters.slack.files import Files
from adapters.slack.hearing import Hearing, app
from adapters.slack.inbound import PLATFORM, Way, reference
from adapters.slack.link import Link, keep
from adapters.slack.pace import Pace
from adapters.slack.posts import Place, Posts
from adapters.slack.render import MOST, MOST_BUTTONS, Payload, render, render_notice
from adapters.slack.settings import Settings
from adapters.slack.signature import wrong
from bot.domain.commands import Intent
from bot.domain.refusal import Unheard
from bot.ports.chat import Intake, Limits
from bot.ports.clock import Clock
from bot.ports.errors import Permanent, Temporary, Trouble
from bot.view.card import RunCard
from bot.view.notice import Notice

log = structlog.get_logger("chat.slack")

LIMITS = Limits(
    max_text=MOST,
    max_buttons=MOST_BUTTONS,
    min_edit_interval=timedelta(seconds=1.5),
    min_post_interval=timedelta(seconds=1),
)
"""Edits: tier 3 is 50 a minute for the whole workspace, whatever the number of cards."""

Send = Callable[[Payload], Awaitable[str]]


class Slack:
    """Supplies `bot.ports.chat.Chat`; made by `opened`."""

    def __init__(self, settings: Settings, clock: Clock, session: aiohttp.ClientSession, tls: ssl.SSLContext) -> None:
        self._settings = settings
        self._api = Api(settings, session, tls, Pace(clock))
        self._posts = Posts(self._api)
        self._files = Files(self._api, self._posts)
        self._answering = Answering(settings, session, tls, self._api, self._posts, clock)
        self._plan = self._charts = True
        """What the workspace takes, as far as is known."""
        self._intake: Intake | None = None
        self._hearing = Hearing(self._keep, self._work, self._refused)
        self._clock = clock
        self._app: AsyncApp | None = None
        self._link: Link | None = None
        self.connected = asyncio.Event()
        """Set once what people type arrives here."""

    @property
    def platform(self) -> str:
        """Its name in the configuration."""
        return PLATFORM

    @property
    def limits(self) -> Limits:
        """What it can do."""
        return LIMITS

    async def draw(self, address: str, card: RunCard, known: str, key: str) -> str:
        """Replace the message, or post it where there is none or it is gone."""
        channel, _, ts = known.partition(":")
        if ts and await self._replaced(channel, ts, card):
            return known
        # What stands in for a message that is gone has a name of its own, or the look-up might find the old one.
        name = f"{key}:{ts}" if ts else key
        stands = await self._posts.standing((address, ""), name)
        if stands and await self._replaced(address, stands, card):
            return reference(address, stands)

        async def post(payload: Payload) -> str:
            return await self._posts.post((address, ""), payload, f"{name}:{stands}" if stands else name)

        return reference(address, await self._drawn(post, card))

    async def _replaced(self, channel: str, ts: str, card: RunCard) -> bool:
        async def update(payload: Payload) -> str:
            await self._api.call("chat.update", channel=channel, ts=ts, **payload)
            return ts

        try:
            await self._drawn(update, card)
        except Gone as trouble:
            log.info("a card is gone; drawn anew", reason=trouble.reason)
            return False
        return True

    async def _drawn(self, send: Send, card: RunCard) -> str:
        """Send with the plan block; without it where the workspace does not take it, and from then on."""
        if not self._plan:
            return await send(render(card, plan=False))
        try:
            return await send(render(card))
        except BadBlocks:
            sent = await send(render(card, plan=False))
        self._plan = False
        log.info("this workspace takes no plan blocks; plain ones from now on")
        return sent

    async def say(self, address: str, thread: str, notice: Notice, key: str) -> None:
        """Post below the card; into the conversation where the thread is gone. The text first, then its file: but for
        the picture of a chart that Slack has drawn by itself.
        """
        channel, _, ts = thread.partition(":")
        place = (channel if ts else address, ts)
        try:
            drawn = await self._said(place, notice, key)
        except Gone:
            place = (address, "")
            drawn = await self._said(place, notice, key)
        if notice.document is not None and not (drawn and notice.document.image):
            await self._files.share(place, notice.document)

    async def _said(self, place: Place, notice: Notice, key: str) -> bool:
        """Post the sentence, with its chart in a block of Slack's own where the workspace takes that; True where it
        stands there so. One with its chart has a key of its own: another life of the bot has to know whether the
        picture is missing.
        """
        drawn, plain, name = render_notice(notice, charts=True), render_notice(notice), f"{key}:chart"
        if drawn != plain and await self._draws(place, name, key):
            try:
                await self._posts.post(place, drawn, name)
                return True
            except BadBlocks:
                self._charts = False
                log.info("this workspace takes no charts; pictures from now on")
        await self._posts.post(place, plain, key)
        return False

    async def _draws(self, place: Place, with_chart: str, without: str) -> bool:
        """Whether the sentence is to stand there with its chart: it does so already, or nothing speaks against it."""
        if await self._posts.stands(place, with_chart):
            return True
        return self._charts and not await self._posts.stands(place, without)

    async def listen(self, intake: Intake) -> None:
        """Bring intents until cancelled; what was acknowledged by then is still done, within the grace."""
        self._intake = intake
        trouble: Trouble | None = None
        try:
            me = await self._api.identity(anew=True)
        except Withheld as refused:
            raise Permanent(refused.reason) from None
        self._app = app(self._hearing, self._api.client(), me)
        async with asyncio.TaskGroup() as group:
            self._hearing.begin(group)
            try:
                await self._bring(self._app)
            except (Permanent, Temporary) as ended:
                trouble = ended
            finally:
                self.connected.clear()
                self._link = None
                await self._hearing.end(self._settings.grace)
        if trouble is not None:
            raise trouble

    async def probe(self) -> None:
        """A ping over the socket; with webhooks whether Slack knows the token, as nobody can ask it for a request."""
        if not self.connected.is_set():
            raise Temporary("Slack is not connected")
        try:
            async with asyncio.timeout(self._settings.probe):
                await (self._link.answer() if self._link else self._api.call("auth.test"))
        except (TimeoutError, ConnectionError):
            what = "the socket is there, but nobody answers its pings" if self._link else "Slack's API does not answer"
            raise Temporary(what) from None

    async def _bring(self, heard: AsyncApp) -> None:
        if self._settings.app_token:
            await keep(self._settings, self._api.client(), heard, self._ready)
        else:
            self._ready()
            await asyncio.Event().wait()

    def _ready(self, link: Link | None = None) -> None:
        self._link = link
        log.info("Slack is connected", mode="socket" if self._settings.app_token else "webhook")
        self.connected.set()

    async def _keep(self, intent: Intent) -> bool:
        return self._intake is not None and await self._intake.keep(intent)

    async def _work(self, intent: Intent, to: Way) -> None:
        if self._intake is not None:
            await self._answering.answer(intent, to, await self._intake(intent))

    async def webhook(self, request: web.Request) -> web.StreamResponse:
        """Slack's requests in HTTP mode: commands, presses and events by one address. Refused unless signed.

        401 for a signature that is wrong or older than five minutes, 400 for what is signed and unreadable, 503 while
        the bot is not listening (Slack tries events again).
        """
        heard = self._app
        if heard is None or not self._hearing.open or not self._settings.signing_secret:
            return web.json_response({"error": "not listening"}, status=503)
        why = wrong(request.headers, await request.read(), self._settings.signing_secret, self._clock.now())
        if why is not None:
            self._refused(why, request.remote or "")
            return web.json_response({"error": "refused"}, status=401)
        try:
            answer = await heard.async_dispatch(await to_bolt_request(request))
        except ValueError:  # neither a form nor JSON
            self._refused(Unheard.UNREADABLE, request.remote or "")
            return web.json_response({"error": "unreadable"}, status=400)
        return await to_aiohttp_response(answer)

    def _refused(self, why: Unheard, source: str) -> None:
        if self._intake is not None:
            self._intake.refuse(why, PLATFORM, source)


@asynccontextmanager
async def opened(settings: Settings, clock: Clock) -> AsyncIterator[Slack]:
    """Slack with warm connections, closed at the end of the block."""
    tls = ssl.create_default_context()
    if settings.ca_file:
        tls.load_verify_locations(settings.ca_file)
    timeout = aiohttp.ClientTimeout(total=settings.timeout)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
        yield Slack(settings, clock, session, tls)
