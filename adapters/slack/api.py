"""Calls of Slack's Web API: paced, never repeated by the library, and every trouble told as a decision.

The library repeats a call whose answer was lost, which posts a message twice; its retry handlers are all taken out.
Whoever calls decides, by what is raised:

Temporary            try again later
├── Lost             the answer never came: it may have been done
└── Withheld         a person has to mend something outside (token, invitation); trying again is right all the same
Permanent            this message never
├── Gone             the message, or its thread, is not there any more, or takes no replies
└── BadBlocks        the workspace does not take these blocks
"""

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.pace import POSTS, TIER_3, TIER_4, Pace, Rate
from adapters.slack.quiet import quiet
from adapters.slack.settings import Settings
from bot.ports.errors import Permanent, Temporary


class Lost(Temporary):
    """The answer never came: it may have been done."""


class Withheld(Temporary):
    """Not done until a person has mended something outside."""


class Gone(Permanent):
    """The message or the thread is not there any more, or takes no replies."""


class BadBlocks(Permanent):
    """The workspace does not take these blocks."""


RATES: Mapping[str, Rate] = {
    "chat.postMessage": POSTS,
    "chat.update": TIER_3,
    "chat.postEphemeral": TIER_4,
    "views.publish": TIER_4,
    "conversations.history": TIER_3,
    "conversations.replies": TIER_3,
    "files.getUploadURLExternal": TIER_4,
    "files.completeUploadExternal": POSTS,
}
_FREE = Rate(0.0, 1)
_GONE = frozenset(
    {
        "message_not_found",
        "cant_update_message",
        "edit_window_closed",
        "thread_not_found",
        "cannot_reply_to_message",
        "restricted_action_thread_locked",
        "restricted_action_non_threadable_channel",
    }
)
_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format"})
_MESSAGE = frozenset(
    {
        "msg_too_long",
        "msg_blocks_too_long",
        "no_text",
        "not_enabled",
        "view_too_large",
        "invalid_arguments",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "metadata_too_large",
        "metadata_must_be_sent_from_app",
    }
)
_TOKEN = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "not_allowed_token_type",
        "no_permission",
        "missing_scope",
        "org_login_required",
        "ekm_access_denied",
    }
)
_INVITE, _OPEN, _LET = "/invite me there", "unarchive it, or name another one in outrider.toml", "let apps post there"
_ROOM = {
    "channel_not_found": _INVITE,
    "not_in_channel": _INVITE,
    "user_not_in_channel": _INVITE,
    "is_archived": _OPEN,
    "is_inactive": _OPEN,
    "restricted_action": _LET,
    "restricted_action_read_only_channel": _LET,
    "restricted_action_thread_only_channel": _LET,
}
"""What a person has to do about a channel. An edit in an archived one is refused in another word than a post."""
_AGAIN = frozenset(
    {
        "internal_error",
        "fatal_error",
        "request_timeout",
        "service_unavailable",
        "file_update_failed",
        "file_not_found",
        "",
    }
)
"""Slack's own trouble: the same again may work. A file that is not found was uploaded and lost."""
LATER = 60.0
"""Seconds until something is tried again that a person has to mend."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot is in its workspace."""

    team: str
    account: str
    bot: str


