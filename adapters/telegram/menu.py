"""The command menu of each chat, made from the table of verbs. Telegram is asked first, and told only what differs."""

from collections.abc import Sequence

import structlog
from telegram import Bot, BotCommand, BotCommandScope, BotCommandScopeAllPrivateChats, BotCommandScopeChat
from telegram.error import TelegramError

from adapters.telegram.place import Place
from bot.domain.verbs import VERBS, Verb

log = structlog.get_logger("chat.telegram")

LONGEST = 256
"""Characters of a description, as Telegram documents for BotCommand."""


def menu() -> list[tuple[str, str]]:
    """Command and description of every verb."""
    return [(verb.word, _described(verb)[:LONGEST]) for verb in VERBS]


def _described(verb: Verb) -> str:
    words = " ".join(slot.form for slot in verb.slots)
    return f"{words}: {verb.does}" if words else verb.does


async def set_menus(bot: Bot, rooms: Sequence[Place]) -> None:
    """Give the rooms and every private chat the menu. Nothing depends on it: a chat that refuses is logged."""
    wanted = [BotCommand(word, does) for word, does in menu()]
    scopes: list[BotCommandScope] = [BotCommandScopeChat(chat) for chat in sorted({room.chat for room in rooms})]
    for scope in [BotCommandScopeAllPrivateChats(), *scopes]:
        try:
            if list(await bot.get_my_commands(scope)) != wanted:
                await bot.set_my_commands(wanted, scope)
        except TelegramError as error:
            log.warning(
                "no command menu in a chat", chat=getattr(scope, "chat_id", scope.type), kind=type(error).__name__
            )
