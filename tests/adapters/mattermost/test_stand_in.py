"""The stand-in is as strict as the server: what a careless bot does is refused or counted."""

from typing import Any

import aiohttp
import pytest

from tests.vendors.mattermost.rules import problems, read
from tests.vendors.mattermost.server import MattermostServer, serving
from tests.vendors.mattermost.state import BOT, OTHER, ROOM, TOKEN, World, id_of

ACTION = {"id": "a1", "name": "Go", "type": "button", "integration": {"url": "https://b.test/x", "context": {}}}


async def asked(server: MattermostServer, method: str, path: str, token: str = TOKEN, **body: Any) -> tuple[int, str]:
    """Status, and the error's id or the post's."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{server.url}/api/v4/{path}", json=body or None, headers=headers) as answer,
    ):
        text = await answer.text()
        return answer.status, (await answer.json()).get("id", "") if text.startswith("{") else text


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({"channel_id": ROOM, "message": "x" * 16_384}, (400, "model.post.is_valid.message_length.app_error")),
        (
            {"channel_id": ROOM, "message": "", "props": {"a": "x" * 800_001}},
            (400, "model.post.is_valid.props.app_error"),
        ),
        ({"channel_id": OTHER, "message": "x"}, (403, "api.context.permissions.app_error")),
        ({"channel_id": "nowhere", "message": "x"}, (400, "api.context.invalid_param.app_error")),
        ({"channel_id": ROOM, "message": "x", "id": "y"}, (400, "app.post.save.existing.app_error")),
        ({"channel_id": ROOM, "message": "x", "root_id": id_of("y")}, (400, "api.post.create_post.root_id.app_error")),
    ],
)
async def test_a_wrong_post_is_refused(body: dict[str, Any], wanted: tuple[int, str]) -> None:
    async with serving() as server:
        assert await asked(server, "POST", "posts", **body) == wanted
        assert server.world.posts == {}


async def test_a_post_is_the_same_for_half_a_minute() -> None:
    now = [0.0]
    async with serving(World(now=lambda: now[0])) as server:
        body = {"channel_id": ROOM, "message": "x", "pending_post_id": "p"}
        first, again = await asked(server, "POST", "posts", **body), await asked(server, "POST", "posts", **body)
        now[0] = 31.0
        assert first == again != await asked(server, "POST", "posts", **body)
        assert len(server.world.posts) == 2


async def test_what_is_gone_forbidden_or_too_old_cannot_be_edited() -> None:
    now = [0.0]
    async with serving(World(now=lambda: now[0], edit_limit=10.0)) as server:
        _, mine = await asked(server, "POST", "posts", channel_id=ROOM, message="x")
        reply = (await asked(server, "POST", "posts", channel_id=ROOM, message="y", root_id=mine))[1]
        other = server.writes("of somebody else")
        assert (await asked(server, "PUT", f"posts/{other.id}/patch", message="z"))[0] == 403
        assert (await asked(server, "PUT", f"posts/{id_of('none')}/patch", message="z"))[0] == 403
        assert (await asked(server, "POST", "posts", channel_id=ROOM, message="y", root_id=reply))[0] == 400
        now[0] = 11.0
        assert "time_limit" in (await asked(server, "PUT", f"posts/{mine}/patch", message="z"))[1]
        server.world.delete(mine)
        assert "permissions_details" in (await asked(server, "PUT", f"posts/{mine}/patch", message="z"))[1]
        assert (await asked(server, "GET", f"posts/{mine}"))[0] == 404
        assert server.world.posts[reply].deleted, "the thread goes with its first post"


async def test_the_addresses_of_buttons_are_shown_to_nobody() -> None:
    async with serving() as server:
        props = {"attachments": [{"actions": [ACTION]}]}
        await asked(server, "POST", "posts", channel_id=ROOM, message="x", props=props)
        [post] = server.world.posts.values()
        assert "integration" in post.actions[0]
        assert "b.test" not in str(post.shown())


async def test_a_call_against_the_rate_limit_is_counted() -> None:
    now = [0.0]
    async with serving(World(now=lambda: now[0])) as server:
        server.world.faults["GET users"] = ["429:5"]
        assert (await asked(server, "GET", "users/me"))[0] == 429
        await asked(server, "GET", "users/me")
        assert len(server.world.violations) == 1
        now[0] = 5.0
        assert await asked(server, "GET", "users/me") == (200, BOT)
        assert len(server.world.violations) == 1


async def test_nobody_without_a_token_is_heard() -> None:
    async with serving() as server:
        assert (await asked(server, "GET", "users/me", token="x"))[0] == 401
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{server.url}/api/v4/websocket", headers={"Authorization": "Bearer x"}) as socket,
        ):
            assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": "a-1"}, "letters and digits"),
        ({"name": ""}, "needs a name"),
        ({"style": "red"}, "style"),
        ({"integration": {"url": "/x", "context": {}}}, "address"),
        ({"integration": {"url": "https://b.test"}}, "context"),
        ({"value": "x"}, "have no value"),
    ],
)
def test_a_wrong_button_is_found(change: dict[str, Any], said: str) -> None:
    def found(action: dict[str, Any]) -> list[str]:
        return list(problems({"message": "", "props": {"attachments": [{"actions": [action]}]}}))

    assert found(ACTION) == []
    assert any(said in one for one in found({**ACTION, **change}))


@pytest.mark.parametrize(
    ("message", "meant"),
    [
        ("@all", "a mention"),
        ("see #now", "a hashtag"),
        ("~town", "a channel"),
        (":tada:", "an emoji's name"),
        ("https://x.test", "an address"),
        ("[x](y)", "a link"),
        ("`x`", "code"),
        ("a *b* c", "slanted or struck text"),
        ("a | b", "a table"),
        ("<b>", "HTML"),
        ("> x", "a heading, list or quote"),
        ("a **b", "bold text that does not end"),
        ("# x", "a heading, list or quote"),
        ("1. x", "a heading, list or quote"),
        ("```\nx", "a block that does not end"),
    ],
)
def test_what_words_would_be_made_into_is_seen(message: str, meant: str) -> None:
    assert meant in read(message)[1]


def test_what_people_read_of_it() -> None:
    assert read("✅ **gates** \\*4\\* passed\n```text\n@all\n```") == ("✅ gates *4* passed\n\n@all\n", [])
