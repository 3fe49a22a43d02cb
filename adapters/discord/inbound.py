"""An interaction becomes an intent. Pure.

    {"type": 2, "data": {"name": "deploy", "options": [{"name": "env", "value": "canary"}]}, …}
        -> Typed("/deploy env=canary", …)
    {"type": 3, "data": {"custom_id": "rollback:k3v9x2mq"}, …} -> Pressed("rollback:k3v9x2mq", …)

The payload is Discord's own (developer documentation, "Receiving and Responding"). Options are said by their key, so a
word can never slip from one slot into the next; a space inside a word is made visible, and is then refused with the
sentence that the vocabulary has for it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.commands import Origin, Pressed, Typed
from bot.domain.values import Actor
from bot.domain.verbs import BY_WORD, Kind, Slot

PLATFORM = "discord"
COMMAND, COMPONENT = 2, 3
"""Types of interactions."""
CHAT_INPUT = 1
"""The type of a command that is typed; others are menu entries."""
THREADS = frozenset({10, 11, 12})
"""Types of channels that are threads."""
_SPACE = "␣"

Payload = Mapping[str, Any]


def inbound(payload: Payload) -> Typed | Pressed | None:
    """What the interaction means; None where a person asked for nothing by it."""
    actor = _actor(payload)
    if actor is None:
        return None
    origin, key = _origin(payload), f"{PLATFORM}:{payload['id']}"
    data: Payload = payload.get("data") or {}
    if payload.get("type") == COMMAND and data.get("type", CHAT_INPUT) == CHAT_INPUT:
        return Typed(_text(data), actor, origin, key)
    if payload.get("type") == COMPONENT:
        return Pressed(str(data.get("custom_id", "")), actor, origin, key)
    return None


def bot_behind(payload: Payload) -> str:
    """Which bot did it; empty for a person."""
    account = _account(payload)
    return str(account.get("id", "")) if account.get("bot") else ""


def asker(payload: Payload) -> tuple[Actor, Origin] | None:
    """Who is typing there, before anything is asked for; None for a bot."""
    actor = _actor(payload)
    return (actor, _origin(payload)) if actor else None


def _actor(payload: Payload) -> Actor | None:
    """Who did it. A bot cannot, and if one ever can, it is not heard."""
    member: Payload = payload.get("member") or {}
    account = _account(payload)
    if "id" not in account or account.get("bot"):
        return None
    shown = member.get("nick") or account.get("global_name") or account.get("username") or ""
    return Actor(PLATFORM, str(account["id"]), shown=str(shown))


def _account(payload: Payload) -> Payload:
    member: Payload = payload.get("member") or {}
    account: Payload = member.get("user") or payload.get("user") or {}
    return account


def _origin(payload: Payload) -> Origin:
    """A thread belongs to the conversation that it hangs in."""
    channel: Payload = payload.get("channel") or {}
    here = str(payload.get("channel_id") or channel.get("id") or "")
    message = str((payload.get("message") or {}).get("id", ""))
    if channel.get("type") in THREADS and channel.get("parent_id"):
        return Origin(PLATFORM, str(channel["parent_id"]), thread=here, message=message)
    return Origin(PLATFORM, here, message=message)


def _text(data: Payload) -> str:
    """The line that a person would have typed elsewhere."""
    verb = BY_WORD.get(str(data.get("name", "")))
    given = {str(option["name"]): option.get("value") for option in data.get("options") or ()}
    slots: Sequence[Slot] = verb.slots if verb else ()
    words = [f"{slot.key}={_word(slot, given[slot.key])}" for slot in slots if _said(given.get(slot.key))]
    return " ".join([f"/{data.get('name', '')}", *words])


def _said(value: object) -> bool:
    return value is not None and str(value).strip() != ""


def _word(slot: Slot, value: object) -> str:
    text = str(value).strip()
    return text if slot.kind is Kind.REASON else _SPACE.join(text.split())
