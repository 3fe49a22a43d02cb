"""Calls that show something: post and replace, each in its turn, with what Telegram's refusals mean.

Telegram has no key by which a post could be recognised. So a post whose answer was lost is posted again, and the
first one, if it came to be, is found by its number (it lies between the last known message of the chat and the new
one) and told that it is out of date: at most one message too many, and none that lies.

A document is a message of its own below its sentence, under a key of its own. A picture is sent to be looked at; one
that Telegram cannot show (too wide, too large) is sent as a file.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, TelegramError

from adapters.telegram.link import Flooded
from adapters.telegram.pacing import Pacing
from adapters.telegram.place import Place
from adapters.telegram.render import Payload, render_document
from adapters.telegram.trouble import doubtful, gone, no_style, not_modified, trouble
from bot.ports.errors import Permanent, Temporary, Trouble
from bot.view.document import Document

log = structlog.get_logger("chat.telegram")
T = TypeVar("T")

REMEMBERED = 4000
"""Keys of posts and numbers of messages that are kept; older ones are not asked for any more."""
FURTHEST = 3
"""Messages before a repeated post among which its first one is looked for."""
_SUPERSEDED = {"text": "⬇ This is shown anew below.", "parse_mode": "HTML"}
MOST_PHOTO, MOST_FILE = 10_000_000, 50_000_000
"""Bytes that a bot may send (documentation of the Bot API, "Sending files")."""
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class Recent(OrderedDict[str, str]):
    """Key of a post -> reference of the message; the oldest are forgotten."""

    def keep(self, key: str, reference: str) -> None:
        """Remember it."""
        self[key] = reference
        while len(self) > REMEMBERED:
            self.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Double:
    """A post that was repeated: the newest message before its first try, and its own number."""

    low: int
    number: int
    file: bool


@dataclass
class Chat:
    """What is known of one chat's messages since the bot began."""

    newest: int = 0
    known: set[int] = field(default_factory=set)
    """Messages of which it is known whose they are."""
    lost: dict[str, int] = field(default_factory=dict)
    """Key of a post whose answer was lost -> the newest message before it."""
    doubles: list[Double] = field(default_factory=list)
    """Repeated posts whose first ones were not retired yet."""

    def add(self, number: int) -> None:
        """A message of which it is known whose it is."""
        self.newest = max(self.newest, number)
        self.known.add(number)
        if len(self.known) > REMEMBERED:
            self.known = {one for one in self.known if one > self.newest - REMEMBERED // 2}


class Posting:
    """Posts and replaces messages. Errors are those of `bot.ports.errors`."""

    def __init__(self, bot: Bot, pacing: Pacing, styled: bool) -> None:
        self._bot = bot
        self._pacing = pacing
        self._styled = styled
        self._posted = Recent()
        self._chats: Mapping[int, Chat] = defaultdict(Chat)
        self._moved: dict[int, int] = {}

    def posted(self, key: str) -> str:
        """Reference of the message that was posted under this key; empty where none was."""
        return self._posted.get(key, "")

    def forget(self, key: str) -> None:
        """What was posted under this key is gone."""
        self._posted.pop(key, None)

    def seen(self, place: Place) -> None:
        """Somebody else's message: it bounds where a post of ours with a lost answer can be."""
        self._chats[place.chat].add(place.message)

    async def share(self, place: Place, document: Document, key: str, reply_to: int = 0) -> None:
        """Post the document, once for a key. Raises `Permanent` where Telegram or the chat takes no such file."""
        if len(document.content) > MOST_FILE:
            raise Permanent(f"Telegram takes no file of more than {MOST_FILE} bytes")
        payload = {**render_document(document), "document": document}
        if document.image and len(document.content) <= MOST_PHOTO:
            try:
                await self.post(place, {**payload, "look": True}, key, reply_to)
            except Permanent as trouble:
                log.info("a picture is sent as a file", name=document.name, reason=trouble.reason)
            else:
                return
        await self.post(place, payload, key, reply_to)

    async def post(self, place: Place, payload: Payload, key: str, reply_to: int = 0) -> str:
        """A new message's reference. Posting under a key for the second time does nothing."""
        if key in self._posted:
            return self._posted[key]
        chat = self._chats[place.chat]
        before = chat.newest
        try:
            number = await self._stubborn(place, lambda: self._send(place, payload, reply_to))
        except TelegramError as error:
            if doubtful(error):
                chat.lost.setdefault(key, before)
            raise self._failed(place, error) from None
        chat.add(number)
        posted = Place(place.chat, place.topic, number)
        self._posted.keep(key, posted.reference)
        if key in chat.lost:
            chat.doubles.append(Double(chat.lost.pop(key), number, "document" in payload))
        await self._retire(place, chat)
        return posted.reference

    async def replace(self, place: Place, payload: Payload) -> bool:
        """Let the message show this. False where there is no such message any more."""
        self._chats[place.chat].add(place.message)
        try:
            await self._stubborn(place, lambda: self._edit(place, payload), edit=True)
        except TelegramError as error:
            if gone(error):
                return False
            if not not_modified(error):
                raise self._failed(place, error) from None
        await self._retire(place, self._chats[place.chat])
        return True

    async def _send(self, place: Place, payload: Payload, reply_to: int) -> int:
        reply = ReplyParameters(reply_to, allow_sending_without_reply=True) if reply_to else None
        if "document" in payload:
            return await self._send_file(place, payload, reply)
        message = await self._bot.send_message(
            self._moved.get(place.chat, place.chat),
            payload["text"],
            parse_mode=payload["parse_mode"],
            message_thread_id=place.topic or None,
            reply_parameters=reply,
            reply_markup=self._keyboard(payload),
            link_preview_options=_NO_PREVIEW,
            disable_notification=payload.get("disable_notification", False),
        )
        return message.message_id

    async def _send_file(self, place: Place, payload: Payload, reply: ReplyParameters | None) -> int:
        document: Document = payload["document"]
        shared: dict[str, Any] = {
            "caption": payload["caption"],
            "parse_mode": payload["parse_mode"],
            "message_thread_id": place.topic or None,
            "reply_parameters": reply,
            "disable_notification": payload["disable_notification"],
            "filename": document.name,
        }
        chat = self._moved.get(place.chat, place.chat)
        if payload.get("look"):
            return (await self._bot.send_photo(chat, document.content, **shared)).message_id
        sent = await self._bot.send_document(chat, document.content, disable_content_type_detection=True, **shared)
        return sent.message_id

    async def _edit(self, place: Place, payload: Payload) -> None:
        await self._bot.edit_message_text(
            payload["text"],
            self._moved.get(place.chat, place.chat),
            place.message,
            parse_mode=payload["parse_mode"],
            reply_markup=self._keyboard(payload),
            link_preview_options=_NO_PREVIEW,
        )

    def _keyboard(self, payload: Payload) -> InlineKeyboardMarkup | None:
        rows: list[list[dict[str, str]]] = payload.get("reply_markup", {}).get("inline_keyboard", [])
        made = [
            [
                InlineKeyboardButton(
                    one["text"],
                    callback_data=one["callback_data"],
                    style=one.get("style") if self._styled else None,
                )
                for one in row
            ]
            for row in rows
        ]
        return InlineKeyboardMarkup(made) if made else None

    async def _stubborn(self, place: Place, call: Callable[[], Awaitable[T]], edit: bool = False) -> T:
        """The call in its turn, made once more where its refusal has taught how to make it."""
        try:
            async with self._pacing.turn(place, edit):
                return await call()
        except ChatMigrated as error:
            self._moved[place.chat] = error.new_chat_id
            log.warning("a group is a supergroup now: correct outrider.toml", room=place.chat, now=error.new_chat_id)
        except BadRequest as error:
            if not self._styled or not no_style(error):
                raise
            self._styled = False
        async with self._pacing.turn(place, edit):
            return await call()

    def _failed(self, place: Place, error: TelegramError) -> Trouble:
        if isinstance(error, Flooded):
            self._pacing.close(place, error.seconds)
        return trouble(error)

    async def _retire(self, place: Place, chat: Chat) -> None:
        """Say in the first ones of repeated posts that they are out of date; if not now, then after the next call."""
        while chat.doubles:
            double = chat.doubles.pop(0)
            try:
                await self._retire_first(place, chat, double)
            except Temporary:
                chat.doubles.append(double)
                return
            except Trouble as refused:
                log.warning("a repeated post stays as it is", room=place.chat, reason=refused.reason)

    async def _retire_first(self, place: Place, chat: Chat, double: Double) -> None:
        """Only where it cannot be mistaken. Raises `Temporary` where Telegram takes nothing now.

        Calls into a chat are made one after another: what lies between and is not known was lost too, or is no message
        of ours, which Telegram lets nobody else edit.
        """
        number = double.number
        lowest = max(double.low, number - 1 - FURTHEST) if double.low else number
        for other in range(number - 1, lowest, -1):
            if other in chat.known:
                continue
            try:
                async with self._pacing.turn(place):
                    await self._supersede(Place(place.chat, place.topic, other), double.file)
            except BadRequest:
                continue
            except TelegramError as error:
                raise self._failed(place, error) from None
            chat.add(other)
            return

    async def _supersede(self, place: Place, file: bool) -> None:
        if not file:
            await self._edit(place, _SUPERSEDED)
            return
        chat = self._moved.get(place.chat, place.chat)
        await self._bot.edit_message_caption(chat, place.message, caption=_SUPERSEDED["text"])
