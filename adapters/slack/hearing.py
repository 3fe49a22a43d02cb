"""What comes from Slack: kept, acknowledged, and worked on behind the acknowledgement.

Slack repeats events that it got no answer for, and anybody may repeat a signed request for five minutes; each delivery
is known by its own id (`event_id`, `trigger_id`), and what was kept once is not taken again, by no later life of the
bot either. What is kept when the link ends before it is worked on, the bot takes up by itself.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.api import Identity
from adapters.slack.inbound import Way, bot_behind, inbound, way
from adapters.slack.quiet import quiet
from bot.domain.commands import Intent
from bot.domain.refusal import Unheard

log = structlog.get_logger("chat.slack")

ANY = re.compile("")
"""Every command, button and event."""

Keep = Callable[[Intent], Awaitable[bool]]
Refuse = Callable[[Unheard, str], None]
Work = Callable[[Intent, Way], Awaitable[None]]


class Hearing:
    """Deliveries of one life of the link. `work` is done for each intent that `keep` says is new."""

    def __init__(self, keep: Keep, work: Work, refuse: Refuse) -> None:
        self._refuse = refuse
        self._keep = keep
        self._work = work
        self._group: asyncio.TaskGroup | None = None
        self._at_work: set[asyncio.Task[None]] = set()

    @property
    def open(self) -> bool:
        """True while what comes is worked on."""
        return self._group is not None

    def begin(self, group: asyncio.TaskGroup) -> None:
        """From now on work goes on in that group."""
        self._group = group

    async def end(self, grace: float) -> None:
        """Take nothing more, and give what was acknowledged that many seconds to be done."""
        self._group = None
        if self._at_work:
            await asyncio.wait(self._at_work, timeout=grace)

    async def hear(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        """Bolt's listener for everything."""
        intent = inbound(body)
        new = intent is not None and await self._keep(intent)
        await ack()
        if bot := bot_behind(body):
            self._refuse(Unheard.FROM_A_BOT, bot)
        if intent is None or self._group is None or not new:
            return
        task = self._group.create_task(self._done(intent, way(body)), name=f"answer {intent.key}")
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)

    async def _done(self, intent: Intent, to: Way) -> None:
        try:
            await self._work(intent, to)
        except Exception:
            log.exception("a fault of the bot itself while answering", key=intent.key)


def app(hearing: Hearing, web: AsyncWebClient, me: Identity) -> AsyncApp:
    """Bolt's application with one listener, which runs before the answer goes out: it only hands the work on.

    Whether a request is Slack's is known before it comes here (`signature`), by the bot's own clock.
    """

    async def authorized() -> AuthorizeResult:
        """Who the bot is was asked at the start; asking here would delay the first acknowledgement."""
        return AuthorizeResult(
            enterprise_id=None, team_id=me.team, bot_user_id=me.account, bot_id=me.bot, bot_token="-"
        )

    made = AsyncApp(
        name="outrider",
        logger=quiet("bolt"),
        client=web,
        authorize=authorized,
        request_verification_enabled=False,
        process_before_response=True,
    )
    made.command(ANY)(hearing.hear)
    made.action(ANY)(hearing.hear)
    made.event(ANY)(hearing.hear)
    return made