class Api:
    """The methods, by their names."""

    def __init__(self, settings: Settings, session: aiohttp.ClientSession, tls: ssl.SSLContext, pace: Pace) -> None:
        self._pace = pace
        self._settings = settings
        self._session = session
        self._tls = tls
        self._web = self.client(settings.bot_token)
        self._identity: Identity | None = None

    def client(self, token: str = "") -> AsyncWebClient:
        """The library's client, which neither repeats anything nor looks for a proxy of its own."""
        web = AsyncWebClient(
            token or None,
            base_url=self._settings.base_url,
            timeout=round(self._settings.timeout),
            ssl=self._tls,
            session=self._session,
            retry_handlers=[],
            logger=quiet("calls"),
        )
        web.proxy = self._settings.proxy or None
        return web

    async def identity(self, anew: bool = False) -> Identity:
        """Who the token belongs to, asked once, and again where it is to be known `anew` whether Slack takes it."""
        if self._identity is None or anew:
            found = await self.call("auth.test")
            self._identity = Identity(str(found["team_id"]), str(found["user_id"]), str(found["bot_id"]))
        return self._identity

    async def call(self, method: str, **fields: object) -> Mapping[str, Any]:
        """Call it once and return the answer."""
        rate = RATES.get(method, _FREE)
        channel = str(fields.get("channel") or fields.get("channel_id") or "")
        name = f"posts {channel}" if rate is POSTS else method
        await self._pace.turn(name, rate)
        try:
            return await self._sent(method, fields)
        except SlackApiError as trouble:
            status, headers, error = _answer(trouble)
            if status == 429 or error in ("ratelimited", "rate_limited"):
                after = _seconds(headers)
                self._pace.close(name, rate, after)
                raise Temporary("Slack takes no more for the moment", retry_after=after) from None
            _decide(status, error, method, channel)

    async def _sent(self, method: str, fields: Mapping[str, object]) -> Mapping[str, Any]:
        given = {name: value for name, value in fields.items() if value is not None}
        with _told():
            if method.startswith("conversations."):  # these methods know no JSON
                answer = await self._web.api_call(method, http_verb="GET", params=given)
            elif method.startswith("files."):  # neither did these in the beginning
                answer = await self._web.api_call(method, data=given)
            else:
                answer = await self._web.api_call(method, json=given)
        return answer.data if isinstance(answer.data, dict) else {}

    async def upload(self, url: str, content: bytes) -> None:
        """Send a file's bytes to the address that Slack gave for them. Nobody sees them before it is completed."""
        with _told():
            async with self._session.post(url, data=content, proxy=self._settings.proxy or None, ssl=self._tls) as said:
                if said.status != 200:
                    raise Temporary(f"Slack did not take the file's content (status {said.status})")


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong on the way leaves this block as a decision."""
    try:
        yield
    except (SlackApiError, Temporary):
        raise
    except aiohttp.ClientConnectorError as fault:
        raise Temporary(f"Slack cannot be reached ({type(fault).__name__})") from None
    except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError, OSError) as fault:
        raise Lost(f"Slack's answer was lost ({type(fault).__name__})") from None
    except (AttributeError, TypeError, ValueError) as fault:  # the library trips over answers that are no JSON
        raise Lost(f"Slack's answer cannot be read ({type(fault).__name__})") from None


def _answer(trouble: SlackApiError) -> tuple[int, Mapping[str, str], str]:
    """Status, headers and Slack's own code; the library hands out two kinds of answers."""
    answer: Any = trouble.response
    status = getattr(answer, "status_code", None) or getattr(answer, "status", None) or 0
    body = getattr(answer, "data", None)
    error = str(body.get("error", "")) if isinstance(body, dict) else ""
    return int(status), getattr(answer, "headers", {}), error


def _seconds(headers: Mapping[str, str]) -> float:
    """What Retry-After says, in seconds; half a minute where it says nothing that can be read."""
    said = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return float(said) if said.isdigit() else 30.0


def _decide(status: int, error: str, method: str, channel: str) -> NoReturn:
    what = error or f"status {status}"
    if error in _GONE:
        raise Gone(f"the message in {channel} is gone ({what})")
    if error in _BLOCKS:
        raise BadBlocks(f"Slack does not take these blocks ({what})")
    if error in _MESSAGE:
        raise Permanent(f"Slack does not take this message ({what})")
    if method.startswith("files.") and status < 500 and error not in _AGAIN:
        hint = ": install the app anew from its manifest" if error == "missing_scope" else ""
        raise Permanent(f"Slack does not take the file ({what}){hint}")
    if error in _TOKEN:
        reason = f"Slack does not accept the token for {method} ({what}): install the app anew from its manifest"
        raise Withheld(reason, retry_after=LATER)
    if error in _ROOM:
        raise Withheld(f"I cannot write in Slack's {channel} ({what}): {_ROOM[error]}", retry_after=LATER)
    if status >= 500 or error in _AGAIN:
        raise Lost(f"Slack failed ({what})")
    raise Temporary(f"Slack refused {method} ({what})", retry_after=LATER)
