"""The stand-in is as strict as the real one: what it must refuse, it refuses, and it counts what is wrong."""

from typing import Any

import aiohttp
import pytest

from tests.vendors.discord.buckets import Buckets
from tests.vendors.discord.menu import command_problems, filled
from tests.vendors.discord.rules import message_problems
from tests.vendors.discord.server import DiscordServer
from tests.vendors.discord.state import PUBLIC_THREAD, V2, Channel, Json

POST = {"content": "hello", "allowed_mentions": {"parse": []}, "nonce": "n", "enforce_nonce": True}
BUTTON = {"type": 2, "style": 1, "label": "Go", "custom_id": "go"}


def v2(*components: Json) -> Json:
    return {"flags": V2, "components": list(components)}


def text(content: str = "a") -> Json:
    return {"type": 10, "content": content}


def row(*buttons: Json) -> Json:
    return {"type": 1, "components": list(buttons)}


@pytest.mark.parametrize(
    "payload",
    [
        {"content": "x" * 2001},
        {"content": "🟢" * 1001},
        {"content": "x", "nonce": "n" * 26},
        {"content": "x", "colour": 1},
        {"content": "x", "components": [row(BUTTON)]},
        {"content": "x", "flags": 1 << 3},
        {**v2(text()), "content": "x"},
        v2(),
        v2(*(text() for _ in range(41))),
        v2(text("x" * 2001), text("x" * 2000)),
        v2(text(" ")),
        v2({"type": 17, "components": []}),
        v2({"type": 17, "components": [{"type": 17, "components": [text()]}]}),
        v2({"type": 9, "components": [text()], "accessory": {}}),
        v2({"type": 9, "components": [text()] * 4, "accessory": BUTTON}),
        v2(row()),
        v2(row(*({**BUTTON, "custom_id": str(n)} for n in range(6)))),
        v2(row(BUTTON, BUTTON)),
        v2(row({**BUTTON, "label": "x" * 81})),
        v2(row({**BUTTON, "custom_id": "x" * 101})),
        v2(row({**BUTTON, "style": 5})),
        v2({"type": 99}),
    ],
)
def test_a_message_that_discord_does_not_take(payload: Json) -> None:
    assert message_problems(payload) != []


def test_a_message_that_it_takes() -> None:
    section = {"type": 9, "components": [text()], "accessory": {**BUTTON, "custom_id": "other"}}
    assert message_problems(v2({"type": 17, "components": [text("x" * 3999), section, row(BUTTON)]})) == []
    assert message_problems({"content": "x" * 2000, "flags": 4}) == []


OPTION = {"name": "env", "type": 3, "description": "An environment"}


def command(**changes: Any) -> Json:
    return {"name": "deploy", "type": 1, "description": "d", "options": [OPTION], **changes}


@pytest.mark.parametrize(
    "commands",
    [
        [command(name="Deploy")],
        [command(name="a b")],
        [command(description="")],
        [command(description="d" * 101)],
        [command(), command()],
        [command(name=f"c{n}") for n in range(101)],
        [command(options=[OPTION, {**OPTION, "name": "b", "required": True}])],
        [command(options=[{**OPTION, "choices": [{"name": str(n), "value": str(n)} for n in range(26)]}])],
        [command(options=[{**OPTION, "choices": [{"name": "a", "value": "a"}], "autocomplete": True}])],
        [command(options=[{**OPTION, "choices": [{"name": "a", "value": "a"}, {"name": "a", "value": "b"}]}])],
        [command(options=[{**OPTION, "choices": [{"name": "a", "value": "x" * 101}]}])],
        [command(options=[OPTION, OPTION])],
        [command(options=[{**OPTION, "max_length": 6001}])],
    ],
)
def test_commands_that_discord_does_not_take(commands: list[Json]) -> None:
    assert command_problems(commands) != []


@pytest.mark.parametrize("words", [{}, {"env": "other"}, {"env": "canary", "x": "y"}])
def test_a_person_cannot_send_what_the_options_do_not_allow(words: dict[str, str]) -> None:
    option = {**OPTION, "required": True, "choices": [{"name": "canary", "value": "canary"}]}
    with pytest.raises(ValueError, match=r"missing|none of"):
        filled(command(options=[option]), words)


