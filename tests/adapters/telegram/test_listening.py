"""What people type and press arrives once, is acknowledged first, and is answered where they are."""

import asyncio
from datetime import timedelta

import pytest
from aiohttp import ClientSession

from adapters.telegram.client import Telegram, opened
from bot.domain.commands import Pressed, Typed
from bot.domain.verbs import VERBS
from bot.ports.errors import Permanent
from bot.view.notice import Notice, Tone
from bot.view.sentences import Say
from tests.adapters.telegram.conftest import FORUM, GROUP, TOPIC, Hearing, listening, settings, until
from tests.fakes.intake import Calls
from tests.fakes.world import VirtualClock
from tests.vendors.telegram.markup import Parsed
from tests.vendors.telegram.server import BOT, NAME, TOKEN, Chat, Message, TelegramServer, person
from tests.view.gallery import SCREENS

DONE = SCREENS["succeeded"]()
NO = Notice("not_allowed", "You may not do that here.", Tone.BAD, private=True)
BEN = person(22, "ben")


async def test_what_is_typed_arrives_and_is_answered_below_it(
    telegram: Telegram, group: Chat, server: TelegramServer
) -> None:
    hearing = Hearing((NO,))
    async with listening(telegram, hearing):
        update = server.type(group, f"/deploy@{NAME} canary", BEN)
        await until(group.shown)
    [intent] = hearing.intents
    assert isinstance(intent, Typed)
    assert (intent.text, intent.actor.account, intent.actor.shown) == ("/deploy canary", "22", "ben")
    assert intent.origin.address == str(GROUP)
    assert intent.key == f"telegram:1000001:{update['update_id']}"
    assert [(one.text, one.reply_to) for one in group.shown()] == [("❌ You may not do that here.", 1)]
    assert server.violations == {}


async def test_in_a_busy_group_every_answer_has_its_turn(
    telegram: Telegram, group: Chat, server: TelegramServer
) -> None:
    async with listening(telegram, Hearing((NO,))):
        asked = [server.type(group, "/status", BEN)["message"]["message_id"] for _ in range(30)]
        await until(lambda: len(group.shown()) == 30, 20)
    assert sorted(one.reply_to for one in group.shown()) == asked
    assert server.violations == {}


async def test_a_press_is_acknowledged_before_the_intake_is_done(
    telegram: Telegram, group: Chat, server: TelegramServer
) -> None:
    hearing = Hearing((NO,), hold=asyncio.Event())
    await telegram.draw(str(GROUP), DONE, "", "k:card")
    [message] = group.shown()
    async with listening(telegram, hearing):
        server.press(group, message, message.tokens[0], BEN)
        await until(lambda: server.answered)
        assert hearing.intents == []
        assert hearing.hold
        hearing.hold.set()
        await until(lambda: len(group.shown()) == 2)
    [intent] = hearing.intents
    assert isinstance(intent, Pressed)
    assert intent.token == DONE.buttons[0].token
    assert group.shown()[1].text == "❌ ben: You may not do that here."
    assert server.presses == {}


async def test_a_press_that_cannot_be_acknowledged_any_more_counts_all_the_same(
    telegram: Telegram, group: Chat, server: TelegramServer, clock: VirtualClock
) -> None:
    await telegram.draw(str(GROUP), DONE, "", "k:card")
    [message] = group.shown()
    server.press(group, message, message.tokens[0])
    await clock.sleep(timedelta(seconds=60))
    hearing = Hearing()
    async with listening(telegram, hearing):
        await until(lambda: hearing.intents and server.calls["answerCallbackQuery"])
    assert server.answered == {}


async def test_what_comes_twice_is_heard_once(telegram: Telegram, group: Chat, server: TelegramServer) -> None:
    hearing = Hearing()
    async with listening(telegram, hearing):
        update = server.type(group, "/status")
        server.again(update)
        await until(lambda: hearing.intents)
        server.again(update)
        server.type(group, "/help")
        await until(lambda: len(hearing.intents) == 2)
    assert [one.text for one in hearing.intents if isinstance(one, Typed)] == ["/status", "/help"]


