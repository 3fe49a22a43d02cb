"""An update of the Bot API becomes an intent. Pure, and never raises, whatever stands in the update.

What is not meant for this bot is None: other bots' commands and chatter in groups, what bots say (two bots would
answer each other for ever), what is forwarded (its words are somebody else's), and what comes in the name of a chat
(an anonymous administrator is nobody in particular).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from adapters.telegram.place import Place
from adapters.telegram.text import JOINER
from bot.domain.closest import closest
from bot.domain.commands import Intent, Origin, Pressed, Typed
from bot.domain.values import Actor
from bot.domain.verbs import BY_WORD

PLATFORM = "telegram"
Json: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Here:
    """Who the bot is there, and the addresses of the rooms that it tells."""

    bot: int
    name: str = ""
    rooms: frozenset[str] = frozenset()


def inbound(update: Json, here: Here) -> Intent | None:
    """What the update asks for; None where it asks nothing of this bot."""
    number = update.get("update_id")
    key = f"{PLATFORM}:{here.bot}:{number}"
    if not isinstance(number, int):
        return None
    if press := _table(update, "callback_query"):
        return _pressed(press, here, key)
    return _typed(_table(update, "message"), here, key)


def bot_behind(update: Json, here: Here) -> str:
    """Which other bot said what is meant for this one; empty where none did."""
    message = _table(update, "message")
    author, text = _table(message, "from"), message.get("text")
    if not author.get("is_bot") or not isinstance(text, str):
        return ""
    return str(author.get("id", "")) if _meant(text.replace(JOINER, "").strip(), message, here) else ""


def asked_at(update: Json) -> int | None:
    """When a message was sent, in seconds since 1970; None for what has no time of its own."""
    date = _table(update, "message").get("date")
    return date if isinstance(date, int) else None


def press_id(update: Json) -> str:
    """The id by which a press has to be acknowledged; empty where nothing was pressed."""
    return str(_table(update, "callback_query").get("id", ""))


def _pressed(press: Json, here: Here, key: str) -> Pressed | None:
    actor, message, token = _actor(press), _table(press, "message"), press.get("data")
    place = _place(message)
    if actor is None or place is None or not isinstance(token, str):
        return None
    return Pressed(token, actor, _origin(place, here), key)


def _typed(message: Json, here: Here, key: str) -> Typed | None:
    actor, place, text = _actor(message), _place(message), message.get("text")
    borrowed = any(message.get(one) for one in ("forward_origin", "via_bot", "sender_chat", "is_automatic_forward"))
    if actor is None or place is None or borrowed or not isinstance(text, str):
        return None
    words = _meant(text.replace(JOINER, "").strip(), message, here)
    return Typed(words, actor, _origin(place, here), key) if words else None


def _meant(text: str, message: Json, here: Here) -> str:
    """The words without the bot's name; empty where they are meant for nobody, or for another bot."""
    alone = _table(message, "chat").get("type") == "private"
    first, _, rest = text.partition(" ")
    if first.startswith("/"):
        return _command(first[1:], rest, alone, here)
    if here.name and first.rstrip(",:").lower() == f"@{here.name.lower()}":
        return rest.strip() or "/help"
    answering = _table(_table(message, "reply_to_message"), "from").get("id") == here.bot
    return text if alone or (answering and first.lower() in BY_WORD) else ""


def _command(word: str, rest: str, alone: bool, here: Here) -> str:
    verb, _, name = word.partition("@")
    if name and name.lower() != here.name.lower():
        return ""
    if alone and verb == "start":
        return "/help"
    # In a group a command without a name is for every bot there: unknown words are left to the others.
    ours = bool(name) or alone or verb.lower() in BY_WORD or closest(verb, BY_WORD)
    return f"/{verb} {rest}".strip() if ours else ""


def _actor(part: Json) -> Actor | None:
    person = _table(part, "from")
    number = person.get("id")
    if not isinstance(number, int) or person.get("is_bot"):
        return None
    shown = person.get("username") or person.get("first_name") or ""
    return Actor(PLATFORM, str(number), shown=str(shown))


def _place(message: Json) -> Place | None:
    """Replies outside forums have a thread id too, which must not be sent back: only a topic's counts."""
    chat, number = _table(message, "chat").get("id"), message.get("message_id")
    topic = message.get("message_thread_id") if message.get("is_topic_message") else 0
    if not isinstance(chat, int) or not isinstance(number, int):
        return None
    return Place(chat, topic if isinstance(topic, int) else 0, number)


def _origin(place: Place, here: Here) -> Origin:
    """A topic is a room of its own where the configuration says so; otherwise the whole chat is one."""
    address = place.address if place.address in here.rooms else str(place.chat)
    return Origin(PLATFORM, address, str(place.topic or ""), place.reference)


def _table(part: Json, key: str) -> Json:
    found = part.get(key)
    return found if isinstance(found, Mapping) else {}