async def test_a_rate_limit_says_when_it_ends_and_counts_who_does_not_care(server: DiscordServer) -> None:
    async with aiohttp.ClientSession(headers={"Authorization": "Bot stand-in-bot-token"}) as web:
        statuses: list[int] = []
        waits: list[str] = []
        for number in range(6):
            async with web.post(
                f"{server.base_url}/channels/{server.room.id}/messages", json={**POST, "nonce": str(number)}
            ) as answer:
                statuses.append(answer.status)
                waits += answer.headers.getall("Retry-After", [])
                assert answer.status == 200 or "Via" in answer.headers
    assert statuses == [200] * 5 + [429]
    assert [float(wait) > 0 for wait in waits] == [True]
    assert server.world.violations.pop("went over a rate limit") == 1


def test_all_routes_together_have_a_limit_too() -> None:
    buckets = Buckets(lambda: 0.0, per=1000)
    taken = [buckets.take(f"route {n}") for n in range(51)]
    assert [one.allowed for one in taken] == [True] * 50 + [False]
    assert taken[-1].shared
    assert buckets.take("interactions", everything=False).allowed


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "channels/{room}/messages", {"content": ""}, 400, 50006),
        ("POST", "channels/{room}/messages", {"content": "x" * 2001}, 400, 50035),
        ("POST", "channels/1/messages", POST, 404, 10003),
        ("PATCH", "channels/{room}/messages/1", POST, 404, 10008),
        ("DELETE", "channels/{room}/messages/1", None, 404, 10008),
        ("POST", "interactions/1/nothing/callback", {"type": 5}, 404, 10062),
        ("PATCH", "webhooks/1/nothing/messages/@original", POST, 404, 10015),
        ("GET", "applications/1/guilds/1/commands", None, 403, 50001),
    ],
)
async def test_what_is_unknown_or_wrong_has_its_code(
    server: DiscordServer, method: str, path: str, body: Json | None, status: int, code: int
) -> None:
    url = f"{server.base_url}/{path.format(room=server.room.id)}"
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bot {server.world.token}"}) as web,
        web.request(method, url, json=body) as answer,
    ):
        assert answer.status == status
        assert (await answer.json())["code"] == code
    server.world.violations.clear()


async def test_ten_thousand_invalid_requests_are_a_ban(server: DiscordServer) -> None:
    server.world.most_invalid = 2
    url = f"{server.base_url}/users/@me"
    async with aiohttp.ClientSession() as web:
        for status, kind in ((401, "application/json"), (401, "application/json"), (429, "text/plain")):
            async with web.get(url) as answer:
                assert (answer.status, answer.content_type, "Via" in answer.headers) == (status, kind, False)
        server.world.clock.skip(601)
        async with web.get(url) as answer:
            assert answer.status == 401
    assert server.world.violations.pop("was banned for invalid requests") == 1


async def test_a_thread_has_the_rights_of_its_channel(server: DiscordServer) -> None:
    room = server.room
    below = Channel(5, "below", PUBLIC_THREAD, room.id)
    server.world.channels[5] = below
    room.forbidden = {"send", "threads", "attach"}
    assert server.world.forbidden(below) == {"attach"}, "the channel's own right to send says nothing of its threads"
    room.forbidden = {"send below", "view"}
    assert server.world.forbidden(below) == {"send", "view"}


@pytest.mark.parametrize(("reference", "forbidden", "code"), [("1", False, 50035), ("room", True, 160002)])
async def test_an_answer_is_to_a_message_there_and_needs_a_right(
    server: DiscordServer, reference: str, forbidden: bool, code: int
) -> None:
    url = f"{server.base_url}/channels/{server.room.id}/messages"
    async with aiohttp.ClientSession(headers={"Authorization": f"Bot {server.world.token}"}) as web:
        async with web.post(url, json=POST) as answer:
            first = (await answer.json())["id"]
        server.room.forbidden = {"reply"} if forbidden else set()
        to = {"message_id": first if reference == "room" else reference}
        async with web.post(url, json={**POST, "nonce": "m", "message_reference": to}) as answer:
            assert (await answer.json())["code"] == code


async def test_without_the_token_nothing_is_answered(server: DiscordServer) -> None:
    async with aiohttp.ClientSession() as web, web.get(f"{server.base_url}/users/@me") as answer:
        assert answer.status == 401


async def test_open_mentions_and_posts_without_a_nonce_are_counted(server: DiscordServer) -> None:
    url = f"{server.base_url}/channels/{server.room.id}/messages"
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bot {server.world.token}"}) as web,
        web.post(url, json={"content": "@everyone"}) as answer,
    ):
        assert answer.status == 200
    assert dict(server.world.violations) == {"left mentions open": 1, "posted without a nonce": 1}
    server.world.violations.clear()
