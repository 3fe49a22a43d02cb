"""Cards and notices in a chat: posted once, replaced, drawn anew, whatever the network and Telegram do."""

import asyncio
from dataclasses import replace

import pytest

from adapters.telegram.client import Telegram, opened
from bot.ports.errors import Permanent, Temporary
from bot.view.card import RunCard
from bot.view.notice import Notice, Tone
from tests.adapters.telegram.conftest import FORUM, GROUP, TOPIC, persist, settings
from tests.fakes.world import VirtualClock
from tests.vendors.telegram.markup import Parsed
from tests.vendors.telegram.server import TOKEN, Chat, Message, TelegramServer
from tests.view.gallery import SCREENS

ROOM = str(GROUP)
CARD = SCREENS["running"]()
DONE = SCREENS["succeeded"]()
SAID = Notice("gates_passed", "Gates passed.", Tone.GOOD)


async def drawn(telegram: Telegram, card: RunCard = CARD, known: str = "") -> str:
    return await telegram.draw(ROOM, card, known, "k3v9x2mq:card")


async def test_a_card_is_posted_once_and_then_replaced(telegram: Telegram, group: Chat) -> None:
    first = await drawn(telegram)
    second = await drawn(telegram, DONE, first)
    assert first == second == f"{GROUP}:1"
    [message] = group.shown()
    assert "Deploy moltworker → canary" in message.text
    assert message.tokens == [button.token for button in DONE.buttons]
    assert message.styles == ["danger", "primary"]


async def test_the_same_card_again_is_no_error(telegram: Telegram, group: Chat, server: TelegramServer) -> None:
    first = await drawn(telegram)
    assert await drawn(telegram, known=first) == first
    assert group.shown()[0].history == []
    assert server.violations == {}


async def test_a_deleted_card_is_drawn_anew(telegram: Telegram, group: Chat) -> None:
    first = await drawn(telegram)
    del group.messages[1]
    group.messages[4] = Message(4, 11, Parsed("somebody else's"))
    second = await drawn(telegram, known=first)
    assert second != first
    assert [one.number for one in group.shown()] == [5]
    assert await drawn(telegram, DONE, second) == second


async def test_sentences_are_replies_to_the_card(telegram: Telegram, group: Chat) -> None:
    card = await drawn(telegram)
    await telegram.say(ROOM, card, SAID, "k:1:0")
    await telegram.say(ROOM, "", SAID, "k:2:0")
    assert [one.reply_to for one in group.shown()] == [0, 1, 0]
    assert [one.silent for one in group.shown()] == [False, True, True]


async def test_a_reply_to_a_deleted_card_is_said_all_the_same(telegram: Telegram, group: Chat) -> None:
    card = await drawn(telegram)
    del group.messages[1]
    await telegram.say(ROOM, card, SAID, "k:1:0")
    assert [one.reply_to for one in group.shown()] == [0]


async def test_a_topic_of_a_forum_is_a_room(telegram: Telegram, server: TelegramServer) -> None:
    forum = server.chat(FORUM, topics=(TOPIC,))
    room = f"{FORUM}/{TOPIC}"
    card = await telegram.draw(room, CARD, "", "k:card")
    await telegram.say(room, card, SAID, "k:1:0")
    assert await telegram.draw(room, DONE, card, "k:card") == card == f"{room}:1"
    assert [one.thread for one in forum.shown()] == [TOPIC, TOPIC]
    forum.topics = {8}
    with pytest.raises(Permanent, match="the topic is gone"):
        await telegram.draw(room, CARD, "", "other:card")


@pytest.mark.parametrize("fault", ["cut", 500, 502])
async def test_a_call_that_failed_is_made_again(
    telegram: Telegram, group: Chat, server: TelegramServer, fault: str | int
) -> None:
    server.fail("sendMessage", fault)
    with pytest.raises(Temporary):
        await drawn(telegram)
    card = await drawn(telegram)
    server.fail("editMessageText", fault)
    with pytest.raises(Temporary):
        await drawn(telegram, DONE, card)
    assert await drawn(telegram, DONE, card) == card
    assert len(group.shown()) == 1


