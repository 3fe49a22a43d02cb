"""The terminal, as the bot gets to know of it. The command line opens it: it is where the bot was started."""

from bot.ports.platform import ChatPlatform, Form

_ANY = Form(r"[^\r\n]+", "is no name for the terminal", "Write a word.")

PLATFORM = ChatPlatform(name="console", account=_ANY, address=_ANY)
