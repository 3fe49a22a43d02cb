"""What Telegram knows: chats, messages, people's doings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.vendors.telegram.markup import Parsed

Json = dict[str, Any]
BOT = 1000001
NAME = "outrider_bot"


class Refused(Exception):
    """An answer other than ok."""

    def __init__(self, code: int, description: str, parameters: Json | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


@dataclass
class Message:
    """One message. `thread` is its topic, 0 for none; `history` what it showed before."""

    number: int
    author: int
    parsed: Parsed
    keyboard: list[list[Json]] = field(default_factory=list)
    thread: int = 0
    reply_to: int = 0
    silent: bool = False
    file: "File | None" = None
    """What is sent along; `parsed` is its caption then."""
    history: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What people read."""
        return self.parsed.text

    @property
    def tokens(self) -> list[str]:
        """What its buttons carry."""
        return [str(button["callback_data"]) for row in self.keyboard for button in row]

    @property
    def styles(self) -> list[str]:
        """How its buttons look; empty for plain ones."""
        return [str(button.get("style", "")) for row in self.keyboard for button in row]


@dataclass(frozen=True)
class File:
    """`photo`: sent to be looked at."""

    name: str
    content: bytes
    photo: bool = False


@dataclass
class Chat:
    """One chat. `files`: the bot may send some. `closed`: topics that take no messages."""

    number: int
    kind: str = "supergroup"
    topics: set[int] = field(default_factory=set)
    closed: set[int] = field(default_factory=set)
    messages: dict[int, Message] = field(default_factory=dict)
    kicked: bool = False
    files: bool = True
    moved_to: int = 0
    last: int = 0
    """The highest number that any message there has had; none is used twice."""

    @property
    def forum(self) -> bool:
        """True where it has topics."""
        return bool(self.topics)

    def shown(self) -> list[Message]:
        """The bot's messages that are still there, oldest first."""
        return [one for _, one in sorted(self.messages.items()) if one.author == BOT]

    def described(self) -> Json:
        """As it stands in updates."""
        return {"id": self.number, "type": self.kind, **({"is_forum": True} if self.forum else {})}


def person(number: int, name: str = "ana") -> Json:
    """Somebody, as they stand in updates."""
    return {"id": number, "is_bot": False, "first_name": name.title(), "username": name}


def me() -> Json:
    """The bot, as getMe shows it."""
    return {
        "id": BOT,
        "is_bot": True,
        "first_name": "Outrider",
        "username": NAME,
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
    }


def described(message: Message, chat: Chat, date: int, author: Mapping[str, Any]) -> Json:
    """A message as it stands in answers and updates."""
    found: Json = {
        "message_id": message.number,
        "date": date,
        "chat": chat.described(),
        "from": dict(author),
        **_content(message),
    }
    if message.thread and chat.forum:
        found |= {"message_thread_id": message.thread, "is_topic_message": True}
    if message.keyboard:
        found["reply_markup"] = {"inline_keyboard": message.keyboard}
    return found


def _content(message: Message) -> Json:
    if message.file is None:
        return {"text": message.text}
    known = {"file_id": f"f{message.number}", "file_unique_id": f"u{message.number}"}
    size = len(message.file.content)
    if message.file.photo:
        return {"caption": message.text, "photo": [{**known, "width": 800, "height": 400, "file_size": size}]}
    return {"caption": message.text, "document": {**known, "file_name": message.file.name, "file_size": size}}
