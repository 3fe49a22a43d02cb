"""What the Telegram adapter needs to know. Filled by whoever puts the bot together."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Settings:
    """`base_url`: where the Bot API is, without the token."""

    base_url: str
    bot_token: str = field(repr=False)
    webhook_secret: str = field(default="", repr=False)
    """1 to 256 of A-Z a-z 0-9 _ -. Set: updates come by webhook. Empty: the bot polls."""
    webhook_url: str = ""
    """Public address of the webhook. Empty: a person has registered it, see the README."""
    rooms: tuple[str, ...] = ()
    """Addresses of the rooms told here: `-1001234567890`, or `-1001234567890/7` for one topic of a forum."""
    button_style: bool = True
    """Colour the buttons. A server that refuses is not asked for it again."""
    poll: int = 25
    """Seconds that Telegram holds a request for updates while there are none."""
    late: float = 10.0
    """Seconds that an answer may be on its way before the link counts as deaf."""
    proxy: str = field(default="", repr=False)
    """May hold a password."""
    certificates: str = ""
    """A file of further certificates to trust, in PEM form."""
