"""The stand-in is as strict as Slack: what it would refuse or count is refused and counted."""

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.vendors.slack.blocks import calls, problems
from tests.vendors.slack.rates import Rates
from tests.vendors.slack.server import Server
from tests.vendors.slack.workspace import APP_TOKEN, BOT_PERSON, BOT_TOKEN, Workspace

ROOM = "C0OPS"
TEXT = {"type": "rich_text_section", "elements": [{"type": "text", "text": "hello"}]}
BUTTON = {"type": "button", "action_id": "a", "value": "v", "text": {"type": "plain_text", "text": "Go"}}
CARD = {"type": "task_card", "task_id": "1", "title": "t", "status": "complete"}


async def call(server: Server, method: str, token: str = BOT_TOKEN, **fields: Any) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(server.url + method, json=fields, headers=headers) as said,
    ):
        body: dict[str, Any] = await said.json()
        return body


async def read(server: Server, method: str, **fields: str) -> dict[str, Any]:
    """As methods that read want it: in the query."""
    headers = {"Authorization": f"Bearer {BOT_TOKEN}"}
    asked = {"channel": ROOM, "include_all_metadata": "true", **fields}
    async with (
        aiohttp.ClientSession() as session,
        session.get(server.url + method, params=asked, headers=headers) as said,
    ):
        body: dict[str, Any] = await said.json()
        return body


@pytest.mark.parametrize(
    "block",
    [
        {"type": "alert", "text": "?"},
        {"type": "header", "text": {"type": "mrkdwn", "text": "t"}},
        {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}},
        {"type": "header", "text": {"type": "plain_text", "text": ""}},
        {"type": "header", "text": {"type": "plain_text", "text": "t"}, "color": "red"},
        {"type": "section"},
        {"type": "section", "text": {"type": "mrkdwn", "text": "t"}, "accessory": BUTTON},
        {"type": "divider", "block_id": "x" * 256},
        {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}},
        {"type": "context", "elements": []},
        {"type": "context", "elements": [{"type": "plain_text", "text": "t"}] * 11},
        {"type": "actions", "elements": [{**BUTTON, "action_id": str(one)} for one in range(26)]},
        {"type": "actions", "elements": [BUTTON, BUTTON]},
        {"type": "actions", "elements": [{**BUTTON, "action_id": one, "style": "primary"} for one in "ab"]},
        {"type": "actions", "elements": [{**BUTTON, "action_id": "x" * 256}]},
        {"type": "actions", "elements": [{**BUTTON, "text": {"type": "plain_text", "text": "x" * 76}}]},
        {"type": "actions", "elements": [{**BUTTON, "text": {"type": "mrkdwn", "text": "Go"}}]},
        {"type": "actions", "elements": [{**BUTTON, "url": "https://x.test"}]},
        {"type": "actions", "elements": [{**BUTTON, "style": "green"}]},
        {"type": "actions", "elements": [{**BUTTON, "value": "x" * 2001}]},
        {"type": "rich_text", "elements": []},
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "user", "user_id": "U1"}]}],
        },
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": ""}]}]},
        {"type": "plan", "title": "t", "tasks": []},
        {"type": "plan", "title": "t", "tasks": [CARD, CARD]},
        {"type": "plan", "title": "t", "tasks": [{**CARD, "status": "completed"}]},
        {"type": "plan", "title": "t", "tasks": [{**CARD, "details": "words"}]},
        {"type": "plan", "title": "t", "tasks": [{**CARD, "details": {"type": "divider"}}]},
        {"type": "plan", "title": "t", "tasks": [{"type": "divider"}]},
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_section", "elements": [{"type": "text", "text": "t", "style": {"bold": 1}}]}
            ],
        },
    ],
)
def test_a_wrong_block_is_found(block: dict[str, Any]) -> None:
    assert problems([block]) != []


def test_right_blocks_are_taken_and_too_many_are_not() -> None:
    right = [{"type": "rich_text", "elements": [TEXT]}, {"type": "plan", "title": "t", "tasks": [CARD]}]
    assert problems(right) == []
    assert problems(right, plan=False) != []
    assert problems([*right, CARD]) != []
    assert problems(right[:1] * 51) != []
    assert problems([{"type": "divider", "block_id": "a"}] * 2) != []
    assert problems([right[1]] * 2) != []


