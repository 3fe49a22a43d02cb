"""The whole bot behind Slack: typed, told, pressed and undone, with the platform misbehaving on the way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.slack.client import Slack, opened
from adapters.sql.journal import SqlJournal, open_journal
from bot.app.links import Links
from bot.app.serving import serve
from tests.adapters.slack.stage import settings_for, until
from tests.fakes.estates import ANA, BOB, OPS, STRANGER, estate
from tests.fakes.keeping import CALM, NEVER
from tests.fakes.world import Fakes, fake_world
from tests.vendors.slack.people import People
from tests.vendors.slack.server import Server, serving
from tests.vendors.slack.workspace import BOT_PERSON, Message, Workspace

ROOM = OPS.addresses["slack"]
TYPIST, OTHER = ANA.accounts["slack"], BOB.accounts["slack"]


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[SqlJournal]:
    async with open_journal(f"sqlite:///{tmp_path / 'journal.db'}") as one:
        yield one


@pytest.fixture
def fakes(journal: SqlJournal) -> Fakes:
    made = fake_world(estate(), journal)
    made.provider.put("worker", "canary", "v-before")
    return made


@pytest.fixture
async def server(fakes: Fakes) -> AsyncIterator[Server]:
    members = {ROOM: {BOT_PERSON, TYPIST, OTHER, STRANGER.account}}
    async with serving(Workspace(now=fakes.clock.elapsed, channels={ROOM: []}, members=members)) as one:
        yield one


@asynccontextmanager
async def bot(fakes: Fakes, server: Server) -> AsyncIterator[Slack]:
    """The bot with Slack, and stopped as it is stopped."""
    async with opened(settings_for(server), fakes.clock) as chat, asyncio.TaskGroup() as group:
        task = group.create_task(serve(fakes.world, [chat], links=Links(fakes.world, [chat], CALM), forsaken=NEVER))
        await chat.connected.wait()
        try:
            yield chat
        finally:
            task.cancel()


def cards(space: Workspace) -> list[Message]:
    return [one for one in space.standing(ROOM) if any(block["type"] == "header" for block in one.blocks)]


def offers(space: Workspace, number: int, label: str) -> bool:
    """The card of that number has that button."""
    return len(cards(space)) > number and label in cards(space)[number].buttons()


def told(space: Workspace, words: str) -> bool:
    """The first card's thread has said so."""
    return any(words in one.text for one in space.standing(ROOM, cards(space)[0].ts))


async def test_deploy_is_typed_and_undone_by_one_press(fakes: Fakes, server: Server) -> None:
    space, people = server.space, People(server)
    async with bot(fakes, server):
        with fakes.clock.held():  # or a busy machine takes longer than the minute in which an intent is handed on
            assert (await people.types("/deploy canary", TYPIST, ROOM)).ok
            await until(lambda: [one.to for one in space.hidden] == [TYPIST], 60)
        await until(lambda: offers(space, 0, "Roll back"), 60)
        with fakes.clock.held():
            assert (await people.presses(cards(space)[0], "Roll back", OTHER)).ok
            await until(lambda: [one.to for one in space.hidden] == [TYPIST, OTHER], 60)
        await until(lambda: len(cards(space)) == 2 and "back" in cards(space)[1].text, 60)
        await until(lambda: not offers(space, 0, "Roll back"), 60)
    first, second = cards(space)
    assert space.standing(ROOM, first.ts), "the thread tells the run"
    assert second.text.startswith("Roll back")
    assert space.violations == []


async def test_lost_answers_and_a_restart_leave_one_card_and_each_notice_once(fakes: Fakes, server: Server) -> None:
    space, people = server.space, People(server)
    space.faults["chat.postMessage"] = ["lost", "", "lost", "cut", "429:3", "500", "lost"]
    space.faults["chat.update"] = ["lost", "429:2", "503"]
    async with bot(fakes, server):
        body = people.slash("/deploy canary", TYPIST, ROOM)
        await people.deliver(body)
        await until(lambda: bool(cards(space)), 60)
    async with bot(fakes, server):
        await people.deliver(body)
        await until(lambda: offers(space, 0, "Roll back"), 60)
        await until(lambda: told(space, "is live"), 60)
    (card,) = cards(space)
    keys = [one.metadata["event_payload"]["key"] for one in space.standing(ROOM, card.ts)]
    assert len(set(keys)) == len(keys)
    assert space.violations == []


async def test_the_home_shows_what_is_live_to_who_may_look_and_as_it_is_then(fakes: Fakes, server: Server) -> None:
    space, people = server.space, People(server)
    async with bot(fakes, server):
        assert (await people.opens(TYPIST, tab="messages")).ok
        assert (await people.opens(TYPIST)).ok
        await until(lambda: "v-before" in shown(space, TYPIST))
        assert (await people.types("/deploy canary", TYPIST, ROOM)).ok
        await until(lambda: offers(space, 0, "Roll back"), 60)
        assert (await people.opens(TYPIST)).ok
        await until(lambda: "Say hello" in shown(space, TYPIST))
        assert (await people.opens(STRANGER.account)).ok
        await until(lambda: bool(shown(space, STRANGER.account)))
    assert "canary" in shown(space, TYPIST)
    assert f'slack = "{STRANGER.account}"' in shown(space, STRANGER.account)
    assert "canary" not in shown(space, STRANGER.account)
    assert space.calls["views.publish"] == 3
    assert space.violations == []


async def test_without_a_home_nothing_else_is_done_about_it(fakes: Fakes, server: Server) -> None:
    space, people = server.space, People(server)
    space.home_enabled = False
    async with bot(fakes, server):
        assert (await people.opens(TYPIST)).ok
        await until(lambda: space.calls["views.publish"] == 1)
        assert (await people.types("/outrider-whoami", TYPIST, ROOM)).ok
        await until(lambda: bool(space.hidden))
    assert space.calls["views.publish"] == 1
    assert space.standing(ROOM) == []


def shown(space: Workspace, person: str) -> str:
    """What stands on the person's page of the app."""
    return "\n".join(text_of(space.homes.get(person, {}).get("blocks", [])))


def text_of(value: object) -> list[str]:
    match value:
        case dict():
            own = [value["text"]] if isinstance(value.get("text"), str) else []
            return [*own, *(one for inner in value.values() for one in text_of(inner))]
        case list():
            return [one for inner in value for one in text_of(inner)]
        case _:
            return []


async def test_a_stranger_is_told_what_to_copy_and_nobody_else_hears_it(fakes: Fakes, server: Server) -> None:
    space, people = server.space, People(server)
    async with bot(fakes, server):
        await people.types("/deploy canary", STRANGER.account, ROOM)
        await until(lambda: bool(space.hidden))
    (said,) = space.hidden
    assert said.to == STRANGER.account
    assert f'slack = "{STRANGER.account}"' in said.text
    assert space.standing(ROOM) == []