async def test_what_the_intake_did_not_keep_comes_again_after_a_restart(
    telegram: Telegram, group: Chat, server: TelegramServer
) -> None:
    stuck, hearing = Hearing(), Hearing()
    stuck.keeping = asyncio.Event()
    server.type(group, "/rollback canary")
    async with listening(telegram, stuck):
        await until(lambda: stuck.asked)
    assert server.inbox.confirmed == []
    async with listening(telegram, hearing):
        await until(lambda: hearing.intents and server.inbox.confirmed)
    assert stuck.intents == []


async def test_what_the_intake_kept_does_not_come_again(
    telegram: Telegram, group: Chat, server: TelegramServer
) -> None:
    stuck, hearing = Hearing(hold=asyncio.Event()), Hearing()
    update = server.type(group, "/rollback canary")
    async with listening(telegram, stuck):
        await until(lambda: server.inbox.confirmed)
    assert stuck.intents == []
    assert len(stuck.kept) == 1
    hearing.kept = stuck.kept
    server.again(update)
    async with listening(telegram, hearing):
        server.type(group, "/help")
        await until(lambda: hearing.intents)
    assert [one.text for one in hearing.intents if isinstance(one, Typed)] == ["/help"]


async def test_a_press_is_acknowledged_when_it_is_kept(telegram: Telegram, group: Chat, server: TelegramServer) -> None:
    hearing = Hearing()
    hearing.keeping = asyncio.Event()
    await telegram.draw(str(GROUP), DONE, "", "k:card")
    [message] = group.shown()
    async with listening(telegram, hearing):
        server.press(group, message, message.tokens[0], BEN)
        await until(lambda: hearing.asked)
        assert server.calls["answerCallbackQuery"] == 0
        hearing.keeping.set()
        await until(lambda: server.answered)


async def test_a_slow_question_does_not_hold_up_a_rollback(
    telegram: Telegram, group: Chat, server: TelegramServer
) -> None:
    heard: list[str] = []
    slow = asyncio.Event()

    async def intake(intent: object) -> tuple[Notice, ...]:
        assert isinstance(intent, Typed)
        if intent.text == "/status":
            await slow.wait()
        heard.append(intent.text)
        return ()

    async with listening(telegram, Calls(intake)):
        server.type(group, "/status")
        server.type(group, "/rollback canary")
        await until(lambda: heard == ["/rollback canary"])
        slow.set()
        await until(lambda: len(heard) == 2)


async def test_what_was_typed_while_the_bot_was_away_for_long_is_not_obeyed(
    telegram: Telegram, group: Chat, server: TelegramServer, clock: VirtualClock
) -> None:
    server.type(group, "/deploy production")
    await clock.sleep(timedelta(minutes=16))
    hearing = Hearing()
    async with listening(telegram, hearing):
        await until(group.shown)
    assert hearing.intents == []
    assert "nothing was done" in group.shown()[0].text


async def test_a_fault_behind_the_intake_ends_nothing(telegram: Telegram, group: Chat, server: TelegramServer) -> None:
    heard: list[object] = []

    async def intake(intent: object) -> tuple[Notice, ...]:
        heard.append(intent)
        if len(heard) == 1:
            raise ZeroDivisionError
        return (NO,)

    async with listening(telegram, Calls(intake)):
        server.type(group, "/status")
        await until(lambda: heard)
        server.type(group, "/status")
        await until(group.shown)
    assert len(heard) == 2


async def test_polling_lives_through_faults_and_a_second_asker(
    telegram: Telegram, group: Chat, server: TelegramServer
) -> None:
    server.fail("getUpdates", 502, "cut", 500, 409)
    hearing = Hearing()
    async with listening(telegram, hearing), ClientSession() as session:
        await until(lambda: server.calls["getUpdates"] > 3)
        async with session.post(f"{server.url}/bot{TOKEN}/getUpdates", data={"timeout": "0"}) as answer:
            assert answer.status == 200
        server.type(group, "/status")
        await until(lambda: hearing.intents)