def test_who_would_be_called_is_found_in_mrkdwn_alone() -> None:
    texts = [{"type": kind, "text": "<!here>"} for kind in ("mrkdwn", "plain_text")]
    assert calls([{"type": "context", "elements": texts}]) == ["<!here>"]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "channel_not_found"),
        ({"channel": "C0NONE", "text": "t"}, "channel_not_found"),
        ({"channel": ROOM}, "no_text"),
        ({"channel": ROOM, "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": ROOM, "text": "t", "blocks": [{"type": "?"}]}, "invalid_blocks"),
        ({"channel": "C0SECRET", "text": "t"}, "channel_not_found"),
        ({"channel": "C0OPEN", "text": "t"}, "not_in_channel"),
        ({"channel": "C0OLD", "text": "t"}, "is_archived"),
        ({"channel": ROOM, "text": "t", "metadata": {"event_type": "x"}}, "invalid_metadata_format"),
        (
            {"channel": ROOM, "text": "t", "metadata": {"event_type": "x-y", "event_payload": {}}},
            "invalid_metadata_schema",
        ),
        (
            {"channel": ROOM, "text": "t", "metadata": {"event_type": "x", "event_payload": {"a": {"b": {"c": 1}}}}},
            "invalid_metadata_schema",
        ),
        (
            {
                "channel": ROOM,
                "text": "t",
                "blocks": [
                    {
                        "type": "rich_text",
                        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x" * 4000}]}],
                    }
                ]
                * 4,
            },
            "msg_blocks_too_long",
        ),
    ],
)
async def test_a_wrong_post_is_refused(server: Server, fields: dict[str, Any], error: str) -> None:
    for name in ("C0SECRET", "C0OPEN", "C0OLD"):
        server.space.channels[name], server.space.members[name] = [], {BOT_PERSON} if name == "C0OLD" else set()
    server.space.private, server.space.archived = {"C0SECRET"}, {"C0OLD"}
    assert (await call(server, "chat.postMessage", **fields))["error"] == error
    assert server.space.standing(ROOM) == []


async def test_a_wrong_token_is_refused(server: Server) -> None:
    assert (await call(server, "auth.test", "xoxb-other"))["error"] == "invalid_auth"
    assert (await call(server, "apps.connections.open"))["error"] == "not_allowed_token_type"
    assert (await call(server, "auth.test", APP_TOKEN))["error"] == "not_allowed_token_type"
    assert (await call(server, "apps.connections.open", APP_TOKEN))["ok"]


async def test_an_edit_without_blocks_drops_them(server: Server, space: Workspace) -> None:
    blocks = [{"type": "rich_text", "elements": [TEXT]}]
    ts = (await call(server, "chat.postMessage", channel=ROOM, text="t", blocks=blocks))["ts"]
    await call(server, "chat.update", channel=ROOM, ts=ts, text="u")
    assert space.standing(ROOM)[0].blocks == []
    assert (await call(server, "chat.update", channel=ROOM, ts="1.1", text="u"))["error"] == "message_not_found"


async def test_what_is_posted_below_a_message_that_is_gone_comes_to_stand_in_the_channel(
    server: Server, space: Workspace
) -> None:
    """Without a word: only the answer's message, which names no thread, tells."""
    ts = (await call(server, "chat.postMessage", channel=ROOM, text="t"))["ts"]
    below = await call(server, "chat.postMessage", channel=ROOM, text="u", thread_ts=ts)
    assert below["message"]["thread_ts"] == ts
    await call(server, "chat.delete", channel=ROOM, ts=below["ts"])
    await call(server, "chat.delete", channel=ROOM, ts=ts)
    lost = await call(server, "chat.postMessage", channel=ROOM, text="v", thread_ts=ts)
    assert "thread_ts" not in lost["message"]
    assert [one.text for one in space.standing(ROOM)] == ["v"]


async def test_of_a_deleted_message_with_replies_a_tombstone_is_left(server: Server) -> None:
    metadata = {"event_type": "x", "event_payload": {"a": 1}}
    ts = (await call(server, "chat.postMessage", channel=ROOM, text="t", metadata=metadata))["ts"]
    await call(server, "chat.postMessage", channel=ROOM, text="u", thread_ts=ts)
    await call(server, "chat.delete", channel=ROOM, ts=ts)
    parent, reply = (await read(server, "conversations.replies", ts=ts))["messages"]
    assert (parent["subtype"], "metadata" in parent, "bot_id" in parent) == ("tombstone", False, False)
    assert reply["text"] == "u"


async def test_pages_have_a_most_and_cursors_are_opaque(server: Server) -> None:
    for text in "ab":
        await call(server, "chat.postMessage", channel=ROOM, text=text)
    first = await read(server, "conversations.history", limit="1")
    cursor = first["response_metadata"]["next_cursor"]
    assert (await read(server, "conversations.history", limit="1", cursor=cursor))["messages"][0]["text"] == "a"
    assert (await read(server, "conversations.history", limit="1000"))["error"] == "invalid_limit"
    assert (await read(server, "conversations.history", cursor="1"))["error"] == "invalid_cursor"


async def test_each_kind_of_channel_has_a_right_to_read_of_its_own(server: Server, space: Workspace) -> None:
    space.private, space.scopes = {ROOM}, space.scopes - {"groups:history"}
    refused = await read(server, "conversations.history")
    assert (refused["error"], refused["needed"]) == ("missing_scope", "groups:history")
    assert (await read(server, "conversations.history", channel="C0DEV"))["ok"]


