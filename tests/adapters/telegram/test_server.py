"""The stand-in is strict: what Telegram would refuse it refuses, and what a bot must not do it counts."""

import json
import struct
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ClientSession, FormData

from tests.fakes.world import VirtualClock
from tests.vendors.telegram.bounds import Bounds
from tests.vendors.telegram.markup import MarkupError, parse
from tests.vendors.telegram.server import BOT, NAME, TOKEN, Chat, Message, TelegramServer

Answer = tuple[int, str]
LONG_BUTTON = json.dumps({"inline_keyboard": [[{"text": "a", "callback_data": "é" * 33}]]})


async def call(server: TelegramServer, method: str, fields: Mapping[str, str], token: str = TOKEN) -> Answer:
    async with ClientSession() as session, session.post(f"{server.url}/bot{token}/{method}", data=fields) as answer:
        body = await answer.json()
        return answer.status, body.get("description", "")


@pytest.mark.parametrize(
    "source",
    [
        "<b>x",
        "x</b>",
        "<b><i>x</b></i>",
        "<x>y</x>",
        "a < b",
        "<script>1</script>",
        "<span>x</span>",
        "<a href='x'>y</a>",
    ],
)
def test_bad_markup_is_refused(source: str) -> None:
    with pytest.raises(MarkupError):
        parse(source)


def test_good_markup_is_read() -> None:
    read = parse("<b>a &lt; b</b> <code>@c /d</code>")
    assert read.text == "a < b @c /d"
    assert read.touchable == []
    assert parse("@ana a@b /help a/b //c").touchable == ["@ana", "@b", "/help"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": " "}, "message text is empty"),
        ({"text": "😀" * 2049}, "message is too long"),
        ({"text": "<b>", "parse_mode": "HTML"}, "can't parse entities"),
        ({"text": "x", "reply_markup": '{"inline_keyboard": [[{"text": "a"}]]}'}, "BUTTON_DATA_INVALID"),
        (
            {
                "text": "x",
                "reply_markup": '{"inline_keyboard": [[{"text": "a", "callback_data": "' + "é" * 33 + '"}]]}',
            },
            "BUTTON_DATA_INVALID",
        ),
        ({"text": "x", "reply_parameters": '{"message_id": 77}'}, "message to be replied not found"),
    ],
)
async def test_what_telegram_refuses(
    server: TelegramServer, group: Chat, fields: Mapping[str, str], words: str
) -> None:
    status, description = await call(server, "sendMessage", {"chat_id": str(group.number), **fields})
    assert status == 400
    assert words in description
    assert server.violations.total() == 1


def test_entities_are_read_as_the_server_reads_them() -> None:
    assert parse("&lt;&#65;&#x42;&quot; &nbsp;&copy &amp").text == '<AB" &nbsp;&copy &'
    assert parse("<b>x <code>y</code></b>").dropped == 1, "nothing is styled within fixed width, or about it"
    assert parse("<b>x</b> <code>y</code>").dropped == 0


@pytest.mark.parametrize(
    ("thread", "words"),
    [("7", ""), ("8", "message thread not found"), ("1", "message thread not found"), ("9", "TOPIC_CLOSED")],
)
async def test_a_topic_must_be_there_and_open(server: TelegramServer, thread: str, words: str) -> None:
    forum = server.chat(-100600, topics=(1, 7, 9))
    forum.closed = {9}
    fields = {"chat_id": str(forum.number), "text": "x", "message_thread_id": thread}
    assert words in (await call(server, "sendMessage", fields))[1]
    assert len(forum.shown()) == (words == "")


async def test_a_plain_group_has_no_topics(server: TelegramServer, group: Chat) -> None:
    fields = {"chat_id": str(group.number), "text": "x", "message_thread_id": "7"}
    assert await call(server, "sendMessage", fields) == (400, "Bad Request: message thread not found")


@pytest.mark.parametrize(
    ("url", "secret", "status"),
    [
        ("https://bot.example/hook", "a-_Z9", 200),
        ("https://bot.example:8443/hook", "", 200),
        ("http://bot.example/hook", "", 400),
        ("https://bot.example:9000/hook", "", 400),
        ("https://bot.example/hook", "a.b", 400),
        ("https://bot.example/hook", "a" * 257, 400),
    ],
)
async def test_a_webhook_has_an_address_and_a_secret_that_telegram_takes(
    server: TelegramServer, url: str, secret: str, status: int
) -> None:
    assert (await call(server, "setWebhook", {"url": url, "secret_token": secret}))[0] == status
    assert server.inbox.url == (url if status == 200 else "")