async def test_an_answer_waits_out_a_flood(telegram: Telegram, group: Chat, server: TelegramServer) -> None:
    server.fail("sendMessage", 30.0)
    async with listening(telegram, Hearing((NO,))):
        server.type(group, "/status")
        await until(group.shown)
    assert server.violations == {}
    assert server.calls["sendMessage"] == 2


async def test_a_command_that_began_a_run_is_answered_by_its_card(
    telegram: Telegram, group: Chat, server: TelegramServer
) -> None:
    begun = Notice(Say.BEGUN, "Run k3v9x2mq began.", run=DONE.run)
    async with listening(telegram, Hearing((begun,))):
        server.type(group, "/deploy canary")
        await telegram.draw(str(GROUP), DONE, "", "k:card")
        server.type(group, "/deploy canary")
        await asyncio.sleep(0.1)
        assert len(group.shown()) == 1
    elsewhere = server.chat(-1002)
    async with listening(telegram, Hearing((begun,))):
        server.type(elsewhere, "/deploy canary")
        await until(elsewhere.shown)
    assert "began" in elsewhere.shown()[0].text


async def test_an_answer_in_a_topic_stays_in_it(telegram: Telegram, server: TelegramServer) -> None:
    forum = server.chat(FORUM, topics=(TOPIC, 8))
    hearing = Hearing((NO,))
    async with listening(telegram, hearing):
        server.type(forum, "/status", thread=TOPIC)
        server.type(forum, "/status", thread=8)
        await until(lambda: len(forum.shown()) == 2)
    assert {one.origin.address for one in hearing.intents} == {f"{FORUM}/{TOPIC}", str(FORUM)}
    assert {(one.thread, one.reply_to) for one in forum.shown()} == {(TOPIC, 1), (8, 2)}


async def test_a_press_on_a_card_that_telegram_shows_no_more_is_heard(
    telegram: Telegram, group: Chat, server: TelegramServer
) -> None:
    hearing = Hearing((NO,))
    async with listening(telegram, hearing):
        message = Message(40, BOT, Parsed("card"))
        group.messages[40] = message
        server.press(group, message, "rollback:k3v9x2mq", BEN, old=True)
        await until(lambda: len(group.shown()) == 2)
    assert [one.origin.message for one in hearing.intents] == [f"{GROUP}:40"]
    assert group.shown()[-1].reply_to == 40
    assert server.violations == {}


async def test_the_kinds_of_updates_are_said_whatever_was_asked_for_before(
    telegram: Telegram, group: Chat, server: TelegramServer
) -> None:
    """Telegram remembers what another program of the same bot has asked for."""
    server.inbox.allowed = ["poll"]
    hearing = Hearing()
    async with listening(telegram, hearing):
        await until(lambda: server.calls["getUpdates"])
        server.type(group, "/status")
        await until(lambda: hearing.intents)


async def test_menus_are_set_where_they_differ(telegram: Telegram, group: Chat, server: TelegramServer) -> None:
    async with listening(telegram, Hearing()):
        await until(lambda: server.calls["getUpdates"])
    words = [verb.word for verb in VERBS]
    assert set(server.menus) == {f"chat {GROUP}", "all_private_chats"}
    assert [one["command"] for one in server.menus[f"chat {GROUP}"]] == words
    async with listening(telegram, Hearing()):
        await until(lambda: server.calls["getUpdates"] > 1)
    assert server.calls["setMyCommands"] == 2
    assert server.violations == {}


async def test_a_token_that_is_none_is_for_a_person(server: TelegramServer, clock: VirtualClock) -> None:
    async with opened(settings(server, token="1:wrong"), clock) as chat:
        with pytest.raises(Permanent, match="TELEGRAM_BOT_TOKEN"):
            await chat.listen(Hearing())
