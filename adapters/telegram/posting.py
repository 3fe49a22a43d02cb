"""Calls that show something: post and replace, each in its turn, with what Telegram's refusals mean.

Telegram has no key by which a post could be recognised. So a post whose answer was lost is posted again, and the
first one, if it came to be, is found by its number (it lies between the last known message of the chat and the new
one) and told that it is out of date: at most one message too many, and none that lies.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import structlog
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, TelegramError

from adapters.telegram.link import Flooded
from adapters.telegram.pacing import Pacing
from adapters.telegram.place import Place
from adapters.telegram.render import Payload
from adapters.telegram.trouble import doubtful, gone, no_style, not_modified, trouble
from bot.ports.errors import Temporary, Trouble

log = structlog.get_logger("telegram")
T = TypeVar("T")

REMEMBERED = 4000
"""Keys of posts and numbers of messages that are kept; older ones are not asked for any more."""
FURTHEST = 3
"""Messages before a repeated post among which its first one is looked for."""
_SUPERSEDED = {"text": "⬇ This is shown anew below.", "parse_mode": "HTML"}
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class Recent(OrderedDict[str, str]):
    """Key of a post -> reference of the message; the oldest are forgotten."""

    def keep(self, key: str, reference: str) -> None:
        """Remember it."""
        self[key] = reference
        while len(self) > REMEMBERED:
            self.popitem(last=False)


@dataclass
class Chat:
    """What is known of one chat's messages since the bot began."""

    newest: int = 0
    known: set[int] = field(default_factory=set)
    """Messages of which it is known whose they are."""
    lost: dict[str, int] = field(default_factory=dict)
    """Key of a post whose answer was lost -> the newest message before it."""
    doubles: list[tuple[int, int]] = field(default_factory=list)
    """Repeated posts whose first ones were not retired yet: the newest message before the first, and the second."""

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
            chat.doubles.append((chat.lost.pop(key), number))
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
            low, number = chat.doubles.pop(0)
            try:
                await self._retire_first(place, chat, low, number)
            except Temporary:
                chat.doubles.append((low, number))
                return
            except Trouble as refused:
                log.warning("a repeated post stays as it is", room=place.chat, reason=refused.reason)

    async def _retire_first(self, place: Place, chat: Chat, low: int, number: int) -> None:
        """Only where it cannot be mistaken. Raises `Temporary` where Telegram takes nothing now.

        Calls into a chat are made one after another: what lies between and is not known was lost too, or is no message
        of ours, which Telegram lets nobody else edit.
        """
        for other in range(number - 1, max(low, number - 1 - FURTHEST) if low else number, -1):
            if other in chat.known:
                continue
            try:
                async with self._pacing.turn(place):
                    await self._edit(Place(place.chat, place.topic, other), _SUPERSEDED)
            except BadRequest:
                continue
            except TelegramError as error:
                raise self._failed(place, error) from None
            chat.add(other)
            return
