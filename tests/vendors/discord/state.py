"""What the stand-in knows: servers ("guilds"), channels, messages, interactions, and what was done wrong."""

import time
from collections import Counter, deque
from dataclasses import dataclass, field
from itertools import count
from typing import Any

Json = dict[str, Any]

EPOCH = 1_420_070_400
"""First second of 2015, from which ids count."""
TEXT_CHANNEL, PUBLIC_THREAD = 0, 11
V2 = 1 << 15
EPHEMERAL = 1 << 6
TEXT_DISPLAY, BUTTON = 10, 2


class Clock:
    """The machine's time, and as much ahead of it as a test wants."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        return time.time() + self.ahead

    def skip(self, seconds: float) -> None:
        self.ahead += seconds


@dataclass
class Channel:
    """`forbidden`: what the bot may not do there, of `view`, `send`, `threads` (begin them), `reply` (read the message
    history), `send below` (into its threads) and `attach`. A thread has the rights of its channel, but for `send`.
    """

    id: int
    name: str
    kind: int = TEXT_CHANNEL
    parent: int = 0
    archived: bool = False
    locked: bool = False
    forbidden: set[str] = field(default_factory=set)


@dataclass
class Message:
    id: int
    channel: int
    at: float
    payload: Json
    ephemeral: bool = False
    edits: int = 0
    deleted: bool = False
    files: dict[str, bytes] = field(default_factory=dict)
    """Name -> content of what was attached."""

    @property
    def text(self) -> str:
        """Everything that can be read on it."""
        parts = [self.payload.get("content") or ""]
        parts += [one["content"] for one in walk(self.payload.get("components") or []) if one["type"] == TEXT_DISPLAY]
        return "\n".join(part for part in parts if part)

    @property
    def buttons(self) -> dict[str, str]:
        """Label -> custom_id."""
        found = [one for one in walk(self.payload.get("components") or []) if one["type"] == BUTTON]
        return {one["label"]: one["custom_id"] for one in found}


@dataclass
class Interaction:
    """`answers` are what the person saw, `sent_at` when it was delivered and `acked_at` when it was answered first."""

    id: int
    token: str
    payload: Json
    at: float
    sent_at: float = 0.0
    acked_at: float = 0.0
    response: int = 0
    private: bool = False
    original: Message | None = None
    pending: bool = False
    answers: list[Message] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)


class World:
    """One server with one text channel, and one bot in it."""

    def __init__(self, token: str) -> None:
        self.clock = Clock()
        self.token = token
        self.application = 900_000_000_000_000_001
        self.bot = 900_000_000_000_000_002
        self.guild = 900_000_000_000_000_003
        self.channels: dict[int, Channel] = {}
        self.messages: dict[int, Message] = {}
        self.commands: list[Json] = []
        self.command_writes = 0
        self.vanishing = 0
        """Messages that somebody deletes in the moment in which the bot begins their thread."""
        self.invalid: deque[float] = deque()
        """When requests were answered with 401, 403 or 429."""
        self.most_invalid = 10_000
        """Of those in ten minutes; then the address is banned for a while."""
        self.largest_file = 10 * 1024 * 1024
        """Bytes of one attachment ("Uploading Files")."""
        self.interactions: dict[int, Interaction] = {}
        self.nonces: dict[str, tuple[float, int]] = {}
        self.old_edits = 5
        """Edits of messages older than an hour that are left."""
        self.requests: Counter[str] = Counter()
        """`POST /channels/messages` -> how often, whatever came of it."""
        self.refused: Counter[int] = Counter()
        """Error code -> how often it was answered."""
        self.violations: Counter[str] = Counter()
        """What a well-behaved bot never does -> how often it did."""
        self._serial = count(1)

    def snowflake(self, at: float | None = None) -> int:
        """A fresh id that says when it was made."""
        millis = int(((self.clock.now() if at is None else at) - EPOCH) * 1000)
        return (millis << 22) | (next(self._serial) & 0x3FFFFF)

    def channel(self, name: str) -> Channel:
        """A new text channel."""
        made = Channel(self.snowflake(), name)
        self.channels[made.id] = made
        return made

    def forbidden(self, channel: Channel) -> set[str]:
        """What the bot may not do there."""
        above = self.channels.get(channel.parent)
        if above is None:
            return channel.forbidden
        inherited = {"send" if one == "send below" else one for one in above.forbidden - {"send", "threads"}}
        return channel.forbidden | inherited

    def shown(self, channel: int) -> list[Message]:
        """What stands in a channel or thread, oldest first."""
        return [one for one in self.messages.values() if one.channel == channel and not one.deleted]


def walk(components: list[Json]) -> list[Json]:
    """The components and all inside them, accessories too."""
    found: list[Json] = []
    for one in components:
        found.append(one)
        found += walk(one.get("components") or [])
        found += walk([one["accessory"]] if one.get("accessory") else [])
    return found


def units(text: str) -> int:
    """Characters as the platform counts them: UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
