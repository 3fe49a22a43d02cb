"""A Mattermost server in memory: people, channels, posts, what is set to go wrong, and what was done wrong.

Shapes, limits and error ids are those of the server's published source (github.com/mattermost/mattermost, versions 10
and 11).
"""

import copy
import hashlib
import itertools
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

NOT_FOUND = "app.post.get.app_error"
FORBIDDEN = "api.context.permissions.app_error"
TOKEN = "t0ken" + "b" * 21
TEAM = "team" + "0" * 22
MOST_TEXT = 16_383
MOST_PROPS = 800_000
PENDING = 30.0
"""Seconds that a `pending_post_id` is known."""


def id_of(name: str) -> str:
    """26 small letters and digits, the same for the same name."""
    return hashlib.sha256(name.encode()).hexdigest()[:26]


BOT, BOT_NAME = id_of("bot"), "outrider"
ROOM, OTHER = id_of("ops"), id_of("elsewhere")
ANA, BEN, STRANGER = id_of("ana"), id_of("ben"), id_of("mallory")


class Refused(Exception):
    """An error as the API words it."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass
class Post:
    """One message as the server keeps it: with the addresses of its buttons, which it shows to nobody."""

    id: str
    account: str
    channel: str
    message: str
    props: Json
    root: str = ""
    kind: str = ""
    at: float = 0.0
    edits: int = 0
    deleted: bool = False
    files: tuple[str, ...] = ()
    """Names."""

    @property
    def actions(self) -> list[Json]:
        return [one for part in self.props.get("attachments") or [] for one in part.get("actions") or []]

    def shown(self) -> Json:
        """As the API and the socket show it."""
        props = copy.deepcopy(self.props)
        for part in props.get("attachments") or []:
            for one in part.get("actions") or []:
                one.pop("integration", None)
        at = round(self.at * 1000)
        return {
            "id": self.id,
            "create_at": at,
            "update_at": at,
            "edit_at": at if self.edits else 0,
            "delete_at": at if self.deleted else 0,
            "user_id": self.account,
            "channel_id": self.channel,
            "root_id": self.root,
            "original_id": "",
            "message": self.message,
            "type": self.kind,
            "props": props,
            "file_ids": list(self.files),
            "pending_post_id": "",
        }


@dataclass
class World:
    """`faults` are used up one by one, by `METHOD path-head` such as `POST posts`: `lost` (done, then cut), `cut` (cut
    before), a status such as `500`, or `429:7` with its Retry-After.
    """

    now: Callable[[], float] = time.monotonic
    posts: dict[str, Post] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=lambda: {BOT: BOT_NAME, ANA: "ana", BEN: "ben", STRANGER: "mallory"})
    members: dict[str, set[str]] = field(
        default_factory=lambda: {ROOM: {BOT, ANA, BEN, STRANGER}, OTHER: {ANA, BEN}, id_of("dm"): {BOT, ANA}}
    )
    direct: frozenset[str] = frozenset({id_of("dm")})
    commands: dict[str, str] = field(default_factory=dict)
    """Trigger word -> its token."""
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    edit_limit: float = -1.0
    """`PostEditTimeLimit`, in seconds; -1 for none."""
    faults: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    calls: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    """What a well-behaved bot never does, one sentence each."""
    dead: bool = False
    """The server hangs up on everybody."""
    closed: float = 0.0
    """No call is taken before this: the rate limit of the token."""
    files: dict[str, str] = field(default_factory=dict)
    """Files that were sent and are in no post yet: id -> name."""
    takes_files: bool = True
    pending: dict[str, tuple[str, float]] = field(default_factory=dict)
    _count: "itertools.count[int]" = field(default_factory=itertools.count)

    def new_id(self) -> str:
        return id_of(f"made {next(self._count)}")

    def standing(self, channel: str = ROOM, root: str | None = None) -> list[Post]:
        """What can be seen there, oldest first; of all threads where none is named."""
        found = [one for one in self.posts.values() if one.channel == channel and not one.deleted]
        return [one for one in found if root is None or one.root == root]

    def delete(self, post: str) -> None:
        """As a person deletes it: the thread goes with its first post."""
        for one in self.posts.values():
            if post in (one.id, one.root):
                one.deleted = True

    def visible(self, post: str, account: str = BOT) -> Post:
        """The post, as somebody may see it."""
        found = self.posts.get(post)
        if found is None or found.deleted:
            raise Refused(404, NOT_FOUND)
        if account not in self.members[found.channel]:
            raise Refused(403, FORBIDDEN)
        return found


def error(refused: Refused) -> Json:
    """The body of a refusal."""
    return {
        "id": refused.code,
        "message": "Words for people.",
        "detailed_error": "",
        "request_id": id_of("request"),
        "status_code": refused.status,
    }


def event(name: str, data: Mapping[str, Any], number: int, channel: str = "") -> str:
    """As the socket says it."""
    place = {"omit_users": None, "user_id": "", "channel_id": channel, "team_id": "", "connection_id": ""}
    return json.dumps({"event": name, "data": data, "broadcast": place, "seq": number})
