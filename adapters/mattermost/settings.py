"""How to reach Mattermost, and how Mattermost reaches the bot. Secrets stay out of every `repr`."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Settings:
    """`url` is the site's address, `callback_url` the bot's own. Times are in seconds."""

    url: str
    bot_token: str = field(repr=False)
    callback_url: str = ""
    command_tokens: tuple[str, ...] = field(default=(), repr=False)
    """One for each slash command; without any none is taken, and people mention the bot."""
    proxy: str = field(default="", repr=False)
    """Empty: none, whatever the process's environment says."""
    certificates: str = ""
    """A file of further certificates to trust, in PEM form."""
    timeout: float = 15.0
    """For one call, connection included."""
    ping: float = 30.0
    """Between two questions to the socket, and for the answer to one: Mattermost's own client takes as long."""
    probe: float = 5.0
    """For the answer to a probe of the link."""
    patience: float = 1.5
    """A command or a press is answered in place where the intake is done by then, and behind it where not."""
    grace: float = 5.0
    """What was acknowledged gets that long to be done when the bot stops."""
