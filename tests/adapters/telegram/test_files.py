"""Documents below their sentence: once each, in their turn, and never at the sentence's cost."""

from dataclasses import replace

import pytest

from adapters.telegram.client import Telegram, opened
from adapters.telegram.posting import MOST_FILE
from bot.ports.errors import Permanent, Temporary
from bot.view.document import Document
from bot.view.notice import Notice, Tone
from tests.adapters.telegram.conftest import FORUM, GROUP, TOPIC, persist, settings
from tests.fakes.world import VirtualClock
from tests.vendors.telegram.server import Chat, Message, TelegramServer
from tests.view.gallery import SCREENS

ROOM = str(GROUP)
REPORT = Document("outrider-k3v9x2mq.json", "application/json", b'{"run": 1}\n', "Report of run k3v9x2mq, by @ana <b>.")
PNG = b"\x89PNG\r\n\x1a\n"
CHART = Document("bake.png", "image/png", PNG, "Errors of canary and baseline.")
LAST = Notice("ended_live", "c0ffee1 is live in canary after 1m.", Tone.GOOD, document=REPORT)


async def drawn(telegram: Telegram) -> str:
    return await telegram.draw(ROOM, SCREENS["succeeded"](), "", "k:card")


async def say(telegram: Telegram, card: str, notice: Notice = LAST) -> None:
    await telegram.say(ROOM, card, notice, "k:9:0")


def files(chat: Chat) -> list[Message]:
    return [one for one in chat.shown() if one.file is not None]


def sentences(chat: Chat) -> list[Message]:
    return [one for one in chat.shown() if "is live in canary" in one.text]


async def test_the_file_is_a_reply_below_its_sentence(
    telegram: Telegram, group: Chat, server: TelegramServer, clock: VirtualClock
) -> None:
    card = await drawn(telegram)
    await persist(lambda: say(telegram, card), clock)
    _, said, sent = group.shown()
    assert (said.reply_to, sent.reply_to) == (1, 1)
    assert sent.file is not None
    assert (sent.file.name, sent.file.content, sent.file.photo) == (REPORT.name, REPORT.content, False)
    assert sent.silent
    assert sent.text == "Report of run k3v9x2mq, by @\u2060ana <b>."
    assert server.violations == {}


async def test_a_picture_is_sent_to_be_looked_at(telegram: Telegram, group: Chat, clock: VirtualClock) -> None:
    await persist(lambda: say(telegram, "", replace(LAST, document=CHART)), clock)
    [sent] = files(group)
    assert sent.file is not None
    assert (sent.file.name, sent.file.photo) == ("bake.png", True)


async def test_a_picture_that_cannot_be_shown_is_sent_as_a_file(
    telegram: Telegram, group: Chat, clock: VirtualClock
) -> None:
    await persist(lambda: say(telegram, "", replace(LAST, document=replace(CHART, content=b"no picture"))), clock)
    [sent] = files(group)
    assert sent.file is not None
    assert not sent.file.photo
    assert len(sentences(group)) == 1


async def test_said_again_neither_stands_twice(telegram: Telegram, group: Chat, clock: VirtualClock) -> None:
    for _ in range(2):
        await persist(lambda: say(telegram, ""), clock)
    assert len(group.shown()) == 2


@pytest.mark.parametrize("fault", ["cut", 502, 20.0])
async def test_a_file_that_failed_comes_later_and_its_sentence_stands_once(
    telegram: Telegram, group: Chat, server: TelegramServer, clock: VirtualClock, fault: str | int | float
) -> None:
    server.fail("sendDocument", fault)
    assert await persist(lambda: say(telegram, ""), clock) > 1
    assert (len(sentences(group)), len(files(group))) == (1, 1)
    assert server.violations == {}


async def test_of_a_file_with_a_lost_answer_one_more_stays_and_says_so(
    telegram: Telegram, group: Chat, server: TelegramServer, clock: VirtualClock
) -> None:
    server.fail("sendDocument", "lost")
    await persist(lambda: say(telegram, ""), clock)
    lost, sent = files(group)
    assert lost.text == "⬇ This is shown anew below."
    assert sent.text.startswith("Report of run")
    assert len(sentences(group)) == 1


async def test_after_a_crash_between_the_two_one_sentence_is_doubled_and_no_file(
    server: TelegramServer, group: Chat, clock: VirtualClock
) -> None:
    server.fail("sendDocument", "cut")
    async with opened(settings(server), clock) as life:
        with pytest.raises(Temporary):
            await say(life, "")
    async with opened(settings(server), clock) as life:
        await persist(lambda: say(life, ""), clock)
    assert (len(sentences(group)), len(files(group))) == (2, 1)


@pytest.mark.parametrize("why", ["no right", "too large"])
async def test_what_the_chat_does_not_take_is_permanent_and_the_sentence_stands(
    telegram: Telegram, group: Chat, clock: VirtualClock, why: str
) -> None:
    group.files = why != "no right"
    content = b"x" * (MOST_FILE + 1) if why == "too large" else b"x"
    with pytest.raises(Permanent):
        await persist(lambda: say(telegram, "", replace(LAST, document=replace(REPORT, content=content))), clock)
    await telegram.say(ROOM, "", replace(LAST, document=None), "k:9:0")
    assert (len(sentences(group)), len(files(group))) == (1, 0)


async def test_in_a_topic_it_stays_in_the_topic(
    telegram: Telegram, server: TelegramServer, clock: VirtualClock
) -> None:
    forum = server.chat(FORUM, topics=(TOPIC,))
    await persist(lambda: telegram.say(f"{FORUM}/{TOPIC}", "", LAST, "k:9:0"), clock)
    assert [one.thread for one in forum.shown()] == [TOPIC, TOPIC]


async def test_files_count_against_the_minute(
    telegram: Telegram, group: Chat, server: TelegramServer, clock: VirtualClock
) -> None:
    for at in range(15):
        await persist(lambda at=at: telegram.say(ROOM, "", LAST, f"k:{at}:0"), clock)  # type: ignore[misc]  # a lambda's default has no type
    assert len(group.shown()) == 30
    assert server.violations == {}
