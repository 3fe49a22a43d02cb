"""The stand-in is as strict as Slack: what it would refuse or count is refused and counted."""

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.vendors.slack.blocks import problems
from tests.vendors.slack.rates import Rates
from tests.vendors.slack.server import Server
from tests.vendors.slack.workspace import APP_TOKEN, BOT_TOKEN, Workspace

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


@pytest.mark.parametrize(
    "block",
    [
        {"type": "alert", "text": "?"},
        {"type": "header", "text": {"type": "mrkdwn", "text": "t"}},
        {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}},
        {"type": "header", "text": {"type": "plain_text", "text": ""}},
        {"type": "header", "text": {"type": "plain_text", "text": "t"}, "color": "red"},
        {"type": "section"},
        {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}},
        {"type": "context", "elements": []},
        {"type": "context", "elements": [{"type": "plain_text", "text": "t"}] * 11},
        {"type": "actions", "elements": [{**BUTTON, "action_id": str(one)} for one in range(26)]},
        {"type": "actions", "elements": [BUTTON, BUTTON]},
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


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "channel_not_found"),
        ({"channel": "C0NONE", "text": "t"}, "channel_not_found"),
        ({"channel": ROOM}, "no_text"),
        ({"channel": ROOM, "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": ROOM, "text": "t", "blocks": [{"type": "?"}]}, "invalid_blocks"),
        ({"channel": ROOM, "text": "t", "thread_ts": "1.1"}, "thread_not_found"),
        ({"channel": ROOM, "text": "t", "metadata": {"event_type": "x"}}, "invalid_metadata_format"),
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
    assert (await call(server, "chat.postMessage", **fields))["error"] == error
    assert server.space.standing(ROOM) == []


async def test_a_wrong_token_is_refused(server: Server) -> None:
    assert (await call(server, "auth.test", "xoxb-other"))["error"] == "invalid_auth"
    assert (await call(server, "apps.connections.open"))["error"] == "invalid_auth"
    assert (await call(server, "apps.connections.open", APP_TOKEN))["ok"]


async def test_an_edit_without_blocks_drops_them(server: Server, space: Workspace) -> None:
    blocks = [{"type": "rich_text", "elements": [TEXT]}]
    ts = (await call(server, "chat.postMessage", channel=ROOM, text="t", blocks=blocks))["ts"]
    await call(server, "chat.update", channel=ROOM, ts=ts, text="u")
    assert space.standing(ROOM)[0].blocks == []
    assert (await call(server, "chat.update", channel=ROOM, ts="1.1", text="u"))["error"] == "message_not_found"


async def test_methods_that_read_know_no_json(server: Server) -> None:
    assert (await call(server, "conversations.history", channel=ROOM))["error"] == "channel_not_found"


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
        with pytest.raises(TimeoutError):
            await server.sockets.deliver("slash_commands", {})
        late = (await socket.receive_json())["envelope_id"]
        await socket.send_json({"envelope_id": late})
        await socket.send_json({"envelope_id": "e-unknown"})
        async with session.get(url.replace("ws://", "http://")) as again:
            assert again.status == 404
        async with asyncio.timeout(5):
            while len(space.violations) < 3:  # noqa: ASYNC110 - the server's state is what is polled
                await asyncio.sleep(0.005)
    assert sorted(space.violations) == [
        "a socket was opened with a used or unknown ticket",
        "an envelope was acknowledged twice, or too late",
        "an unknown envelope was acknowledged",
    ]