async def test_of_a_post_with_a_lost_answer_at_most_one_stays_and_it_says_so(
    telegram: Telegram, group: Chat, server: TelegramServer
) -> None:
    await telegram.say(ROOM, "", SAID, "k:0:0")
    server.fail("sendMessage", "lost")
    with pytest.raises(Temporary):
        await drawn(telegram)
    server.type(group, "what is that?")
    reference = await drawn(telegram)
    said, lost, card = group.shown()
    assert (said.text, lost.text) == ("✅ Gates passed.", "⬇ This is shown anew below.")
    assert (lost.tokens, card.tokens) == ([], [button.token for button in CARD.buttons])
    assert reference == f"{GROUP}:{card.number}"


async def test_a_lost_post_that_cannot_be_retired_now_is_retired_after_the_next_call(
    telegram: Telegram, group: Chat, server: TelegramServer, clock: VirtualClock
) -> None:
    await telegram.say(ROOM, "", SAID, "k:0:0")
    server.fail("sendMessage", "lost")
    with pytest.raises(Temporary):
        await drawn(telegram)
    server.fail("editMessageText", 30.0)
    reference = await drawn(telegram)
    assert group.shown()[1].text != "⬇ This is shown anew below."
    await persist(lambda: drawn(telegram, DONE, reference), clock)
    _, lost, card = group.shown()
    assert lost.text == "⬇ This is shown anew below."
    assert card.tokens == [button.token for button in DONE.buttons]
    assert server.violations == {}


async def test_nothing_of_ours_is_taken_for_a_lost_post(
    telegram: Telegram, group: Chat, server: TelegramServer
) -> None:
    await telegram.say(ROOM, "", SAID, "k:0:0")
    server.fail("sendMessage", "cut")
    with pytest.raises(Temporary):
        await drawn(telegram)
    await telegram.say(ROOM, "", replace(SAID, text="Other."), "k:1:0")
    await drawn(telegram)
    assert [one.text.splitlines()[0] for one in group.shown()][:2] == ["✅ Gates passed.", "✅ Other."]
    assert server.calls["editMessageText"] == 0


async def test_an_edit_with_a_lost_answer_is_harmless(telegram: Telegram, group: Chat, server: TelegramServer) -> None:
    card = await drawn(telegram)
    server.fail("editMessageText", "lost")
    with pytest.raises(Temporary):
        await drawn(telegram, DONE, card)
    assert await drawn(telegram, DONE, card) == card
    assert len(group.shown()[0].history) == 1


async def test_one_key_is_posted_once(telegram: Telegram, group: Chat) -> None:
    first, second = await drawn(telegram), await drawn(telegram, DONE)
    await telegram.say(ROOM, first, SAID, "k:1:0")
    await telegram.say(ROOM, first, SAID, "k:1:0")
    assert first == second
    assert len(group.shown()) == 2


async def test_a_pause_that_telegram_asks_for_is_kept_to_the_second(
    telegram: Telegram, group: Chat, server: TelegramServer, clock: VirtualClock
) -> None:
    card = await drawn(telegram)
    server.fail("editMessageText", 51.0)
    with pytest.raises(Temporary) as caught:
        await drawn(telegram, DONE, card)
    assert caught.value.retry_after == 51.0
    calls = server.calls.total()
    with pytest.raises(Temporary) as again:
        await telegram.say(ROOM, card, SAID, "k:1:0")
    assert again.value.retry_after == pytest.approx(51.0, abs=0.5)
    assert server.calls.total() == calls
    assert await persist(lambda: drawn(telegram, DONE, card), clock) == 2
    assert len(group.shown()) == 1
    assert server.violations == {}


