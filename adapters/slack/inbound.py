"""A Slack payload becomes an intent. Pure.

The shapes are those of Slack's documentation: slash commands come as a flat form, presses as `block_actions`,
mentions as the event `app_mention` inside an `event_callback`, and so does the opening of the app's Home, which asks
how things stand. Whatever else comes is None: nobody asked for anything.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.commands import Origin, Pressed, Typed
from bot.domain.values import Actor

PLATFORM = "slack"
COMMAND = "outrider"
"""The command that takes any verb behind it: `/outrider status`."""
ACTION = "outrider:"
"""What the `action_id` of every button of ours begins with."""
RESERVED = frozenset({"help", "status"})
"""Verbs that Slack keeps for itself or may keep: an app manifest with `/status` is refused ("invalid name")."""
_MENTION = re.compile(r"<@[UW]\w+(?:\|[^>]*)?>")
_LINK = re.compile(r"<(?P<what>[^<>|]*)(?:\|(?P<label>[^<>]*))?>")

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Way:
    """Where an answer can go: to `url` (five times within half an hour) or, where that is empty, by the API.

    `thread` is a message's timestamp, empty outside threads.
    """

    channel: str
    account: str
    url: str = ""
    thread: str = ""
    home: bool = False
    """Onto the person's own page of the app."""


def reference(channel: str, ts: str) -> str:
    """Slack's name of a message, as one word."""
    return f"{channel}:{ts}" if ts else ""


def command_of(verb: str) -> str:
    """The slash command that means this verb."""
    return f"/{COMMAND}-{verb}" if verb in RESERVED else f"/{verb}"


def inbound(payload: Payload) -> Typed | Pressed | None:
    """What a person asked for; None for what is no asking: bots, edits, other apps' buttons, other events."""
    if "command" in payload:
        return _slash(payload)
    if payload.get("type") == "block_actions":
        return _press(payload)
    event = payload.get("event")
    if payload.get("type") == "event_callback" and isinstance(event, Mapping):
        key = str(payload.get("event_id", ""))
        return _home(event, key) if _at_home(event) else _mention(event, key)
    return None


def way(payload: Payload) -> Way:
    """Where to answer what `inbound` understood."""
    if "command" in payload:
        return Way(_text(payload, "channel_id"), _text(payload, "user_id"), _text(payload, "response_url"))
    if payload.get("type") == "block_actions":
        account, channel, thread = _person(payload), _channel(payload), _card(payload)
        return Way(channel, account, _text(payload, "response_url"), thread)
    event = payload.get("event") or {}
    if _at_home(event):
        return Way(_text(event, "channel"), _text(event, "user"), home=True)
    return Way(_text(event, "channel"), _text(event, "user"), thread=_text(event, "thread_ts"))


def _slash(payload: Payload) -> Typed | None:
    account, channel = _text(payload, "user_id"), _text(payload, "channel_id")
    key = _text(payload, "trigger_id")
    if not (account and channel and key):
        return None
    word = _text(payload, "command").removeprefix("/")
    word = word.removeprefix(f"{COMMAND}-")
    said = plain(_text(payload, "text"))
    text = _verb_first(said) if word == COMMAND else f"/{word} {said}".strip()
    actor = Actor(PLATFORM, account, shown=_text(payload, "user_name"))
    return Typed(text, actor, Origin(PLATFORM, channel), f"{PLATFORM}:{key}")


def _verb_first(said: str) -> str:
    """Words behind `/outrider`; none at all ask for help."""
    return said or "/help"


def _press(payload: Payload) -> Pressed | None:
    actions = payload.get("actions") or [{}]
    token = _text(actions[0], "value")
    ours = _text(actions[0], "action_id").startswith(ACTION)
    account, channel, key = _person(payload), _channel(payload), _text(payload, "trigger_id")
    if not (ours and account and channel and key):
        return None
    container = payload.get("container") or {}
    message = reference(channel, _text(container, "message_ts"))
    thread = reference(channel, _text(container, "thread_ts"))
    actor = Actor(PLATFORM, account, shown=_text(payload.get("user") or {}, "username"))
    return Pressed(token, actor, Origin(PLATFORM, channel, thread, message), f"{PLATFORM}:{key}")


def _at_home(event: Payload) -> bool:
    """Somebody opened the app's Home; its other tabs are the same event."""
    return event.get("type") == "app_home_opened" and event.get("tab") == "home"


def _home(event: Payload, key: str) -> Typed | None:
    """Who opens the Home asks how things stand. The channel is the person's own with the app."""
    account, channel = _text(event, "user"), _text(event, "channel")
    if not (account and key):
        return None
    return Typed("/status", Actor(PLATFORM, account), Origin(PLATFORM, channel, alone=True), f"{PLATFORM}:{key}")


def bot_behind(payload: Payload) -> str:
    """Which bot mentioned this one; empty where none did."""
    event = payload.get("event")
    if not isinstance(event, Mapping) or event.get("type") != "app_mention" or not _by_bot(event):
        return ""
    return _text(event, "bot_id") or _text(event, "user")


def _by_bot(event: Payload) -> bool:
    return "bot_id" in event or "bot_profile" in event or event.get("subtype") == "bot_message"


def _mention(event: Payload, key: str) -> Typed | None:
    account, channel = _text(event, "user"), _text(event, "channel")
    if event.get("type") != "app_mention" or _by_bot(event) or "edited" in event or not (account and channel and key):
        return None
    thread = reference(channel, _text(event, "thread_ts"))
    origin = Origin(PLATFORM, channel, thread, reference(channel, _text(event, "ts")))
    text = _verb_first(_behind_mention(_text(event, "text")))
    return Typed(text, Actor(PLATFORM, account), origin, f"{PLATFORM}:{key}")


def _behind_mention(text: str) -> str:
    """What stands behind the first mention, or before it where nothing does."""
    found = _MENTION.search(text)
    if found is None:
        return plain(text)
    return plain(text[found.end() :]) or plain(text[: found.start()])


def plain(text: str) -> str:
    """Slack's wire form as the person saw it: links by their label, and no entities; mentions stay as they are."""
    shown = _LINK.sub(_shown, text)
    return " ".join(shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").split())


def _shown(link: re.Match[str]) -> str:
    what, label = link["what"], link["label"]
    if what.startswith("@"):
        return f"<{what}>"
    if what.startswith("#"):
        return f"#{label or what[1:]}"
    return label or what.removeprefix("!").removeprefix("mailto:")


def _text(fields: Payload, name: str) -> str:
    found = fields.get(name)
    return found if isinstance(found, str) else ""


def _person(payload: Payload) -> str:
    return _text(payload.get("user") or {}, "id")


def _channel(payload: Payload) -> str:
    return _text(payload.get("channel") or {}, "id") or _text(payload.get("container") or {}, "channel_id")


def _card(payload: Payload) -> str:
    container = payload.get("container") or {}
    return _text(container, "thread_ts") or _text(container, "message_ts")
