"""The client of every chat adapter, listening, against its platform's stand-in."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.commands import Deploy, Pressed, Typed
from bot.domain.grammar import parse
from bot.ports.errors import Temporary
from bot.view.card import RunCard
from bot.view.document import Document
from bot.view.notice import Notice, Tone
from tests.contract.conftest import Hearing, listening, until
from tests.contract.platform import Link, Platform
from tests.fakes.estates import NOON, estate
from tests.view.gallery import SCREENS
from tests.view.papers import CHART

CARD = replace(SCREENS["approval"](), state="first state")
LATER = replace(CARD, state="second state")
SAID = Notice("status", "All is well here.", Tone.GOOD)
REPORT = Document("outrider-k3v9x2mq.json", "application/json", b"{}", "Report of run k3v9x2mq.")


async def drawn(link: Link, card: RunCard = CARD, known: str = "") -> str:
    """Drawn as the feed draws it: tried again where the platform is not there yet, or asks for a pause."""
    async with asyncio.timeout(30):
        while True:
            try:
                return await link.chat.draw(link.address, card, known, f"{CARD.run}:card")
            except Temporary:
                await asyncio.sleep(0.05)


async def said(link: Link, card: str, notice: Notice) -> None:
    """Said as the feed says it."""
    async with asyncio.timeout(30):
        while True:
            try:
                return await link.chat.say(link.address, card, notice, f"{CARD.run}:1:0")
            except Temporary:
                await asyncio.sleep(0.05)


async def test_it_says_who_it_is_and_what_it_can_do(adapter: Platform) -> None:
    async with adapter.opened() as link:
        assert link.chat.platform == adapter.name
        assert link.chat.limits == adapter.limits


async def test_drawn_twice_with_the_same_content_it_stands_once(adapter: Platform) -> None:
    async with adapter.opened() as link, listening(link.chat, Hearing()):
        first = await drawn(link)
        assert await drawn(link, known=first) == first != ""
        assert link.showing("first state") == 1


async def test_a_replaced_card_keeps_its_reference(adapter: Platform) -> None:
    async with adapter.opened() as link, listening(link.chat, Hearing()):
        first = await drawn(link)
        assert await drawn(link, LATER, first) == first
        assert link.showing("second state") == 1
        assert link.showing("first state") == (1 if adapter.lasting else 0)


async def test_a_deleted_card_is_drawn_anew(adapter: Platform) -> None:
    async with adapter.opened() as link, listening(link.chat, Hearing()):
        first = await drawn(link)
        if not adapter.lasting:
            await link.delete(first)
            assert link.showing("first state") == 0
        second = await drawn(link, LATER, first)
        assert (second == first) == adapter.lasting
        assert await drawn(link, LATER, second) == second
        assert link.showing("second state") == 1


async def test_sentences_stand_below_the_card(adapter: Platform) -> None:
    async with adapter.opened() as link, listening(link.chat, Hearing()):
        card = await drawn(link)
        await link.chat.say(link.address, card, SAID, f"{CARD.run}:1:0")
        assert link.showing("All is well here.") == 1
        assert link.showing("first state") == 1


@pytest.mark.parametrize("document", [REPORT, CHART], ids=["report", "picture"])
async def test_a_document_goes_with_its_sentence(adapter: Platform, document: Document) -> None:
    """Said again under the same key without it, as the feed does in need, the sentence does not stand twice."""
    async with adapter.opened() as link, listening(link.chat, Hearing()):
        card = await drawn(link)
        await said(link, card, replace(SAID, document=document))
        assert link.showing("All is well here.") == 1
        if not adapter.lasting:
            await said(link, card, SAID)
            assert link.showing("All is well here.") == 1


async def test_a_press_is_heard_and_answered(adapter: Platform) -> None:
    hearing = Hearing((SAID,))
    async with adapter.opened() as link, listening(link.chat, hearing):
        card = await drawn(link)
        await link.press(card, CARD, CARD.buttons[0].token)
        await until(lambda: link.showing("All is well here."))
        [intent] = hearing.intents
        assert isinstance(intent, Pressed)
        assert intent.token == CARD.buttons[0].token
        assert intent.origin.address == link.address


async def test_a_command_is_heard_and_answered(adapter: Platform) -> None:
    hearing = Hearing((SAID,))
    async with adapter.opened() as link, listening(link.chat, hearing):
        await link.type("/deploy canary")
        await until(lambda: link.showing("All is well here."))
        [intent] = hearing.intents
        assert isinstance(intent, Typed)
        assert parse(intent.text, estate(), NOON) == Deploy("canary")
        assert intent.origin.address == link.address


async def test_a_stop_leaves_nothing_behind(adapter: Platform) -> None:
    before = asyncio.all_tasks()
    hearing = Hearing()
    async with adapter.opened() as link:
        async with listening(link.chat, hearing):
            await link.type("/status")
            await until(lambda: hearing.intents)
        assert not [one for one in asyncio.all_tasks() - before if "adapters" in repr(one.get_coro())]
        if adapter.lasting:
            return  # whoever has left a terminal does not come back to it
        async with listening(link.chat, hearing):
            await link.type("/help")
            await until(lambda: len(hearing.intents) == 2)
