"""The Web API's methods, each from fields to an answer. An error is raised as Slack's own code.

Codes are those of each method's page (docs.slack.dev/reference/methods). One trap of the live service is on no page: a
reply to a message that is gone is no error, it is posted into the channel, and only the answer's message, which names
no thread, tells (slack-go/slack#1571, langchain-ai/open-swe#2753).
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.vendors.slack.blocks import MOST_CHARACTERS, MOST_IN_VIEW, calls, characters, problems
from tests.vendors.slack.workspace import BOT, BOT_PERSON, TEAM, Json, Message, Workspace

NEEDED: Mapping[str, str] = {
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
}
VIEW = frozenset({"type", "blocks", "private_metadata", "callback_id", "external_id"})
READS = frozenset({"conversations.history", "conversations.replies"})
NO_JSON = READS | {"files.getUploadURLExternal"}
MOST_ON_PAGE = {"conversations.history": 999, "conversations.replies": 1000}
Field = str | int | float | bool


class SlackError(Exception):
    """`ok: false`, with more to say in `response_metadata.messages`."""

    def __init__(self, code: str, messages: list[str] | None = None, more: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.messages = messages or []
        self.more = more or {}


def answer(space: Workspace, method: str, fields: Json) -> dict[str, Any]:
    """What the method answers, without `ok`."""
    if method in space.errors:
        raise SlackError(space.errors[method])
    _scope(space, NEEDED.get(method, ""))
    known = METHODS.get(method)
    if known is None:
        raise SlackError("unknown_method")
    return known(space, fields)


def _scope(space: Workspace, needed: str) -> None:
    if needed and needed not in space.scopes:
        raise SlackError("missing_scope", more={"needed": needed, "provided": ",".join(sorted(space.scopes))})


def checked(space: Workspace, fields: Json, most_text: int) -> tuple[str, list[dict[str, Any]]]:
    """Text and blocks of something to be shown, or why they are refused."""
    text, blocks = fields.get("text") or "", fields.get("blocks") or []
    if not text and not blocks:
        raise SlackError("no_text")
    if not text:
        space.violations.append("blocks were sent without a text to fall back to")
    if len(text) > most_text:
        raise SlackError("msg_too_long")
    found = problems(blocks, space.plan, charts=space.charts)
    if found:
        raise SlackError("invalid_blocks", found)
    if characters(blocks) > MOST_CHARACTERS:
        raise SlackError("msg_blocks_too_long")
    mentioned = [text] if "<!" in text or "<@" in text else calls(blocks)
    space.violations += [f"somebody was mentioned: {one}" for one in mentioned]
    return text, blocks


def _room(space: Workspace, fields: Json, archived: str = "is_archived") -> str:
    """The channel; `archived` is the code where it is, empty where that does not matter."""
    channel = str(fields.get("channel") or "")
    member = BOT_PERSON in space.members.get(channel, ())
    if channel not in space.channels or (channel in space.private and not member):
        raise SlackError("channel_not_found")
    if not member:
        raise SlackError("not_in_channel")
    if archived and channel in space.archived:
        raise SlackError(archived)
    return channel


def _readable(space: Workspace, fields: Json) -> str:
    """The channel, where the app may read channels of its kind."""
    channel = _room(space, fields, archived="")
    kind = "im" if channel.startswith("D") else "groups" if channel in space.private else "channels"
    _scope(space, f"{kind}:history")
    return channel


def _thread(space: Workspace, channel: str, fields: Json) -> str:
    """Where the message comes to stand: silently in the channel itself where its parent is gone."""
    thread = str(fields.get("thread_ts") or "")
    parent = next((one for one in space.channels[channel] if one.ts == thread), None)
    if parent is None or (parent.deleted and not space.standing(channel, thread)):
        return ""
    if parent.thread:
        space.violations.append("thread_ts named a reply, not its parent")
    if thread in space.locked:
        raise SlackError("restricted_action_thread_locked")
    return thread


def _metadata(fields: Json) -> dict[str, Any]:
    given: dict[str, Any] = fields.get("metadata") or {}
    if not given:
        return {}
    kind, payload = given.get("event_type"), given.get("event_payload")
    if not isinstance(kind, str) or not isinstance(payload, dict):
        raise SlackError("invalid_metadata_format")
    if not (re.fullmatch(r"\w+", kind, re.ASCII) and all(map(_storable, payload.values()))):
        raise SlackError("invalid_metadata_schema")
    return dict(given)


def _storable(value: object, deep: bool = False) -> bool:
    """What a payload may hold: words, numbers, and flat objects of them."""
    if isinstance(value, list | dict) and not deep:
        return all(_storable(one, True) for one in (value.values() if isinstance(value, dict) else value))
    return isinstance(value, Field)


def post(space: Workspace, fields: Json) -> dict[str, Any]:
    channel = _room(space, fields)
    text, blocks = checked(space, fields, 40_000)
    if fields.get("unfurl_links") is not False or fields.get("unfurl_media") is not False:
        space.violations.append("a post may unfurl links")
    thread, metadata = _thread(space, channel, fields), _metadata(fields)
    message = space.add(Message(channel, space.next_ts(), BOT, text, blocks, thread, metadata))
    return {"channel": channel, "ts": message.ts, "message": message.shown(False)}


def update(space: Workspace, fields: Json) -> dict[str, Any]:
    channel = _room(space, fields, archived="is_inactive")
    message = space.find(channel, str(fields.get("ts") or ""))
    if message is None:
        raise SlackError("message_not_found")
    if message.bot != BOT:
        raise SlackError("cant_update_message")
    text, blocks = checked(space, fields, 4_000)
    if _rich(message.blocks) and blocks and not _rich(blocks):
        raise SlackError("block_mismatch")
    metadata = _metadata(fields) if "metadata" in fields else message.metadata
    message.text, message.blocks, message.metadata = text, blocks, metadata
    message.edits += 1
    return {"channel": channel, "ts": message.ts, "text": message.text}


def _rich(blocks: Sequence[Mapping[str, Any]]) -> bool:
    return any(one["type"] == "rich_text" for one in blocks)


def delete(space: Workspace, fields: Json) -> dict[str, Any]:
    channel, ts = _room(space, fields), str(fields.get("ts") or "")
    if space.find(channel, ts) is None:
        raise SlackError("message_not_found")
    space.delete(channel, ts)
    return {"channel": channel, "ts": ts}


def ephemeral(space: Workspace, fields: Json) -> dict[str, Any]:
    channel, person = _room(space, fields), str(fields.get("user") or "")
    if person not in space.members[channel]:
        raise SlackError("user_not_in_channel")
    text, blocks = checked(space, fields, 40_000)
    thread = str(fields.get("thread_ts") or "")
    if thread and thread not in space.spoken and not space.standing(channel, thread):
        space.violations.append("a private message went into a thread without replies: nobody is shown it")
        return {"message_ts": space.next_ts()}
    message = space.add(Message(channel, space.next_ts(), BOT, text, blocks, thread, to=person))
    return {"message_ts": message.ts}


def history(space: Workspace, fields: Json) -> dict[str, Any]:
    channel = _readable(space, fields)
    found = list(reversed(space.standing(channel)))
    return _page(found, fields, "conversations.history")


def replies(space: Workspace, fields: Json) -> dict[str, Any]:
    channel, ts = _readable(space, fields), str(fields.get("ts") or "")
    parent = next((one for one in space.channels[channel] if one.ts == ts), None)
    below = space.standing(channel, ts)
    if parent is None or (parent.deleted and not below):
        raise SlackError("thread_not_found")
    return _page([parent, *below], fields, "conversations.replies")


def _page(found: list[Message], fields: Json, method: str) -> dict[str, Any]:
    limit, begin = int(fields.get("limit") or 100), _begin(str(fields.get("cursor") or ""))
    if not 1 <= limit <= MOST_ON_PAGE[method]:
        raise SlackError("invalid_limit")
    metadata = str(fields.get("include_all_metadata") or "") in ("1", "true", "True")
    more = begin + limit < len(found)
    shown = [one.shown(metadata) for one in found[begin : begin + limit]]
    cursor = b64encode(f"next:{begin + limit}".encode()).decode() if more else ""
    return {"messages": shown, "has_more": more, "response_metadata": {"next_cursor": cursor}}


def _begin(cursor: str) -> int:
    """Where the page begins that a cursor names; what is in one is nobody's business."""
    try:
        return int(b64decode(cursor, validate=True).decode().removeprefix("next:")) if cursor else 0
    except ValueError:
        raise SlackError("invalid_cursor") from None


