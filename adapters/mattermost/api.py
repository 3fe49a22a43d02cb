"""Calls of Mattermost's REST API (version 4), each made once, and every trouble told as a decision.

Temporary            try again later
├── Lost             the answer never came: it may have been done
└── Withheld         a person has to mend something outside (token, membership); trying again is right all the same
Permanent            this message never
└── Gone             the message, or its thread, is not there any more

A refusal for the rate (429) closes the door for everything as long as it says: Mattermost counts by token.
"""

import json
import re
import ssl
from collections.abc import Mapping
from typing import Any, NoReturn, TypeAlias
from urllib.parse import urlencode

import aiohttp

from adapters.mattermost.inbound import Here
from adapters.mattermost.settings import Settings
from bot.ports.clock import Clock
from bot.ports.errors import Permanent, Temporary
from bot.view.document import Document

Json: TypeAlias = Mapping[str, Any]


class Lost(Temporary):
    """The answer never came: it may have been done."""


class Withheld(Temporary):
    """Not done until a person has mended something outside."""


class Gone(Permanent):
    """The message or the thread is not there any more."""


_GONE = frozenset(
    {
        "app.post.get.app_error",
        "api.post.create_post.root_id.app_error",
        "api.post.update_post.permissions_details.app_error",
        "api.post.update_post.permissions_time_limit.app_error",
    }
)
"""No such message, no such thread, a deleted message, and one that is too old for the server's `PostEditTimeLimit`."""
_AT_WORK = "api.post.deduplicate_create_post.pending"
"""The same post is being made at this moment."""
_ARCHIVED = frozenset(
    {"api.post.create_post.can_not_post_to_deleted.error", "api.post.patch_post.can_not_update_post_in_deleted.error"}
)
LATER = 60.0
"""Seconds until something is tried again that a person has to mend."""
_UNSAID = 5.0
"""Seconds to pause where a 429 does not say how long."""


class Api:
    """The one connection pool, with the bot's token on each call."""

    def __init__(self, settings: Settings, session: aiohttp.ClientSession, tls: ssl.SSLContext, clock: Clock) -> None:
        self._settings = settings
        self._session = session
        self._tls = tls
        self._clock = clock
        self._closed = 0.0
        self._here: Here | None = None

    async def here(self, again: bool = False) -> Here:
        """Who the token belongs to; asked once, or `again`."""
        if self._here is None or again:
            found = await self.call("GET", "users/me")
            self._here = Here(str(found.get("id", "")), str(found.get("username", "")))
        return self._here

    async def call(self, method: str, path: str, body: Json | None = None, data: bytes | None = None) -> Json:
        """Call it once, with JSON or with bytes, and return the answer."""
        wait = self._closed - self._clock.elapsed()
        if wait > 0:
            raise Temporary("Mattermost takes no more for the moment", retry_after=wait)
        status, headers, answer = await self._sent(method, path, {"json": body} if data is None else {"data": data})
        if status == 429:
            after = _seconds(headers)
            self._closed = self._clock.elapsed() + after
            raise Temporary("Mattermost takes no more for the moment", retry_after=after)
        if status >= 400:
            _decide(status, str(answer.get("id", "")), f"{method} {re.split('[/?]', path)[0]}")
        return answer

    async def upload(self, channel: str, document: Document) -> str:
        """Send a file, which nobody sees before a post names its id. Returns that. A server may refuse all files."""
        query = urlencode({"channel_id": channel, "filename": document.name})
        try:
            taken = await self.call("POST", f"files?{query}", data=document.content)
        except Withheld as refused:
            raise Permanent(f"Mattermost does not take the file: {refused.reason}") from None
        found = taken.get("file_infos") or [{}]
        return str(found[0].get("id", ""))

    async def _sent(self, method: str, path: str, body: Json) -> tuple[int, Mapping[str, str], Json]:
        try:
            async with self._session.request(
                method,
                f"{self._settings.url.rstrip('/')}/api/v4/{path}",
                headers=self.authorization(),
                **body,
                **self.options(),
            ) as answer:
                return answer.status, answer.headers, _read(answer.status, await answer.text())
        except aiohttp.ClientConnectorError as fault:
            raise Temporary(f"Mattermost cannot be reached ({type(fault).__name__})") from None
        except (aiohttp.ClientError, TimeoutError, OSError, UnicodeDecodeError) as fault:
            raise Lost(f"Mattermost's answer was lost ({type(fault).__name__})") from None

    def authorization(self) -> dict[str, str]:
        """The header that every call carries."""
        return {"Authorization": f"Bearer {self._settings.bot_token}"}

    def options(self) -> dict[str, Any]:
        """How everything is called, the socket included."""
        return {"proxy": self._settings.proxy or None, "ssl": self._tls}


def _read(status: int, text: str) -> Json:
    """What Mattermost says; whatever stands in front of it may say something else, and means a lost answer."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    if status < 400:
        raise Lost("Mattermost's answer cannot be read")
    return {}


def _seconds(headers: Mapping[str, str]) -> float:
    """What the answer says: `Retry-After` of the server itself, or of what stands in front of it."""
    said = headers.get("Retry-After") or headers.get("X-RateLimit-Reset") or ""
    return float(said) if said.isdigit() else _UNSAID


def _decide(status: int, code: str, what: str) -> NoReturn:
    why = code or f"status {status}"
    if code in _GONE:
        raise Gone(f"the message is gone ({why})")
    if code == _AT_WORK:
        raise Lost("Mattermost is still at the same post", retry_after=1.0)
    if code in _ARCHIVED:
        raise Withheld(
            "the channel is archived in Mattermost: take it out, or give the room another", retry_after=LATER
        )
    if status == 401:
        raise Withheld("Mattermost does not take the bot's token: set MATTERMOST_BOT_TOKEN anew", retry_after=LATER)
    if status == 403:
        raise Withheld(f"Mattermost forbids {what} ({why}): add the bot to the team and the channel", retry_after=LATER)
    if status in (413, 501):
        raise Permanent(f"Mattermost does not take this ({why})")
    if status >= 500:
        raise Lost(f"Mattermost failed ({why})")
    if status in (404, 405):
        raise Withheld(f"Mattermost knows no {what} ({why}): look at MATTERMOST_URL", retry_after=LATER)
    raise Permanent(f"Mattermost does not take this ({why})")
