"""Documents in the message of their sentence, and cards and threads that somebody takes away."""

from dataclasses import replace

import pytest

from adapters.discord.layout import layout
from adapters.discord.render import render_notice
from bot.ports.errors import Permanent, Temporary
from bot.view.document import Document
from bot.view.notice import Notice, Tone
from tests.adapters.discord.talk import Talk, talking
from tests.vendors.discord.attachments import shown_problems, unseen
from tests.vendors.discord.faults import Fault
from tests.vendors.discord.rules import message_problems
from tests.vendors.discord.server import DiscordServer
from tests.vendors.discord.state import Message
from tests.view.gallery import SCREENS

REPORT = Document("outrider-k3v9x2mq.json", "application/json", b'{"run": "k3v9x2mq"}\n', "Report of run k3v9x2mq.")
CHART = Document("bake.png", "image/png", b"\x89PNG-ish", "Errors of canary and baseline. " + "x" * 2000)
LAST = Notice("ended_live", "c0ffee1 is live in canary after 1m.", Tone.GOOD, document=REPORT)
LONG = replace(LAST, rows=tuple((f"row {at}", "x" * 200) for at in range(12)))
KEY = "k3v9x2mq:40:0"
POST = r"POST .*/messages$"


async def drawn(talk: Talk, known: str = "") -> str:
    return await talk.chat.draw(talk.room, SCREENS["succeeded"](), known, "k3v9x2mq:card")


def thread(server: DiscordServer, reference: str) -> list[Message]:
    return server.world.shown(int(reference.partition(":")[2]))


async def test_a_document_is_in_the_message_of_its_sentence(server: DiscordServer) -> None:
    async with talking(server) as talk:
        card = await drawn(talk)
        await talk.chat.say(talk.room, card, LAST, KEY)
    [said] = thread(server, card)
    assert said.text == "✅ c0ffee1 is live in canary after 1m."
    assert said.files == {REPORT.name: REPORT.content}
    assert said.payload["attachments"] == [{"id": 0, "filename": REPORT.name, "description": REPORT.alt}]


@pytest.mark.parametrize("document", [REPORT, CHART])
async def test_a_long_sentence_shows_it_in_a_component(server: DiscordServer, document: Document) -> None:
    async with talking(server) as talk:
        card = await drawn(talk)
        await talk.chat.say(talk.room, card, replace(LONG, document=document), KEY)
    [said] = thread(server, card)
    assert [one["type"] for one in said.payload["components"]] == [10, 12 if document.image else 13]
    assert said.files == {document.name: document.content}


@pytest.mark.parametrize("notice", [LAST, LONG, replace(LAST, document=CHART), replace(LONG, document=CHART)])
def test_the_payload_is_one_that_discord_takes(notice: Notice) -> None:
    payload = render_notice(notice)
    assert notice.document is not None
    files = {notice.document.name: b""}
    layout(payload.get("components") or [])
    assert message_problems(dict(payload)) == []
    assert shown_problems(dict(payload), files) == []
    assert not unseen(dict(payload), files)


@pytest.mark.parametrize("fault", [Fault(POST, lost=True), Fault(POST, cut=True), Fault(POST, status=503)])
async def test_lost_on_the_way_it_stands_once(server: DiscordServer, fault: Fault) -> None:
    async with talking(server) as talk:
        card = await drawn(talk)
        server.faults.add(fault)
        with pytest.raises(Temporary):
            await talk.chat.say(talk.room, card, LAST, KEY)
        await talk.chat.say(talk.room, card, LAST, KEY)
    [said] = thread(server, card)
    assert said.files == {REPORT.name: REPORT.content}


async def test_the_library_sends_the_whole_file_again_after_a_500(server: DiscordServer) -> None:
    async with talking(server) as talk:
        card = await drawn(talk)
        server.faults.add(Fault(POST, status=429, retry_after=0.02))
        await talk.chat.say(talk.room, card, LAST, KEY)
    [said] = thread(server, card)
    assert said.files == {REPORT.name: REPORT.content}


@pytest.mark.parametrize("why", ["too large", "no right"])
async def test_what_discord_does_not_take_is_permanent_and_the_sentence_can_be_said(
    server: DiscordServer, why: str
) -> None:
    async with talking(server) as talk:
        card = await drawn(talk)
        if why == "too large":
            server.world.largest_file = 3
        else:
            for channel in server.world.channels.values():
                channel.forbidden.add("attach")
        with pytest.raises(Permanent):
            await talk.chat.say(talk.room, card, LAST, KEY)
        await talk.chat.say(talk.room, card, replace(LAST, document=None), KEY)
    [said] = thread(server, card)
    assert (said.text, said.files) == ("✅ c0ffee1 is live in canary after 1m.", {})


async def test_a_card_deleted_before_its_thread_is_begun_is_drawn_anew(server: DiscordServer) -> None:
    """Twice somebody is quicker than the bot: its thread cannot be begun, and a nonce of a deleted message is spent."""
    async with talking(server) as talk:
        server.faults.add(Fault(POST, lost=True))
        with pytest.raises(Temporary):
            await drawn(talk)
        server.cards()[0].deleted = True
        server.world.vanishing = 1
        card = await drawn(talk)
        await talk.chat.say(talk.room, card, LAST, KEY)
    assert len(server.cards()) == 1
    assert card == f"{server.cards()[0].id}:{server.cards()[0].id}"
    assert len(thread(server, card)) == 1


async def test_a_card_deleted_between_post_and_thread_is_drawn_anew(server: DiscordServer) -> None:
    async with talking(server) as talk:
        server.world.vanishing = 1
        card = await drawn(talk)
        await talk.chat.say(talk.room, card, LAST, KEY)
    [one] = server.cards()
    assert card == f"{one.id}:{one.id}"
    assert len(thread(server, card)) == 1


async def test_cards_that_are_deleted_as_soon_as_they_stand_are_left_alone_for_a_while(server: DiscordServer) -> None:
    async with talking(server) as talk:
        server.world.vanishing = 100
        with pytest.raises(Temporary) as told:
            await drawn(talk)
    assert told.value.retry_after == 60.0
    assert server.cards() == []


async def test_a_card_and_its_thread_deleted_together_both_come_anew(server: DiscordServer) -> None:
    async with talking(server) as talk:
        card = await drawn(talk)
        first = server.cards()[0]
        first.deleted = True
        del server.world.channels[first.id]
        fresh = await drawn(talk, card)
        await talk.chat.say(talk.room, fresh, LAST, KEY)
    [one] = server.cards()
    assert fresh == f"{one.id}:{one.id}"
    assert len(thread(server, fresh)) == 1


async def test_without_its_thread_a_card_is_answered(server: DiscordServer) -> None:
    async with talking(server) as talk:
        card = await drawn(talk)
        first = server.cards()[0]
        del server.world.channels[first.id]
        await talk.chat.say(talk.room, card, LAST, KEY)
        assert await drawn(talk, card) == card
    _, said = server.world.shown(server.room.id)
    assert said.payload["message_reference"]["message_id"] == first.id
    assert said.files == {REPORT.name: REPORT.content}