def publish(space: Workspace, fields: Json) -> dict[str, Any]:
    """A view is no message: 100 blocks, no plan in it, and shown only where the app has a Home."""
    person, view = str(fields.get("user_id") or ""), fields.get("view") or {}
    if not space.home_enabled:
        raise SlackError("not_enabled")
    if not any(person in members for members in space.members.values()):
        raise SlackError("user_not_found")
    blocks = view.get("blocks")
    found = [f"/{name} is not known" for name in sorted(set(view) - VIEW)]
    found += problems(blocks, plan=False, most=MOST_IN_VIEW, charts=False)
    if view.get("type") != "home" or not blocks or found:
        raise SlackError("invalid_arguments", found)
    if characters(blocks) > MOST_CHARACTERS:
        raise SlackError("view_too_large")
    space.homes[person] = view
    return {"view": view}


def who(space: Workspace, fields: Json) -> dict[str, Any]:
    return {"team_id": TEAM, "team": "Acme", "user_id": BOT_PERSON, "user": "outrider", "bot_id": BOT, "url": "/"}


MOST_ALT = 1000


def begin_upload(space: Workspace, fields: Json) -> dict[str, Any]:
    name, length, alt = str(fields.get("filename") or ""), fields.get("length"), str(fields.get("alt_txt") or "")
    if not name or not str(length or "").isdigit():
        raise SlackError("missing_argument")
    if int(str(length)) < 1:
        raise SlackError("invalid_arguments")
    if int(str(length)) > space.largest_file:
        raise SlackError("file_upload_size_restricted")
    if len(alt) > MOST_ALT:
        raise SlackError("alt_txt_too_large")
    ticket, upload = space.uploads.begin(name, int(str(length)), alt)
    return {"upload_url": f"{space.address}/upload/v1/{ticket}", "file_id": upload.file}