async def test_the_kinds_of_updates_stay_as_they_were_asked_for(server: TelegramServer, group: Chat) -> None:
    await call(server, "getUpdates", {"allowed_updates": '["callback_query"]'})
    server.type(group, "/status")
    assert server.inbox.waiting == []
    await call(server, "setWebhook", {"url": "https://bot.example/hook"})
    assert server.inbox.allowed == ["callback_query"]


async def test_updates_wait_for_a_day(server: TelegramServer, group: Chat, clock: VirtualClock) -> None:
    server.type(group, "/status")
    await clock.sleep(timedelta(hours=25))
    server.type(group, "/help")
    await call(server, "getUpdates", {})
    assert [one["message"]["text"] for one in server.inbox.waiting] == ["/help"]


@pytest.mark.parametrize(
    ("text", "more", "seen"),
    [
        ("/status", {}, True),
        (f"/status@{NAME}", {}, True),
        ("/status@another_bot", {}, False),
        (f"@{NAME} status", {}, False),
        ("good morning", {}, False),
        ("approve", {"reply_to_message": {"from": {"id": BOT}}}, True),
    ],
)
def test_a_bot_is_shown_little_of_a_group(
    server: TelegramServer, group: Chat, text: str, more: dict[str, Any], seen: bool
) -> None:
    server.type(group, text, **more)
    assert bool(server.inbox.waiting) is seen


async def test_photos_have_bounds(server: TelegramServer, group: Chat) -> None:
    for wide, high, words in ((800, 400, ""), (8000, 2001, "DIMENSIONS"), (2100, 100, "DIMENSIONS")):
        server.bounds.calls.clear()
        form = FormData({"chat_id": str(group.number)})
        form.add_field("photo", b"\x89PNG\r\n\x1a\n" + bytes(8) + struct.pack(">II", wide, high), filename="a.png")
        url = f"{server.url}/bot{TOKEN}/sendPhoto"
        async with ClientSession() as session, session.post(url, data=form) as answer:
            assert words in (await answer.json()).get("description", "")


async def test_edits_are_for_messages_that_are_the_bots(server: TelegramServer, group: Chat) -> None:
    group.messages[3] = Message(3, 11, parse("mine"))
    group.messages[4] = Message(4, BOT, parse("same"))
    expected = {2: "message to edit not found", 3: "message can't be edited", 4: "message is not modified"}
    for number, words in expected.items():
        server.bounds.calls.clear()
        fields = {"chat_id": str(group.number), "message_id": str(number), "text": "same"}
        status, description = await call(server, "editMessageText", fields)
        assert status == 400
        assert words in description


async def test_a_hurry_is_counted_and_closes_the_chat(server: TelegramServer, group: Chat, clock: VirtualClock) -> None:
    fields = {"chat_id": str(group.number), "text": "x"}
    assert [(await call(server, "sendMessage", fields))[0] for _ in range(3)] == [200, 429, 429]
    assert server.violations == {"more than one a second in a chat": 1, "called while closed": 1}


async def test_the_twenty_first_call_of_a_minute_is_refused(clock: VirtualClock) -> None:
    violations: Counter[str] = Counter()
    bounds = Bounds(clock.elapsed, violations)
    for _ in range(20):
        assert bounds.pause(-1) == 0
        await clock.sleep(timedelta(seconds=2))
    assert bounds.pause(-1) == 20
    assert violations == {"more than twenty a minute in a group": 1}


async def test_a_wrong_token_and_a_wrong_method(server: TelegramServer) -> None:
    assert (await call(server, "getMe", {}, token="1:x"))[0] == 401
    assert (await call(server, "getNothing", {}))[0] == 404


async def test_a_press_expires(server: TelegramServer) -> None:
    status, description = await call(server, "answerCallbackQuery", {"callback_query_id": "1"})
    assert (status, "query is too old" in description) == (400, True)


async def test_updates_are_not_asked_for_under_a_webhook(server: TelegramServer) -> None:
    server.inbox.url = "http://127.0.0.1:1/"
    assert (await call(server, "getUpdates", {}))[0] == 409
