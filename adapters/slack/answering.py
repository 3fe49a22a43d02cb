"""Answers to what somebody typed or pressed: private ones only to that person, public ones where it was asked."""

import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import aiohttp
import structlog
from slack_sdk.webhook.async_client import AsyncWebhookClient

from adapters.slack.api import Api, Lost
from adapters.slack.inbound import Way
from adapters.slack.posts import Posts
from adapters.slack.quiet import quiet
from adapters.slack.render import Payload, render_home, render_notices
from adapters.slack.settings import Settings
from bot.domain.commands import Intent, Typed
from bot.ports.clock import Clock
from bot.ports.errors import Temporary, Trouble
from bot.view.notice import Notice

log = structlog.get_logger("chat.slack")

MOST = 5
"""Messages that a `response_url` takes."""
TRIES = 3
LONGEST = 60.0
"""Seconds that an answer may come late; after that nobody waits for it."""


@dataclass(frozen=True, slots=True)
class Answering:
    """Sends answers. One that cannot be sent is logged: the run, its card and its thread do not depend on it."""

    settings: Settings
    session: aiohttp.ClientSession
    tls: ssl.SSLContext
    api: Api
    posts: Posts
    clock: Clock

    async def answer(self, intent: Intent, to: Way, notices: Sequence[Notice]) -> None:
        """Private notices together, then the public ones. That a run has begun is told privately: its card is
        the public answer. What was asked by opening the Home is shown there.
        """
        if to.home:
            publish = partial(self.api.call, "views.publish", user_id=to.account, view=render_home(notices))
            return await self._tried(intent, publish)
        private = [one for one in notices if one.private or one.run]
        public = [one for one in notices if not (one.private or one.run)]
        sent = 0
        for hidden, group in ((True, private), (False, public)):
            for payload in render_notices(group):
                await self._tried(intent, partial(self._send, intent, to, payload, hidden, sent), once=hidden)
                sent += 1
        return None

    async def _tried(self, intent: Intent, send: Callable[[], Awaitable[object]], once: bool = False) -> None:
        """`once`: what nobody could look up is not sent again where its answer was lost."""
        waited = 0.0
        for left in reversed(range(TRIES)):
            try:
                await send()
            except Temporary as trouble:
                pause = trouble.retry_after or 1.0
                waited += pause
                if not left or waited > LONGEST or (once and isinstance(trouble, Lost)):
                    log.warning("an answer was not sent", key=intent.key, reason=trouble.reason)
                    return
                await self.clock.sleep(timedelta(seconds=pause))
            except Trouble as trouble:
                log.warning("an answer was not sent", key=intent.key, reason=trouble.reason)
                return
            else:
                return

    async def _send(self, intent: Intent, to: Way, payload: Payload, hidden: bool, number: int) -> None:
        """Raises what the API raises. By `response_url` where there is one, but for what belongs into a thread."""
        by_url = to.url and number < MOST and (hidden or isinstance(intent, Typed))
        if by_url:
            await self._respond(to.url, payload, hidden)
        elif hidden:
            thread = to.thread if isinstance(intent, Typed) and to.thread else None
            fields: Mapping[str, Any] = {"channel": to.channel, "user": to.account, "thread_ts": thread, **payload}
            await self.api.call("chat.postEphemeral", **fields)
        else:
            await self.posts.post((to.channel, to.thread), payload, f"{intent.key}:{number}")

    async def _respond(self, url: str, payload: Payload, hidden: bool) -> None:
        """One try: nobody can look up what a `response_url` took."""
        hook = AsyncWebhookClient(url, session=self.session, ssl=self.tls, retry_handlers=[], logger=quiet("calls"))
        hook.proxy = self.settings.proxy or None
        kind = "ephemeral" if hidden else "in_channel"
        body = {**payload, "response_type": kind, "replace_original": False}
        body |= {"unfurl_links": False, "unfurl_media": False}
        try:
            answer = await hook.send_dict(body)
        except aiohttp.ClientConnectorError as fault:
            raise Temporary(f"Slack cannot be reached ({type(fault).__name__})") from None
        except (aiohttp.ClientError, TimeoutError, OSError) as fault:
            log.warning("nobody knows whether an answer arrived", reason=type(fault).__name__)
            return
        if answer.status_code == 429:
            raise Temporary("Slack takes no more for the moment", retry_after=_after(answer.headers))
        if answer.status_code != 200:
            log.warning("an answer was not taken", status=answer.status_code, body=answer.body[:100])


def _after(headers: Mapping[str, str]) -> float:
    said = {name.lower(): value for name, value in headers.items()}.get("retry-after", "")
    return float(said) if said.isdigit() else 1.0
