"""The stand-in is strict: what Telegram would refuse it refuses, and what a bot must not do it counts."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

import pytest
from aiohttp import ClientSession

from tests.fakes.world import VirtualClock
from tests.vendors.telegram.bounds import Bounds
from tests.vendors.telegram.markup import MarkupError, parse
from tests.vendors.telegram.server import BOT, TOKEN, Chat, Message, TelegramServer

Answer = tuple[int, str]
LONG_BUTTON = json.dumps({"inline_keyboard": [[{"text": "a", "callback_data": "é" * 33}]]})


async def call(server: TelegramServer, method: str, fields: Mapping[str, str], token: str = TOKEN) -> Answer:
    async with ClientSession() as session, session.post(f"{server.url}/bot{token}/{method}", data=fields) as answer:
        body = await answer.json()
        return answer.status, body.get("description", "")


@pytest.mark.parametrize("source", ["<b>x", "x</b>", "<b><i>x</b></i>", "<x>y</x>", "a < b", "<script>1</script>"])
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
