"""The whole bot behind Mattermost: typed, told, pressed and undone, with the platform misbehaving on the way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.mattermost.client import Mattermost
from adapters.mattermost.posts import KEY
from adapters.sql.journal import SqlJournal, open_journal
from bot.app.links import Links
from bot.app.serving import serve
from bot.domain.values import Person, Role, Room
from tests.adapters.mattermost.stage import opened_at, until
from tests.fakes.estates import estate
from tests.fakes.keeping import CALM, NEVER
from tests.fakes.world import Fakes, VirtualClock, fake_world
from tests.vendors.mattermost.server import MattermostServer
from tests.vendors.mattermost.state import ANA, BEN, ROOM, STRANGER, Post


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[SqlJournal]:
    async with open_journal(f"sqlite:///{tmp_path / 'journal.db'}") as one:
        yield one


@pytest.fixture
def fakes(journal: SqlJournal) -> Fakes:
    people = [
        Person(name, {"mattermost": account}, frozenset({Role.DEPLOYER}))
        for name, account in (("ana", ANA), ("ben", BEN))
    ]
    made = fake_world(estate(people=people, rooms=(Room("ops", {"mattermost": ROOM}),)), journal)
    made.provider.put("worker", "canary", "v-before")
    return made


@pytest.fixture
def clock(fakes: Fakes) -> VirtualClock:
    return fakes.clock


@asynccontextmanager
async def bot(fakes: Fakes, server: MattermostServer) -> AsyncIterator[Mattermost]:
    """The bot with Mattermost, and stopped as it is stopped."""
    async with opened_at(server, fakes.clock) as chat, asyncio.TaskGroup() as group:
        task = group.create_task(serve(fakes.world, [chat], links=Links(fakes.world, [chat], CALM), forsaken=NEVER))
        await chat.connected.wait()
        try:
            yield chat
        finally:
            task.cancel()


def offers(server: MattermostServer, number: int, label: str) -> bool:
    """The card of that number has that button."""
    cards = server.cards()
    return len(cards) > number and label in [one["name"] for one in cards[number].actions]


def told(server: MattermostServer, card: Post, words: str) -> bool:
    return server.said(words, card.id) > 0


async def test_deploy_is_typed_and_undone_by_one_press(fakes: Fakes, server: MattermostServer) -> None:
    async with bot(fakes, server):
        assert (await server.types("/deploy canary", ANA)).status == 200
        await until(lambda: offers(server, 0, "Roll back"), 60)
        assert (await server.presses(server.cards()[0], "Roll back", BEN)).status == 200
        await until(lambda: len(server.cards()) == 2 and told(server, server.cards()[1], "back on"), 60)
        await until(lambda: not offers(server, 0, "Roll back"), 60)
    first, _ = server.cards()
    assert told(server, first, "is live")
    assert fakes.provider.lives["worker", "canary"].version == "v-before"
    assert {who for who, _ in server.hidden} == {ANA, BEN}


async def test_a_mention_in_the_cards_thread_is_a_command_there(fakes: Fakes, server: MattermostServer) -> None:
    async with bot(fakes, server):
        server.writes("@outrider deploy canary", ANA)
        await until(lambda: offers(server, 0, "Roll back"), 60)
        card = server.cards()[0]
        server.writes("@outrider rollback canary", BEN, root=card.id)
        await until(lambda: len(server.cards()) == 2 and told(server, server.cards()[1], "back on"), 60)
        server.writes("@outrider status", ANA, root=card.id)
        await until(lambda: told(server, card, "what is live"))


async def test_lost_answers_a_cut_line_and_a_restart_leave_one_card_and_each_notice_once(
    fakes: Fakes, server: MattermostServer
) -> None:
    faults = server.world.faults
    faults["POST posts"] = ["lost", "", "lost", "cut", "429:3", "500", "lost"]
    faults["PUT posts"] = ["lost", "429:2", "503"]
    form = server.form("/deploy canary", ANA)
    async with bot(fakes, server):
        await server.sends(f"{server.callback}/mattermost/command", data=form)
        await until(server.cards, 60)
        server.sockets.cut()
    async with bot(fakes, server):
        await server.sends(f"{server.callback}/mattermost/command", data=form)
        await until(lambda: offers(server, 0, "Roll back"), 60)
        await until(lambda: told(server, server.cards()[0], "is live"), 60)
    [card] = server.cards()
    keys = [one.props[KEY] for one in server.world.standing(ROOM, card.id)]
    assert len(set(keys)) == len(keys)
    assert len(await fakes.world.archive.history(None, None, 10)) == 1


async def test_pressed_twice_by_two_people_after_a_restart_it_is_one_rollback(
    fakes: Fakes, server: MattermostServer
) -> None:
    async with bot(fakes, server):
        await server.types("/deploy canary", ANA)
        await until(lambda: offers(server, 0, "Roll back"), 60)
    async with bot(fakes, server):
        await server.types("/outrider-status", ANA)  # the bot is at another address now, and draws its cards anew
        presses = await asyncio.gather(*(pressed(server, who) for who in (ANA, BEN, ANA)))
        await until(lambda: len(server.cards()) == 2 and told(server, server.cards()[1], "back on"), 60)
    assert sum("out of date" in one for one in presses) == 2
    assert len(await fakes.world.archive.history(None, None, 10)) == 2


async def pressed(server: MattermostServer, who: str) -> str:
    """Press as the server would, at the address where the bot is now."""
    card = server.cards()[0]
    [action] = [one["id"] for one in card.actions if one["name"] == "Roll back"]
    answer = await server.sends(f"{server.callback}/mattermost/press", json=server.pressing(card, action, who))
    return answer.text


async def test_a_stranger_is_told_what_to_copy_and_nobody_else_hears_it(fakes: Fakes, server: MattermostServer) -> None:
    async with bot(fakes, server):
        answer = await server.types("/deploy canary", STRANGER)
    assert f'mattermost = "{STRANGER}"' in answer.text
    assert server.world.standing() == []
