"""How to reach Slack. Filled by `bot.settings`; tokens stay out of every `repr`."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Settings:
    """Socket Mode where `app_token` is set, else webhooks checked with `signing_secret`. Times are in seconds."""

    bot_token: str = field(repr=False)
    app_token: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    base_url: str = "https://slack.com/api/"
    proxy: str = field(default="", repr=False)
    """Empty: none, whatever the process's environment says."""
    ca_file: str = ""
    """A file of further certificates to trust, in PEM form."""
    timeout: float = 15.0
    """For one call, connection included."""
    ping: float = 10.0
    """Between two pings of the socket; four unanswered ones mean that it is dead."""
    deaf: float = 60.0
    """Without a connection that long, everything about the socket is made anew."""
    probe: float = 5.0
    """For the answer to a probe of the link."""
    grace: float = 5.0
    """What was acknowledged gets that long to be done when the bot stops."""
