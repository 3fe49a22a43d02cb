"""What Telegram's refusals mean: errors of `bot.ports.errors`, or something that is none.

Texts are those of Telegram's own server. No error of the library goes further than this, not even as a cause: some of
its messages hold the token.
"""

from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, NetworkError, TelegramError

from adapters.telegram.link import Flooded, Unsent
from bot.ports.errors import Permanent, Temporary, Trouble

_GONE = ("message to edit not found", "message can't be edited", "message_id_invalid", "no text in the message")
_PERSONS = {
    "chat not found": "Telegram knows no such chat: correct the room in outrider.toml, or add the bot to the chat",
    "thread not found": "the topic is gone: give the room another one in outrider.toml",
    "topic_closed": "the topic is closed: open it, or give the room another one in outrider.toml",
    "not enough rights": "the bot may not write in this chat: allow it to send messages",
}


def not_modified(error: TelegramError) -> bool:
    """The message shows exactly this already."""
    return "message is not modified" in error.message.lower()


def gone(error: TelegramError) -> bool:
    """There is no such message any more, or it cannot be edited: it has to be drawn anew."""
    return isinstance(error, BadRequest) and any(text in error.message.lower() for text in _GONE)


def no_style(error: TelegramError) -> bool:
    """The server does not take the look of a button."""
    return isinstance(error, BadRequest) and "style" in error.message.lower()


def doubtful(error: TelegramError) -> bool:
    """Nobody knows whether it was done: the answer was lost on the way."""
    return isinstance(error, NetworkError) and not isinstance(error, BadRequest | Unsent)


def trouble(error: TelegramError) -> Trouble:
    """The decision that the error comes to."""
    match error:
        case Flooded():
            return Temporary("Telegram asks for a pause in this chat", retry_after=error.seconds)
        case InvalidToken():
            return Permanent("Telegram does not know this bot: check TELEGRAM_BOT_TOKEN")
        case ChatMigrated():
            new = error.new_chat_id
            return Permanent(f"the group has become a supergroup: give the room the address {new} in outrider.toml")
        case Forbidden():
            return Permanent("the bot is not in this chat any more, or was blocked: add it again")
        case Conflict():
            return Temporary("another program asks Telegram for this bot's updates: let only one do it")
        case BadRequest():
            text = error.message.removeprefix("Bad Request: ")
            known = next((words for part, words in _PERSONS.items() if part in text.lower()), "")
            return Permanent(known or f"Telegram refused: {text[:200]}")
        case _:
            return Temporary("Telegram does not answer")