async def test_an_edit_keeps_its_metadata_and_its_kind_of_blocks(server: Server, space: Workspace) -> None:
    blocks, metadata = [{"type": "rich_text", "elements": [TEXT]}], {"event_type": "x", "event_payload": {"a": 1}}
    ts = (await call(server, "chat.postMessage", channel=ROOM, text="t", blocks=blocks, metadata=metadata))["ts"]
    plain = [{"type": "divider"}]
    assert (await call(server, "chat.update", channel=ROOM, ts=ts, text="u", blocks=plain))["error"] == "block_mismatch"
    assert space.standing(ROOM)[0].text == "t"
    await call(server, "chat.update", channel=ROOM, ts=ts, text="u", blocks=blocks)
    assert space.standing(ROOM)[0].metadata == metadata
    await call(server, "chat.update", channel=ROOM, ts=ts, text="u", blocks=blocks, metadata={})
    assert space.standing(ROOM)[0].metadata == {}
    assert (await call(server, "chat.update", channel=ROOM, ts=ts, text="x" * 4001))["error"] == "msg_too_long"
    space.archived = {ROOM}
    assert (await call(server, "chat.update", channel=ROOM, ts=ts, text="v"))["error"] == "is_inactive"


async def test_nobody_is_shown_a_private_message_in_a_thread_without_replies(server: Server, space: Workspace) -> None:
    ts = (await call(server, "chat.postMessage", channel=ROOM, text="t"))["ts"]
    private: dict[str, Any] = {"channel": ROOM, "user": "U0ANA", "text": "p"}
    await call(server, "chat.postEphemeral", **private, thread_ts=ts)
    assert (space.hidden, len(space.violations)) == ([], 2)  # and the post above may unfurl links
    space.spoken.add(ts)
    await call(server, "chat.postEphemeral", **private, thread_ts=ts)
    assert len(space.hidden) == 1
    private["user"] = "U0EVE"
    assert (await call(server, "chat.postEphemeral", **private))["error"] == "user_not_in_channel"


async def test_methods_that_read_know_no_json(server: Server) -> None:
    assert (await call(server, "conversations.history", channel=ROOM))["error"] == "channel_not_found"
    fields: dict[str, Any] = {"filename": "a.json", "length": 1}
    assert (await call(server, "files.getUploadURLExternal", **fields))["error"] == "missing_argument"


async def test_too_many_posts_are_refused_and_counted(server: Server, space: Workspace) -> None:
    said = [await call(server, "chat.postMessage", channel=ROOM, text="t") for _ in range(7)]
    assert [one["ok"] for one in said] == [True] * 5 + [False] * 2
    assert any("too often" in one for one in space.violations)
    assert any("before Retry-After was over" in one for one in space.violations)


def test_a_tier_counts_a_minute() -> None:
    time = [0.0]
    rates = Rates(lambda: time[0])
    assert [rates.take("chat.update", ROOM) for _ in range(50)] == [None] * 50
    assert rates.take("chat.update", "C0DEV") == 60, "a tier is the whole workspace's"
    time[0] = 60.0
    assert rates.take("chat.update", ROOM) is None


async def test_a_response_url_takes_five(server: Server, space: Workspace) -> None:
    url = server.response_url(ROOM, "U0ANA")
    statuses = []
    async with aiohttp.ClientSession() as session:
        for _ in range(6):
            async with session.post(url, json={"text": "t", "replace_original": False}) as said:
                statuses.append(said.status)
    assert statuses == [200] * 5 + [404]
    assert len(space.hidden) == 5
    assert any("response_url" in one for one in space.violations)


async def test_acknowledgements_are_watched(server: Server, space: Workspace) -> None:
    """Too late, of an unknown envelope, and a ticket used twice: each is counted."""
    space.ack_deadline = 0.05
    url = (await call(server, "apps.connections.open", APP_TOKEN))["url"]
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        assert (await socket.receive_json())["type"] == "hello"
        async with asyncio.TaskGroup() as group:
            group.create_task(server.sockets.deliver("events_api", {}))
            answer = {"envelope_id": (await socket.receive_json())["envelope_id"], "payload": {"text": "t"}}
            await socket.send_json(answer)
        with pytest.raises(TimeoutError):
            await server.sockets.deliver("slash_commands", {})
        late = (await socket.receive_json())["envelope_id"]
        await socket.send_json({"envelope_id": late})
        await socket.send_json({"envelope_id": "e-unknown"})
        async with session.get(url.replace("ws://", "http://")) as again:
            assert again.status == 404
        async with asyncio.timeout(30):
            while len(space.violations) < 4:  # noqa: ASYNC110 - the server's state is what is polled
                await asyncio.sleep(0.005)
    assert sorted(space.violations) == [
        "a socket was opened with a used or unknown ticket",
        "an envelope was acknowledged twice, or too late",
        "an event was acknowledged with an answer, which Slack does not take",
        "an unknown envelope was acknowledged",
    ]
