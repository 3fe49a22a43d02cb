"""sendMessage and editMessageText: what is taken, and in which words the rest is refused."""

import json
import struct
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.vendors.telegram.markup import LONGEST, LONGEST_CAPTION, MarkupError, Parsed, parse
from tests.vendors.telegram.state import BOT, Chat, File, Json, Message, Refused

Fields = Mapping[str, str]
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)


def refused(description: str) -> Refused:
    return Refused(400, f"Bad Request: {description}")


GENERAL = 1
"""The number that a forum's General topic has and nobody may name (tdlib/telegram-bot-api#798)."""
MOST_PHOTO, MOST_FILE = 10_000_000, 50_000_000
MOST_SIDES, MOST_RATIO = 10_000, 20
"""Of a photo: width and height together, and the one to the other."""
IMAGES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
"""How pictures begin that Telegram can show."""


def _check(chat: Chat, file: File) -> None:
    if not chat.files:
        raise refused("not enough rights to send documents to the chat")
    if not file.content:
        raise refused("file must be non-empty")
    if len(file.content) > (MOST_PHOTO if file.photo else MOST_FILE):
        raise Refused(413, "Request Entity Too Large")
    if file.photo and not file.content.startswith(IMAGES):
        raise refused("IMAGE_PROCESS_FAILED")
    if file.photo and file.content.startswith(IMAGES[0]) and len(file.content) >= 24:
        wide, high = struct.unpack(">II", file.content[16:24])
        if wide + high > MOST_SIDES or max(wide, high) > MOST_RATIO * min(wide, high):
            raise refused("PHOTO_INVALID_DIMENSIONS")


def _parsed(source: str, fields: Fields) -> Parsed:
    mode = fields.get("parse_mode", "")
    if mode not in ("", "HTML"):
        raise refused("unsupported parse_mode")
    try:
        return parse(source) if mode else Parsed(source)
    except MarkupError as error:
        raise refused(f"can't parse entities: {error}") from None


@dataclass
class Writing:
    """Chats and their messages. `styles`: knows about the look of buttons."""

    violations: Counter[str]
    styles: bool = True
    chats: dict[int, Chat] = field(default_factory=dict)
    _last: int = 0

    def chat(self, fields: Fields) -> Chat:
        """The chat that a call is about."""
        chat = self.chats.get(int(fields.get("chat_id", "0")))
        if chat is None:
            raise refused("chat not found")
        if chat.kicked:
            raise Refused(403, "Forbidden: bot was kicked from the supergroup chat")
        if chat.moved_to:
            moved = {"migrate_to_chat_id": chat.moved_to}
            raise Refused(400, "Bad Request: group chat was upgraded to a supergroup chat", moved)
        return chat

    def next_number(self, chat: Chat) -> int:
        """Supergroups count for themselves, all other chats of an account together."""
        if chat.kind == "supergroup":
            chat.last = max(chat.last, *chat.messages) + 1 if chat.messages else chat.last + 1
            return chat.last
        self._last += 1
        return self._last

    def send(self, fields: Fields, file: File | None = None) -> tuple[Chat, Message]:
        chat = self.chat(fields)
        if file is None:
            parsed = self._text(fields, "message is too long")
        else:
            _check(chat, file)
            parsed = self._caption(fields)
        keyboard = self._keyboard(fields)
        thread = int(fields.get("message_thread_id", "0"))
        if thread and (not chat.forum or thread not in chat.topics or thread == GENERAL):
            raise refused("message thread not found")
        if thread in chat.closed:
            raise refused("TOPIC_CLOSED")
        reply = self._reply(chat, fields)
        thread = thread or (chat.messages[reply].thread if reply else 0)
        silent = fields.get("disable_notification", "").lower() == "true"
        number = self.next_number(chat)
        chat.messages[number] = Message(number, BOT, parsed, keyboard, thread, reply, silent, file)
        return chat, chat.messages[number]

    def caption(self, fields: Fields) -> tuple[Chat, Message]:
        """EditMessageCaption."""
        chat, message = self._own(fields)
        if message.file is None:
            raise refused("there is no caption in the message to edit")
        message.history.append(message.text)
        message.parsed = self._caption(fields)
        return chat, message

    def _own(self, fields: Fields) -> tuple[Chat, Message]:
        chat = self.chat(fields)
        message = chat.messages.get(int(fields.get("message_id", "0")))
        if message is None:
            raise refused("message to edit not found")
        if message.author != BOT:
            raise refused("message can't be edited")
        return chat, message

    def edit(self, fields: Fields) -> tuple[Chat, Message]:
        chat, message = self._own(fields)
        if message.file is not None:
            raise refused("there is no text in the message to edit")
        parsed, keyboard = self._text(fields, "MESSAGE_TOO_LONG"), self._keyboard(fields)
        if (parsed, keyboard) == (message.parsed, message.keyboard):
            raise refused(NOT_MODIFIED)
        message.history.append(message.text)
        message.parsed, message.keyboard = parsed, keyboard
        return chat, message

    def _text(self, fields: Fields, too_long: str) -> Parsed:
        parsed = _parsed(fields.get("text", ""), fields)
        if not parsed.text.strip():
            raise refused("message text is empty")
        if parsed.units > LONGEST:
            raise refused(too_long)
        return self._looked_at(parsed)

    def _caption(self, fields: Fields) -> Parsed:
        parsed = _parsed(fields.get("caption", ""), fields)
        if parsed.units > LONGEST_CAPTION:
            raise refused("message caption is too long")
        return self._looked_at(parsed)

    def _looked_at(self, parsed: Parsed) -> Parsed:
        if parsed.dropped:
            self.violations["entities that Telegram ignores"] += 1
        if parsed.touchable:
            self.violations[f"something touchable: {parsed.touchable[0]}"] += 1
        return parsed

    def _keyboard(self, fields: Fields) -> list[list[Json]]:
        rows: list[list[Json]] = json.loads(fields.get("reply_markup", "{}")).get("inline_keyboard", [])
        if len([button for row in rows for button in row]) > 100 or any(len(row) > 8 for row in rows):
            raise refused("reply markup is too long")
        for button in (button for row in rows for button in row):
            if not str(button.get("text", "")).strip():
                raise refused('can\'t parse inline keyboard button: Field "text" must be non-empty')
            if not 1 <= len(str(button.get("callback_data", "")).encode()) <= 64:
                raise refused("BUTTON_DATA_INVALID")
            known = {"primary", "danger", "success"} if self.styles else set()
            if "style" in button and button["style"] not in known:
                raise refused("can't parse inline keyboard button: invalid button style specified")
        return rows

    def _reply(self, chat: Chat, fields: Fields) -> int:
        asked = json.loads(fields.get("reply_parameters", "{}"))
        number = int(asked.get("message_id", 0))
        if number and number not in chat.messages and not asked.get("allow_sending_without_reply"):
            raise refused("message to be replied not found")
        return number if number in chat.messages else 0
