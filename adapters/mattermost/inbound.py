"""What Mattermost sends becomes an intent. Pure, and never raises, whatever stands in it.

Slash commands come as a flat form, presses as JSON with the context that the button was given, and messages by the
socket as the event `posted`, whose `post` is JSON inside JSON. Of messages only those count that begin with the bot's
name, and everything in a direct conversation with it. Bots, webhooks and system messages are nobody in particular.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from adapters.mattermost.text import JOINER
from bot.domain.commands import Origin, Pressed, Typed
from bot.domain.values import Actor

PLATFORM = "mattermost"
COMMANDS, PRESSES = "/mattermost/command", "/mattermost/press"
"""Paths of the bot's own HTTP server."""
COMMAND = "outrider"
"""The slash command that takes any verb behind it: `/outrider status`."""
RESERVED = frozenset({"help", "status"})
"""Verbs that are commands of Mattermost's own (`/status` sets the person's), which it lets nobody else take."""
DIRECT = "D"
_FOREIGN = ("from_bot", "from_webhook", "from_plugin", "from_oauth_app", "override_username")
"""Properties of a message that no person typed."""

Json: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Here:
    """Who the bot is there."""

    account: str
    name: str


def command_of(verb: str) -> str:
    """The slash command that means this verb."""
    return f"/{COMMAND}-{verb}" if verb in RESERVED else f"/{verb}"


def inbound(payload: Json, here: Here) -> Typed | Pressed | None:
    """What a person asked for; None where nobody asked the bot for anything."""
    if "command" in payload:
        return _slash(payload)
    if "context" in payload:
        return _press(payload)
    return _posted(payload, here) if payload.get("event") == "posted" else None


def post_of(event: Json) -> Json:
    """The message of an event; empty where it holds none that can be read."""
    try:
        found = json.loads(_text(_table(event, "data"), "post"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _slash(form: Json) -> Typed | None:
    account, channel, key = _text(form, "user_id"), _text(form, "channel_id"), _key(form)
    if not (account and channel and key):
        return None
    word = _text(form, "command").removeprefix("/").removeprefix(f"{COMMAND}-")
    said = _words(_text(form, "text"))
    text = said or "/help" if word == COMMAND else f"/{word} {said}".strip()
    return Typed(text, Actor(PLATFORM, account, shown=_text(form, "user_name")), Origin(PLATFORM, channel), key)


def _press(body: Json) -> Pressed | None:
    account, channel, key = _text(body, "user_id"), _text(body, "channel_id"), _key(body)
    token = _text(_table(body, "context"), "token")
    if not (account and channel and key and token):
        return None
    actor = Actor(PLATFORM, account, shown=_text(body, "user_name"))
    return Pressed(token, actor, Origin(PLATFORM, channel, message=_text(body, "post_id")), key)


def _posted(event: Json, here: Here) -> Typed | None:
    data, post = _table(event, "data"), post_of(event)
    account, channel, number = _text(post, "user_id"), _text(post, "channel_id"), _text(post, "id")
    foreign = post.get("type") or any(_table(post, "props").get(one) for one in _FOREIGN)
    alone = data.get("channel_type") == DIRECT
    text = _meant(_words(_text(post, "message")), here.name, alone)
    if foreign or account == here.account or not (account and channel and number and text):
        return None
    actor = Actor(PLATFORM, account, shown=_text(data, "sender_name").removeprefix("@"))
    return Typed(text, actor, Origin(PLATFORM, channel, _text(post, "root_id"), number, alone), f"{PLATFORM}:{number}")


def bot_behind(event: Json, here: Here) -> str:
    """Which other bot or integration said what is meant for this one; empty where none did."""
    if event.get("event") != "posted":
        return ""
    post, alone = post_of(event), _table(event, "data").get("channel_type") == DIRECT
    account = _text(post, "user_id")
    foreign = any(_table(post, "props").get(one) for one in _FOREIGN)
    said = foreign and account != here.account and _meant(_words(_text(post, "message")), here.name, alone)
    return account if said else ""


def _meant(text: str, name: str, alone: bool) -> str:
    """The words behind the bot's name; empty where they are not meant for it. The name alone asks for help."""
    first, _, rest = text.partition(" ")
    if name and first.rstrip(",:").lower() == f"@{name.lower()}":
        return rest or "/help"
    return text if alone else ""


def _words(text: str) -> str:
    return " ".join(text.replace(JOINER, "").split())


def _key(payload: Json) -> str:
    """A trigger opens dialogs for some seconds, so what is kept of it is a digest."""
    trigger = _text(payload, "trigger_id")
    return f"{PLATFORM}:{hashlib.sha256(trigger.encode()).hexdigest()[:26]}" if trigger else ""


def _text(fields: Json, name: str) -> str:
    found = fields.get(name)
    return found if isinstance(found, str) else ""


def _table(fields: Json, name: str) -> Json:
    found = fields.get(name)
    return found if isinstance(found, Mapping) else {}