async def test_a_flooded_chat_closes_no_other(telegram: Telegram, server: TelegramServer) -> None:
    server.chat(-1002)
    server.fail("sendMessage", 600.0)
    with pytest.raises(Temporary):
        await drawn(telegram)
    assert await telegram.draw("-1002", CARD, "", "k:card") == "-1002:1"


async def test_a_server_that_knows_no_colours_is_asked_once(
    telegram: Telegram, group: Chat, server: TelegramServer
) -> None:
    server.writing.styles = False
    card = await drawn(telegram)
    await drawn(telegram, DONE, card)
    assert group.shown()[0].styles == ["", ""]
    assert server.calls["sendMessage"] == 2
    assert server.calls["editMessageText"] == 1


async def test_a_group_that_became_a_supergroup_is_followed(telegram: Telegram, server: TelegramServer) -> None:
    old, new = server.chat(-500, "group"), server.chat(-1005)
    old.moved_to = -1005
    card = await telegram.draw("-500", CARD, "", "k:card")
    assert await telegram.draw("-500", DONE, card, "k:card") == card
    assert len(new.shown()) == 1


@pytest.mark.parametrize(("room", "words"), [("-9", "knows no such chat"), ("#ops", "is no Telegram chat")])
async def test_a_room_that_is_none_is_for_a_person(telegram: Telegram, room: str, words: str) -> None:
    with pytest.raises(Permanent, match=words):
        await telegram.draw(room, CARD, "", "k:card")


async def test_a_bot_that_was_removed_says_so(telegram: Telegram, group: Chat) -> None:
    group.kicked = True
    with pytest.raises(Permanent, match="add it again"):
        await drawn(telegram)


async def test_no_error_holds_the_token(server: TelegramServer, group: Chat, clock: VirtualClock) -> None:
    async with opened(settings(server, token="1:wrong"), clock) as chat:
        with pytest.raises(Permanent, match="TELEGRAM_BOT_TOKEN") as caught:
            await drawn(chat)
    assert caught.value.__cause__ is None
    assert TOKEN not in repr(settings(server))


async def test_a_dead_telegram_is_temporary(telegram: Telegram, server: TelegramServer, group: Chat) -> None:
    server.dead = True
    with pytest.raises(Temporary):
        await drawn(telegram)
    server.dead = False
    assert await drawn(telegram) == f"{GROUP}:1"


async def test_a_busy_card_never_silences_the_thread(
    telegram: Telegram, server: TelegramServer, clock: VirtualClock
) -> None:
    card = await drawn(telegram)
    for number in range(13):
        await drawn(telegram, replace(CARD, state=f"state {number}"), card)
    with pytest.raises(Temporary) as caught:
        await drawn(telegram, DONE, card)
    assert caught.value.retry_after is not None
    assert 40 < caught.value.retry_after < 50
    await telegram.say(ROOM, card, SAID, "k:1:0")
    assert server.bounds.busiest == 15


async def test_however_many_runs_are_told_no_bound_is_passed(
    telegram: Telegram, group: Chat, server: TelegramServer, clock: VirtualClock
) -> None:
    """Four runs in one group, each with a card that changes and sentences: all is said, within Telegram's bounds."""

    async def tell(run: int) -> None:
        card = ""

        async def draw() -> None:
            nonlocal card
            card = await telegram.draw(ROOM, replace(CARD, state=f"step {number} of {run}"), card, f"{run}:card")

        for number in range(10):
            await persist(draw, clock)
            said = Notice("said", f"{run} said {number}")
            await persist(lambda: telegram.say(ROOM, card, said, f"{run}:{number}:0"), clock)  # noqa: B023 - awaited at once, before either changes

    async with asyncio.TaskGroup() as tellers:
        for run in range(4):
            tellers.create_task(tell(run))
    assert server.violations == {}
    assert 14 < server.bounds.busiest <= 20
    shown = [one.text for one in group.shown()]
    assert sum(" said " in one for one in shown) == 40
    assert sum("step 9 of" in one for one in shown) == 4
    assert len(shown) == 44
