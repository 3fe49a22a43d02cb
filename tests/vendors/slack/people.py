"""People at work in the workspace: they type, mention and press, and Slack delivers it, by socket or by signed HTTP.

Payloads have the shapes of Slack's documentation, with the fields that it always sends.
"""

import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp

from tests.vendors.slack.server import Server
from tests.vendors.slack.workspace import BOT_PERSON, SIGNING_SECRET, TEAM, Message

Body = dict[str, Any]


@dataclass
class Delivered:
    """`ok`: acknowledged in time, after `took` seconds; `body` is what the acknowledgement carried. `final`: the app
    has asked that it is not sent again (`X-Slack-No-Retry`).
    """

    ok: bool
    took: float = 0.0
    status: int = 0
    body: Mapping[str, Any] | str = ""
    final: bool = False


@dataclass
class People:
    """`webhook` is the app's address; without one everything goes by socket. An event that is not acknowledged comes
    again three times, as Slack does at once, after a minute and after five; here there is no pause between them.
    """

    server: Server
    webhook: str = ""
    secret: str = SIGNING_SECRET
    tries: int = 4
    now: Callable[[], float] = time.time
    """Seconds since 1970 by the platform's clock, which the bot's has to agree with."""
    _count: "itertools.count[int]" = field(default_factory=itertools.count)

    def slash(self, text: str, person: str = "U0ANA", channel: str = "C0OPS") -> Body:
        """What Slack makes of a typed command."""
        command, _, rest = text.partition(" ")
        return {
            "token": "legacy",
            "team_id": TEAM,
            "team_domain": "acme",
            "channel_id": channel,
            "channel_name": "ops",
            "user_id": person,
            "user_name": person.lower(),
            "command": command,
            "text": _escaped(rest),
            "api_app_id": "A0001",
            "is_enterprise_install": "false",
            "response_url": self.server.response_url(channel, person),
            "trigger_id": f"133.7.{next(self._count)}",
        }

    def mention(self, text: str, person: str = "U0ANA", channel: str = "C0OPS", thread: str = "") -> Body:
        """What Slack makes of `@outrider …`."""
        event = {
            "type": "app_mention",
            "user": person,
            "text": f"<@{BOT_PERSON}> {_escaped(text)}",
            "ts": self.server.space.next_ts(),
            "channel": channel,
            "event_ts": "1763700000.000000",
            "team": TEAM,
        }
        event |= {"thread_ts": thread} if thread else {}
        self.server.space.spoken |= {thread} if thread else set()
        return self._event(event)

    def _event(self, event: Mapping[str, Any]) -> Body:
        return {
            "token": "legacy",
            "team_id": TEAM,
            "api_app_id": "A0001",
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{next(self._count)}",
            "event_time": 1763700000,
            "authorizations": [{"team_id": TEAM, "user_id": BOT_PERSON, "is_bot": True}],
        }

    def opening(self, person: str = "U0ANA", tab: str = "home") -> Body:
        """What Slack makes of somebody opening a tab of the app's own page."""
        shown = self.server.space.homes.get(person)
        event: Body = {"type": "app_home_opened", "user": person, "channel": f"D{person[1:]}", "tab": tab}
        event |= {"event_ts": "1763700000.000000"} | ({"view": shown} if shown and tab == "home" else {})
        return self._event(event)

    def press(self, message: Message, label: str, person: str = "U0ANA") -> Body:
        """What Slack makes of a pressed button; `KeyError` where the message has none of that label."""
        button = message.buttons()[label]
        container = {"type": "message", "message_ts": message.ts, "channel_id": message.channel, "is_ephemeral": False}
        return {
            "type": "block_actions",
            "user": {"id": person, "username": person.lower(), "name": person.lower(), "team_id": TEAM},
            "api_app_id": "A0001",
            "token": "legacy",
            "container": container,
            "trigger_id": f"133.8.{next(self._count)}",
            "team": {"id": TEAM, "domain": "acme"},
            "enterprise": None,
            "is_enterprise_install": False,
            "channel": {"id": message.channel, "name": "ops"},
            "message": message.shown(False),
            "response_url": self.server.response_url(message.channel, person),
            "actions": [{**button, "block_id": "b1", "action_ts": "1763700000.000000"}],
        }

    async def types(self, text: str, person: str = "U0ANA", channel: str = "C0OPS") -> Delivered:
        return await self.deliver(self.slash(text, person, channel))

    async def mentions(self, text: str, person: str = "U0ANA", channel: str = "C0OPS", thread: str = "") -> Delivered:
        return await self.deliver(self.mention(text, person, channel, thread))

    async def opens(self, person: str = "U0ANA", tab: str = "home") -> Delivered:
        return await self.deliver(self.opening(person, tab))

    async def presses(self, message: Message, label: str, person: str = "U0ANA") -> Delivered:
        return await self.deliver(self.press(message, label, person))

    async def deliver(self, body: Body) -> Delivered:
        """Deliver; events again where they were not acknowledged."""
        event = body.get("type") == "event_callback"
        result = Delivered(False)
        for attempt in range(self.tries if event else 1):
            result = await (self._post(body, attempt) if self.webhook else self._send(body, attempt))
            if result.ok or result.final:
                break
        return result

    async def _send(self, body: Body, attempt: int) -> Delivered:
        kinds = {"event_callback": "events_api", "block_actions": "interactive"}
        kind = kinds.get(str(body.get("type")), "slash_commands")
        try:
            envelope = await self.server.sockets.deliver(kind, body, attempt, "timeout" if attempt else "")
        except TimeoutError:
            return Delivered(False)
        return Delivered(True, envelope.took, 200, envelope.acked.result())

    async def _post(self, body: Body, attempt: int) -> Delivered:
        headers = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": "http_timeout"} if attempt else {}
        delivered = await self.request(*encoded(body), headers=headers)
        if delivered.ok and body.get("type") == "block_actions" and delivered.body:
            self.server.space.violations.append("a press was acknowledged with words, which Slack does not show")
        return delivered

    async def request(
        self,
        raw: str,
        kind: str,
        at: str = "",
        signature: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Delivered:
        """One signed request to the webhook; `at` and `signature` may be forged."""
        at = at or str(int(self.now()))
        signature = signature or signed(self.secret, at, raw)
        sent = {"Content-Type": kind, "X-Slack-Request-Timestamp": at, "X-Slack-Signature": signature}
        begun = time.monotonic()
        timeout = aiohttp.ClientTimeout(total=self.server.space.ack_deadline)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self.webhook, data=raw.encode(), headers={**sent, **(headers or {})}) as answer,
            ):
                text = await answer.text()
                final = answer.headers.get("X-Slack-No-Retry") == "1"
                return Delivered(answer.status == 200, time.monotonic() - begun, answer.status, text, final)
        except (TimeoutError, aiohttp.ClientError):
            return Delivered(False)


def encoded(body: Body) -> tuple[str, str]:
    """The body as Slack sends it over HTTP, and its content type."""
    if "command" in body:
        return urlencode(body), "application/x-www-form-urlencoded"
    if body.get("type") == "block_actions":
        return urlencode({"payload": json.dumps(body)}), "application/x-www-form-urlencoded"
    return json.dumps(body), "application/json"


def signed(secret: str, at: str, raw: str) -> str:
    """Slack's signature, version 0."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{at}:{raw}".encode(), hashlib.sha256).hexdigest()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