def complete_upload(space: Workspace, fields: Json) -> dict[str, Any]:
    given = fields.get("files") or []
    found = [(space.uploads.find(str(one.get("id"))), str(one.get("title") or "")) for one in given]
    ready = [(one, title) for one, title in found if one is not None and one.content is not None]
    if not given or len(ready) < len(found):
        raise SlackError("file_not_found")
    if any(one.done for one, _ in ready):
        space.violations.append("an upload was completed twice")
        raise SlackError("file_not_found")
    if not fields.get("channel_id"):
        space.violations.append("a file was left private")
        return {"files": []}
    channel = _room(space, {"channel": fields["channel_id"]})
    thread, text = _thread(space, channel, fields), str(fields.get("initial_comment") or "")
    if "<!" in text or "<@" in text:
        space.violations.append(f"somebody was mentioned: {text}")
    for one, _ in ready:
        one.done = True
    files = [one.shown(title or one.name) for one, title in ready]
    space.add(Message(channel, space.next_ts(), BOT, text, [], thread, files=files))
    return {"files": [{"id": one.file, "title": title} for one, title in ready]}


def gone(space: Workspace, fields: Json) -> dict[str, Any]:
    raise SlackError("method_deprecated")


METHODS: Mapping[str, Callable[[Workspace, Json], dict[str, Any]]] = {
    "auth.test": who,
    "chat.postMessage": post,
    "chat.update": update,
    "chat.delete": delete,
    "chat.postEphemeral": ephemeral,
    "conversations.history": history,
    "conversations.replies": replies,
    "views.publish": publish,
    "files.getUploadURLExternal": begin_upload,
    "files.completeUploadExternal": complete_upload,
    "files.upload": gone,
}
