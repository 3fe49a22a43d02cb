"""Posts that are made once. Slack has no key against doubles, but it keeps metadata with a message.

Each post carries its key there. Before a post is made whose message may stand there already, the conversation (or the
thread) is read and the key looked for: for a card always, because a crash or another replica may have posted it, and
for what is said in a thread once in this life of the bot, and again after every answer that was lost. Only messages
of this bot count. Where the app lacks the right to read, posts are made without a look, and the log says so once.

A reply to a message that is gone comes to stand in the conversation itself; Slack says so by no error. So where there
is no such thread any more, what was said in it is looked for there.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from adapters.slack.api import Api, Gone, Identity, Lost, Withheld
from adapters.slack.render import Payload

log = structlog.get_logger("chat.slack")

EVENT = "outrider_post"
"""The metadata's type; anybody in the workspace can read it, so there is nothing in it but the key."""
THREADS = 512
"""Threads whose keys are remembered; one that was forgotten is read again."""
PAGE = 200
PAGES = 5

Place = tuple[str, str]
"""Channel and thread; the thread is empty for the conversation itself."""


def file_key(words: str) -> str:
    """What a file is known by: its name, or the words that it was posted with."""
    return f"file {words}"


class Posts:
    """Remembers what was posted where."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._seen: OrderedDict[Place, dict[str, str]] = OrderedDict()
        self._doubtful: set[Place] = set()
        """Where a file may stand that is not remembered, as its answer was lost."""
        self._blind: set[str] = set()
        """Channels that the app may not read: public, private and direct ones each need a right of their own."""

    async def standing(self, place: Place, key: str) -> str:
        """Timestamp of the message with that key, as it may say something older by now; empty where there is none.

        Looked for anew, whatever is remembered.
        """
        return (await self._keys(place, look=True)).get(key, "")

    async def post(self, place: Place, payload: Payload, key: str) -> str:
        """Post unless a message with that key stands there already. Returns the message's timestamp."""
        seen = await self._keys(place)
        if key not in seen:
            seen[key] = await self._make(place, payload, key)
        return seen[key]

    async def stands(self, place: Place, key: str) -> bool:
        """Whether a message with that key was posted there, as far as is remembered, or was read once."""
        return key in await self._keys(place)

    async def once(self, place: Place, names: tuple[str, ...], make: Callable[[], Awaitable[None]]) -> None:
        """Do what posts something that is known by these names, unless one of them stands there already."""
        seen = await self._keys(place, False)
        if any(name in seen for name in names):
            return
        try:
            await make()
        except Lost:
            self._doubtful.add(place)
            raise
        seen.update(dict.fromkeys(names, ""))

    async def _make(self, place: Place, payload: Payload, key: str) -> str:
        channel, thread = place
        try:
            answer = await self._api.call(
                "chat.postMessage",
                channel=channel,
                thread_ts=thread or None,
                unfurl_links=False,
                unfurl_media=False,
                metadata={"event_type": EVENT, "event_payload": {"key": key}},
                **payload,
            )
        except Lost:
            self._seen.pop(place, None)
            raise
        ts = str(answer["ts"])
        if not thread:  # nothing stands yet below a message of this moment
            self._remember((channel, ts), {})
        return ts

    async def _keys(self, place: Place, look: bool = False) -> dict[str, str]:
        seen = self._seen.get(place)
        if seen is None or look:
            seen = self._remember(place, await self._read(place))
        elif place in self._doubtful:
            seen.update(await self._read(place))
        self._doubtful.discard(place)
        self._seen.move_to_end(place)
        return seen

    def _remember(self, place: Place, seen: dict[str, str]) -> dict[str, str]:
        self._seen[place] = seen
        while len(self._seen) > THREADS:
            self._seen.popitem(last=False)
        return seen

    async def _read(self, place: Place) -> dict[str, str]:
        """Key -> timestamp of what this bot has posted there; empty where that cannot be read."""
        channel, thread = place
        if channel in self._blind:
            return {}
        found: dict[str, str] = {}
        method = "conversations.replies" if thread else "conversations.history"
        fields: dict[str, object] = {"channel": channel, "limit": PAGE, "include_all_metadata": True}
        fields |= {"ts": thread} if thread else {}
        try:
            me = await self._api.identity()
            for _ in range(PAGES if thread else 1):
                page = await self._api.call(method, **fields)
                found |= _posted(page, me)
                fields["cursor"] = (page.get("response_metadata") or {}).get("next_cursor") or None
                if fields["cursor"] is None:
                    break
        except Gone:
            return await self._read((channel, "")) if thread else found
        except Withheld as trouble:
            if "missing_scope" not in trouble.reason:
                raise
            self._blind.add(channel)
            log.warning("lost answers may post twice: the app may not read a room", room=channel, reason=trouble.reason)
        return found


def _posted(page: Mapping[str, Any], me: Identity) -> dict[str, str]:
    found = {}
    for message in page.get("messages") or ():
        metadata = message.get("metadata") or {}
        ours = message.get("bot_id") == me.bot or message.get("user") == me.account
        if ours and metadata.get("event_type") == EVENT and (key := (metadata.get("event_payload") or {}).get("key")):
            found[str(key)] = str(message["ts"])
        if ours and (files := message.get("files")):
            words = [str(message.get("text", "")), *(str(one.get("name", "")) for one in files)]
            found.update({file_key(one): str(message["ts"]) for one in words if one})
    return found
