"""A Slack workspace in memory: channels, messages, who is where, what is set to go wrong, and what was done wrong."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.vendors.slack.rates import Rates
from tests.vendors.slack.uploads import Uploads

BOT_TOKEN = "xoxb-1-2-botsecret"
APP_TOKEN = "xapp-1-A1-3-appsecret"
SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TEAM = "T0001"
BOT = "B0001"
BOT_PERSON = "U0BOT"
FIRST_TS = 1_763_700_000

Json = Mapping[str, Any]


@dataclass
class Message:
    """`to` is set for ephemeral ones: the only person that sees it."""

    channel: str
    ts: str
    bot: str
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    thread: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    to: str = ""
    edits: int = 0
    deleted: bool = False
    files: list[dict[str, Any]] = field(default_factory=list)
    """As the API shows them; `content` is what was uploaded."""

    def shown(self, metadata: bool) -> dict[str, Any]:
        """As the API returns it; of a deleted one that had replies nothing is left but its place."""
        found: dict[str, Any] = {"type": "message", "ts": self.ts, "text": self.text}
        if self.deleted:
            gone = {"subtype": "tombstone", "text": "This message was deleted.", "user": "USLACKBOT", "hidden": True}
            return {**found, **gone, "thread_ts": self.ts}
        found |= {"user": BOT_PERSON if self.bot == BOT else "U0OTHER"} | ({} if self.files else {"bot_id": self.bot})
        found |= {"blocks": self.blocks} if self.blocks else {}
        found |= {"thread_ts": self.thread} if self.thread else {}
        if self.files:
            shown = [{name: one for name, one in each.items() if name != "content"} for each in self.files]
            found |= {"files": shown, "upload": True}
        return found | ({"metadata": self.metadata} if metadata and self.metadata else {})

    def buttons(self) -> dict[str, dict[str, Any]]:
        """Label -> button."""
        elements = [one for block in self.blocks if block["type"] == "actions" for one in block["elements"]]
        return {one["text"]["text"]: one for one in elements}


@dataclass
class Workspace:
    """`faults` are used up one by one, by method: `lost` (done, then cut), `cut` (cut before), `html`, `plain`,
    a status such as `500`, or `429:7` with its Retry-After. `errors` stay: method -> Slack's error code.
    `private` and `archived` name channels; `spoken` the threads in which somebody has said something, `locked` those
    that an admin has closed.
    """

    now: Callable[[], float] = time.monotonic
    plan: bool = True
    charts: bool = True
    ack_deadline: float = 3.0
    scopes: set[str] = field(
        default_factory=lambda: {
            "chat:write",
            "commands",
            "app_mentions:read",
            "channels:history",
            "groups:history",
            "files:write",
        }
    )
    channels: dict[str, list[Message]] = field(default_factory=lambda: {"C0OPS": [], "C0DEV": []})
    members: dict[str, set[str]] = field(
        default_factory=lambda: {"C0OPS": {BOT_PERSON, "U0ANA", "U0BEN"}, "C0DEV": {BOT_PERSON, "U0ANA"}}
    )
    private: set[str] = field(default_factory=set)
    archived: set[str] = field(default_factory=set)
    spoken: set[str] = field(default_factory=set)
    locked: set[str] = field(default_factory=set)
    hidden: list[Message] = field(default_factory=list)
    home_enabled: bool = True
    homes: dict[str, Json] = field(default_factory=dict)
    largest_file: int = 1_000_000_000
    uploads: Uploads = field(default_factory=Uploads)
    address: str = ""
    """Where this server is, without a path."""
    faults: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    """What a well-behaved app never does, one sentence each."""
    _ts: int = 0

    def __post_init__(self) -> None:
        self.rates = Rates(self.now)

    def next_ts(self) -> str:
        """Unique in the workspace, growing."""
        self._ts += 1
        return f"{FIRST_TS + self._ts}.{self._ts:06}"

    def add(self, message: Message) -> Message:
        """Put it where it belongs."""
        (self.hidden if message.to else self.channels[message.channel]).append(message)
        return message

    def find(self, channel: str, ts: str) -> Message | None:
        """A message that stands, or None."""
        found = (one for one in self.channels.get(channel, ()) if one.ts == ts and not one.deleted)
        return next(found, None)

    def delete(self, channel: str, ts: str) -> None:
        """As a person deletes it."""
        message = self.find(channel, ts)
        assert message is not None, f"there is no message {ts} in {channel}"
        message.deleted = True

    def standing(self, channel: str, thread: str = "") -> list[Message]:
        """What can be seen there, oldest first."""
        return [one for one in self.channels[channel] if not one.deleted and one.thread == thread]
