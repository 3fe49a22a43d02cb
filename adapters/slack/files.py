"""Files below a card. Slack takes one in three calls: an address is asked for, the bytes are sent there, and the upload
is completed, which posts it (docs.slack.dev, "Working with files"). Only the last call can be seen by people; it may be
made once for an upload, so whatever goes wrong before it is begun anew from the first, and what was never completed is
thrown away by Slack itself.

A file carries no metadata of ours. Before one is posted that may stand there already it is looked for by its name and
by the words posted with it.
"""

import json

from adapters.slack.api import Api
from adapters.slack.posts import Place, Posts, file_key
from adapters.slack.rich import cut, escaped
from bot.view.document import Document

ALT = 1000
"""Characters of the words for whoever cannot see a picture."""


class Files:
    """Posts each file once."""

    def __init__(self, api: Api, posts: Posts) -> None:
        self._api = api
        self._posts = posts

    async def share(self, place: Place, document: Document) -> None:
        """Post the file unless it stands there. Raises `Permanent` where this workspace or app may not."""
        words = escaped(cut(document.alt, ALT))
        await self._posts.once(
            place, (file_key(document.name), file_key(words)), lambda: self._shared(place, document, words)
        )

    async def _shared(self, place: Place, document: Document, words: str) -> None:
        channel, thread = place
        begun = await self._api.call(
            "files.getUploadURLExternal",
            filename=document.name,
            length=len(document.content),
            alt_txt=cut(document.alt, ALT) if document.image else None,
        )
        await self._api.upload(str(begun["upload_url"]), document.content)
        await self._api.call(
            "files.completeUploadExternal",
            files=json.dumps([{"id": begun["file_id"], "title": document.name}]),
            channel_id=channel,
            thread_ts=thread or None,
            initial_comment=words,
        )
