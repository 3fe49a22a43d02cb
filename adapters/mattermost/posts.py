"""Posts that are made once.

Mattermost has two things against doubles. `pending_post_id` names a post for half a minute: the same one gives the
first post back. And a post keeps its `props`, in which its key stands: before a post is made that may stand there
already, the channel (or the thread) is read and the key looked for. For a card that is always so, because an earlier
life of the bot may have posted it; for what is said in a thread once in this life, and again after every answer that
was lost.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from adapters.mattermost.api import Api, Gone, Json, Lost, Withheld
from adapters.mattermost.render import Payload
from bot.view.document import Document

KEY = "outrider_key"
"""The property that holds a post's key."""
THREADS = 512
"""Threads whose keys are remembered; one that was forgotten is read again."""
PAGE = 200
PAGES = 5

Place = tuple[str, str]
"""Channel and the thread's first post; the latter is empty for the channel itself."""


class Posts:
    """Remembers what was posted where."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._seen: OrderedDict[Place, dict[str, str]] = OrderedDict()

    async def post(
        self, place: Place, payload: Payload, key: str, look: bool = False, document: Document | None = None
    ) -> str:
        """Post unless a post with that key stands there already. Returns its id. `look`: trust no memory."""
        seen = self._seen.get(place)
        if seen is None or look:
            seen = self._remember(place, await self._read(place))
        self._seen.move_to_end(place)
        if key not in seen:
            seen[key] = await self._make(place, payload, key, document)
        return seen[key]

    async def replace(self, post: str, payload: Payload, key: str) -> None:
        """Let the post show this; doing it twice does no harm. `Gone` where there is no such post any more."""
        body = {**payload, "props": {**payload["props"], KEY: key, "from_bot": "true"}}
        try:
            await self._api.call("PUT", f"posts/{post}/patch", body)
        except Withheld:
            # A post that never was, and one in a channel that the bot has left, are both forbidden to be edited.
            await self._api.call("GET", f"posts/{post}")
            raise

    async def _make(self, place: Place, payload: Payload, key: str, document: Document | None) -> str:
        """The file comes first: it is part of the post, so both stand there or neither."""
        channel, thread = place
        here = await self._api.here()
        digest = hashlib.sha256(f"{channel}/{thread}/{key}".encode()).hexdigest()[:40]
        body: Payload = {"channel_id": channel, "root_id": thread, "pending_post_id": f"{here.account}:{digest}"}
        body |= {**payload, "props": {**payload["props"], KEY: key}}
        if document is not None:
            body["file_ids"] = [await self._api.upload(channel, document)]
        try:
            made = await self._api.call("POST", "posts", body)
        except Lost:
            self._seen.pop(place, None)
            raise
        number = str(made.get("id", ""))
        if not thread:  # nothing stands yet below a post of this moment
            self._remember((channel, number), {})
        return number

    def _remember(self, place: Place, seen: dict[str, str]) -> dict[str, str]:
        self._seen[place] = seen
        while len(self._seen) > THREADS:
            self._seen.popitem(last=False)
        return seen

    async def _read(self, place: Place) -> dict[str, str]:
        """Key -> id of what the bot has posted there."""
        channel, thread = place
        mine = (await self._api.here()).account
        if not thread:
            page = await self._api.call("GET", f"channels/{channel}/posts?{urlencode({'per_page': PAGE})}")
            return _keyed(page, mine, "")
        found: dict[str, str] = {}
        asked: dict[str, Any] = {"perPage": PAGE, "direction": "down"}
        try:
            for _ in range(PAGES):
                page = await self._api.call("GET", f"posts/{thread}/thread?{urlencode(asked)}")
                found |= _keyed(page, mine, thread)
                last = _posts(page).get((page.get("order") or [""])[-1], {})
                if not page.get("has_next") or not last:
                    break
                asked |= {"fromPost": last["id"], "fromCreateAt": last["create_at"]}
        except Gone:
            return found
        return found


def _posts(page: Json) -> Mapping[str, Json]:
    found = page.get("posts")
    return found if isinstance(found, dict) else {}


def _keyed(page: Json, mine: str, thread: str) -> dict[str, str]:
    """Deleted ones do not stand there, nor do the earlier wordings that Mattermost keeps."""
    found = {}
    for one in _posts(page).values():
        key = (one.get("props") or {}).get(KEY)
        standing = not one.get("delete_at") and not one.get("original_id") and one.get("root_id", "") == thread
        if key and standing and one.get("user_id") == mine:
            found[str(key)] = str(one["id"])
    return found
