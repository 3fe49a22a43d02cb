"""Messages of the bot's own: cards and what is said below them.

Everything here is done as the bot and never by an interaction's token, which dies after 15 minutes. A reference is
`message:thread`; a thread that was begun at a message has the message's own id, so the two differ only where a card had
to be posted anew, and the thread stays the one in which the run was told from its beginning.

A post carries a nonce made of where it goes and of the key that it was given: Discord answers the second one of the
last few minutes with the first one's message (developer documentation, "Create Message"). The nonce of a deleted
message is refused as an unknown message; then the post is made under another one. A document goes in the same message
as its sentence, so neither is ever there without the other.

Somebody may delete a card before its thread is begun, or the thread; then the card is posted anew, with a new thread
where the old one is gone. What is said while there is no thread is an answer to the card.

Limits on edits of messages older than an hour, and archived threads, are answered with one fresh card in place of the
old one.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal, Self

import discord
import structlog

from adapters.discord.layout import NOBODY, layout
from adapters.discord.markup import cut
from adapters.discord.render import render, render_notice
from adapters.discord.trouble import (
    ARCHIVED,
    NETWORK,
    NO_HISTORY,
    OLD_EDITS,
    THREAD_EXISTS,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
)
from bot.ports.errors import Permanent, Temporary
from bot.view.card import RunCard
from bot.view.document import Document
from bot.view.notice import Notice

log = structlog.get_logger("chat.discord")

Payload = Mapping[str, Any]
NAME = 100
"""Characters of a thread's name."""
DAY: Literal[1440] = 1440
"""Minutes after which a silent thread folds itself away; posting opens it again."""
NONCE = 25
"""Characters of a nonce."""
DELETED = 4
"""Times that a message is posted which somebody deletes at once; then it is left alone for a while."""
ALONE = 60.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A card and the thread of its run; no thread where Discord would not give one."""

    message: int
    thread: int = 0

    def __str__(self) -> str:
        return f"{self.message}:{self.thread or ''}"

    @classmethod
    def read(cls, text: str) -> Self:
        """The reference as it was written."""
        message, _, thread = text.partition(":")
        return cls(_number(message), _number(thread) if thread else 0)


class Posts:
    """What the bot writes, through one connection."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def draw(self, address: str, card: RunCard, known: str, key: str) -> str:
        """Replace the card, or post it where there is none to replace."""
        channel = _number(address)
        if not known:
            return str(await self._begin(channel, card, Reference(0), key))
        reference = Reference.read(known)
        try:
            await self._edit(channel, reference.message, render(card, _elsewhere(reference)))
        except discord.HTTPException as error:
            if error.code not in (UNKNOWN_MESSAGE, OLD_EDITS, ARCHIVED):
                raise
            fresh = await self._begin(channel, card, reference, f"{key}:{known}")
            if error.code != UNKNOWN_MESSAGE:
                await self._remove(channel, reference.message)
            return str(fresh)
        return known

    async def say(self, address: str, thread: str, notice: Notice, key: str) -> None:
        """Post into the thread; where that cannot be, as an answer to the card, or else just into the channel."""
        payload, channel, document = render_notice(notice), _number(address), notice.document
        if not thread:
            await self.post(channel, payload, key, document=document)
            return
        reference = Reference.read(thread)
        if reference.thread:
            try:
                await self.post(reference.thread, payload, key, document=document)
            except discord.HTTPException as error:
                if error.code not in (UNKNOWN_CHANNEL, ARCHIVED) and error.status != 403:
                    raise
            else:
                return
        try:
            await self.post(channel, payload, key, reference.message, document)
        except discord.HTTPException as error:
            if error.code != NO_HISTORY:
                raise
            await self.post(channel, payload, key, document=document)

    async def post(
        self, channel: int, payload: Payload, key: str, below: int = 0, document: Document | None = None
    ) -> int:
        """Post once, whatever happens to the answer. `below`: the message that it answers."""
        return (await self._post(channel, payload, key, below, document)).id

    async def _post(
        self, channel: int, payload: Payload, key: str, below: int = 0, document: Document | None = None
    ) -> discord.Message:
        """The message, as Discord says that it stands there."""
        for times in range(DELETED):
            try:
                return await self._send(channel, payload, _nonce(channel, key + ":deleted" * times), below, document)
            except discord.NotFound as error:
                if error.code != UNKNOWN_MESSAGE:
                    raise
        raise Temporary("what is posted at Discord is deleted at once", retry_after=ALONE)

    async def _begin(self, channel: int, card: RunCard, before: Reference, key: str) -> Reference:
        """Post the card; its thread is the earlier card's where that is still there, else a new one."""
        kept = before.thread if before.thread and await self._stands(before.thread) else 0
        for _ in range(DELETED):
            try:
                message = await self._show(channel, render(card, str(kept or "")), key)
                return Reference(message, kept or await self._open(channel, message, f"{card.title} · {card.run}"))
            except discord.NotFound as error:
                if error.code != UNKNOWN_MESSAGE:
                    raise
        raise Temporary("cards at Discord are deleted at once", retry_after=ALONE)

    async def _show(self, channel: int, payload: Payload, key: str) -> int:
        """Post a card; where Discord answers with an earlier try's message, have it say what is true now."""
        posted = await self._post(channel, payload, key)
        if _said([one.to_dict() for one in posted.components]) != _said(payload["components"]):
            await self._edit(channel, posted.id, payload)
        return posted.id

    async def _stands(self, thread: int) -> bool:
        """False where the thread was deleted; one that the bot may not see is none of that."""
        try:
            await self._client.http.get_channel(thread)
        except discord.NotFound:
            return False
        except discord.Forbidden:
            return True
        return True

    async def _open(self, channel: int, message: int, name: str) -> int:
        """Begin the message's thread; 0 where Discord will not have one there. It exists when it was begun before."""
        try:
            await self._client.http.start_thread_with_message(
                channel, message, name=cut(name, NAME), auto_archive_duration=DAY
            )
        except discord.HTTPException as error:
            if error.code != THREAD_EXISTS:
                if error.status not in (400, 403):
                    raise
                log.warning("no thread can be begun", channel=channel, status=error.status, code=error.code)
                return 0
        return message

    async def _send(
        self, channel: int, payload: Payload, nonce: str, below: int, document: Document | None
    ) -> discord.Message:
        place = self._client.get_partial_messageable(channel)
        options: dict[str, Any] = {"nonce": nonce, "allowed_mentions": NOBODY}
        if below:
            options["reference"] = discord.MessageReference(
                message_id=below, channel_id=channel, fail_if_not_exists=False
            )
        if document is not None:
            words = payload["attachments"][0]["description"]
            options["file"] = discord.File(BytesIO(document.content), document.name, description=words)
        if "content" in payload:
            return await place.send(payload["content"], suppress_embeds=True, **options)
        return await place.send(view=layout(payload["components"]), **options)

    async def _edit(self, channel: int, message: int, payload: Payload) -> None:
        place = self._client.get_partial_messageable(channel)
        await place.get_partial_message(message).edit(view=layout(payload["components"]), allowed_mentions=NOBODY)

    async def _remove(self, channel: int, message: int) -> None:
        """An outdated card would lie; where it cannot be taken away, its buttons say so when they are pressed."""
        try:
            await self._client.http.delete_message(channel, message)
        except (discord.DiscordException, *NETWORK) as error:
            log.warning("an outdated card stays", channel=channel, message=message, error=type(error).__name__)


def _elsewhere(reference: Reference) -> str:
    """The thread that does not hang below the card itself."""
    return str(reference.thread) if reference.thread and reference.thread != reference.message else ""


def _said(value: object) -> list[str]:
    """All texts of these components, and what their buttons carry."""
    match value:
        case dict():
            own = [str(value[name]) for name in ("content", "custom_id") if value.get(name)]
            return own + [one for inner in value.values() for one in _said(inner)]
        case list():
            return [one for inner in value for one in _said(inner)]
        case _:
            return []


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 20:
        raise Permanent(f"{text[:30]!r} is no id of a Discord channel: copy the channel's id into the room")
    return int(text)


def _nonce(channel: int, key: str) -> str:
    """25 characters that differ for each place and key, and are the same after a restart."""
    digest = hashlib.sha256(f"{channel}/{key}".encode()).digest()
    return base64.b32encode(digest).decode()[:NONCE].lower()
