"""Updates on their way to the bot: asked for by getUpdates, or posted to its webhook."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp

from tests.vendors.telegram.state import Json, Refused

SECRET = "X-Telegram-Bot-Api-Secret-Token"
KEPT = 86_400.0
"""Seconds that an update waits for somebody to take it."""
MOST, LONGEST = 100, 50
"""Updates at once, and seconds that a question is held open."""
PORTS = frozenset({443, 80, 88, 8443})


@dataclass
class Inbox:
    """Not yet confirmed updates in their order, and who is to have them."""

    now: Callable[[], float]
    waiting: list[Json] = field(default_factory=list)
    confirmed: list[int] = field(default_factory=list)
    url: str = ""
    secret: str = ""
    allowed: list[str] = field(default_factory=list)
    refusals: Counter[int] = field(default_factory=Counter)
    """Status -> how often the webhook answered with it."""
    last_error: str = ""
    failed_at: float = 0.0
    posting: int = 0
    """Updates that are being posted to the webhook, again and again until they are taken."""
    unreachable: str = ""
    """Set: no delivery arrives, for this reason."""
    reach: dict[str, str] = field(default_factory=dict)
    """Public address -> where it is on this machine."""
    deaf: bool = False
    """True: nothing is handed out, as if the link were dead."""
    speed: float = 1.0
    """Seconds of the test's clock that pass in one of ours: a question is held open for so much less."""
    listeners: int = 0
    """Questions for updates that wait for an answer now."""
    _asking: int = 0
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _put_at: dict[int, float] = field(default_factory=dict)

    def put(self, update: Json) -> None:
        """Something happened. Of a kind that was not asked for nobody is told, now or later."""
        if self.allowed and not set(self.allowed) & set(update):
            return
        self._put_at[update["update_id"]] = self.now()
        self.waiting.append(update)
        self.wake()

    def _forget_old(self) -> None:
        self.waiting = [one for one in self.waiting if self.now() - self._put_at[one["update_id"]] <= KEPT]

    def register(self, fields: Mapping[str, str]) -> None:
        """SetWebhook. What is not said of the kinds of updates stays as it was said last."""
        url, secret = urlsplit(fields.get("url", "")), fields.get("secret_token", "")
        if url.scheme != "https" or not url.hostname:
            raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if (url.port or 443) not in PORTS:
            text = "Bad Request: bad webhook: webhook can be set up only on ports 80, 88, 443 or 8443"
            raise Refused(400, text)
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
            raise Refused(400, "Bad Request: secret token contains unallowed characters")
        self.url, self.secret = fields["url"], secret
        self.allowed = json.loads(fields.get("allowed_updates", "[]")) or self.allowed
        self.wake()

    def wake(self) -> None:
        """Let whoever waits look again."""
        self._arrived.set()
        self._arrived = asyncio.Event()

    async def ask(self, fields: Mapping[str, str]) -> list[Json]:
        """getUpdates: the newer of two askers gets the updates, the older one a conflict."""
        if self.url:
            text = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            raise Refused(409, f"Conflict: {text}")
        self._asking += 1
        mine = self._asking
        self.wake()
        self.allowed = json.loads(fields.get("allowed_updates", "[]")) or self.allowed
        self._confirm(int(fields.get("offset", "0")))
        self._forget_old()
        wait, most = min(float(fields.get("timeout", "0")), LONGEST), min(int(fields.get("limit", "100")), MOST)
        self.listeners += 1
        try:
            async with asyncio.timeout(wait / self.speed):
                while (not self.waiting or self.deaf) and mine == self._asking:
                    await self._arrived.wait()
        except TimeoutError:
            return []
        finally:
            self.listeners -= 1
        if mine != self._asking:
            text = "terminated by other getUpdates request; make sure that only one bot instance is running"
            raise Refused(409, f"Conflict: {text}")
        return self.waiting[:most]

    def _confirm(self, offset: int) -> None:
        done = [one for one in self.waiting if one["update_id"] < offset]
        self.confirmed += [one["update_id"] for one in done]
        self.waiting = [one for one in self.waiting if one["update_id"] >= offset]

    async def deliver(self, session: aiohttp.ClientSession) -> None:
        """Post to the webhook, each update again until it is taken, several at once."""
        async with asyncio.TaskGroup() as group:
            while True:
                arrived = self._arrived
                while self.url and self.waiting:
                    group.create_task(self._post(session, self.waiting.pop(0)))
                await arrived.wait()

    async def _post(self, session: aiohttp.ClientSession, update: Json) -> None:
        self.posting += 1
        while self.url:
            why = await self._tried(session, update)
            if not why:
                self.confirmed.append(update["update_id"])
                break
            self.last_error, self.failed_at = why, self.now()
            await asyncio.sleep(0.02)
        else:  # the webhook was taken away: whoever asks next gets it
            self.waiting.append(update)
        self.posting -= 1

    async def _tried(self, session: aiohttp.ClientSession, update: Json) -> str:
        """Why it did not arrive; empty where it did."""
        if self.unreachable:
            return self.unreachable
        address, headers = self.reach.get(self.url, self.url), {SECRET: self.secret}
        try:
            async with session.post(address, json=update, headers=headers, allow_redirects=False) as answer:
                if answer.status // 100 == 2:
                    return ""
                self.refusals[answer.status] += 1
                return f"Wrong response from the webhook: {answer.status}"
        except aiohttp.ClientError as error:
            return type(error).__name__
