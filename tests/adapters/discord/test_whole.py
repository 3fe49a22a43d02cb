"""The whole bot behind Discord: typed, told, pressed and undone, with the platform misbehaving on the way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.discord.client import Discord
from adapters.discord.settings import Settings
from adapters.sql.journal import SqlJournal, open_journal
from adapters.system.clock import SystemClock
from bot.app.links import Links
from bot.app.recent import Recents
from bot.app.serving import serve
from bot.domain.values import Person, Role, Room
from tests.fakes.estates import estate
from tests.fakes.keeping import CALM, NEVER
from tests.fakes.world import Fakes, fake_world
from tests.vendors.discord.faults import Fault
from tests.vendors.discord.server import DiscordServer
from tests.vendors.discord.state import Message

ANA, BOB, STRANGER = (1001, "ana"), (1002, "bob"), (1003, "mallory")


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[SqlJournal]:
    async with open_journal(f"sqlite:///{tmp_path / 'journal.db'}") as one:
        yield one


@pytest.fixture
def fakes(journal: SqlJournal, server: DiscordServer) -> Fakes:
    people = [Person(name, {"discord": str(id)}, frozenset({Role.DEPLOYER})) for id, name in (ANA, BOB)]
    everything = estate(people=people, rooms=(Room("ops", {"discord": str(server.room.id)}),))
    made = fake_world(everything, journal)
    made.provider.put("worker", "canary", "v-before")
    return made


@asynccontextmanager
async def bot(fakes: Fakes, server: DiscordServer) -> AsyncIterator[None]:
    """The bot with Discord, and stopped as it is stopped."""
    chat = Discord(
        Settings(server.world.token, server.base_url), fakes.world.estate, SystemClock(), Recents(fakes.world)
    )
    sessions = server.gateway.identified
    async with asyncio.TaskGroup() as group:
        task = group.create_task(serve(fakes.world, [chat], links=Links(fakes.world, [chat], CALM), forsaken=NEVER))
        await server.gateway.ready(sessions + 1)
        await server.until(lambda: bool(server.world.commands))
        yield
        task.cancel()


async def deployed(server: DiscordServer, number: int = 1) -> Message:
    """The card of the newest run once it can be undone."""
    await server.until(lambda: len(server.cards()) == number and "Roll back" in server.cards()[-1].buttons, 30)
    card = server.cards()[-1]
    await server.until(lambda: "is live in canary" in said(server, card), 30)
    return card


def said(server: DiscordServer, card: Message) -> str:
    return "\n".join(one.text for one in server.world.shown(card.id))


async def test_deploy_is_typed_told_and_undone_with_one_tap(fakes: Fakes, server: DiscordServer) -> None:
    async with bot(fakes, server):
        typed = await server.types("deploy", {"env": "canary"}, ANA)
        card = await deployed(server)
        assert [one.ephemeral for one in typed.answers] == [True]
        await server.presses(card, "Roll back", BOB)
        await server.until(lambda: len(server.cards()) == 2 and "back on" in said(server, server.cards()[1]), 30)
        await server.until(lambda: "Roll back" not in card.buttons, 30)
    assert fakes.provider.lives["worker", "canary"].version == "v-before"
    assert [one.edits > 0 for one in server.cards()] == [True, True]


async def test_pressed_twice_by_two_people_after_a_restart_it_is_one_rollback(
    fakes: Fakes, server: DiscordServer
) -> None:
    async with bot(fakes, server):
        await server.types("deploy", {"env": "canary"}, ANA)
        card = await deployed(server)
    async with bot(fakes, server):
        presses = [await server.presses(card, "Roll back", who) for who in (ANA, BOB, ANA)]
        await server.until(lambda: all(one.answers for one in presses), 30)
        await server.until(lambda: len(server.cards()) == 2 and "back on" in said(server, server.cards()[1]), 30)
    assert sum("out of date" in one.answers[0].text for one in presses) == 2
    assert len(await fakes.world.archive.history(None, None, 10)) == 2


async def test_a_stranger_is_told_how_to_be_added_and_nothing_is_done(fakes: Fakes, server: DiscordServer) -> None:
    async with bot(fakes, server):
        typed = await server.types("deploy", {"env": "canary"}, STRANGER)
        await server.until(lambda: bool(typed.answers))
    assert "1003" in typed.answers[0].text
    assert typed.answers[0].ephemeral
    assert server.world.shown(server.room.id) == []


async def test_lost_answers_and_rate_limits_leave_one_card_and_each_sentence_once(
    fakes: Fakes, server: DiscordServer
) -> None:
    async with bot(fakes, server):
        server.faults.add(Fault(r"POST .*/messages$", lost=True))
        server.faults.add(Fault(r"POST .*/messages$", status=503))
        server.faults.add(Fault(r"POST .*/threads$", lost=True))
        server.faults.add(Fault(r"PATCH .*/messages/", lost=True))
        server.faults.add(Fault(r"PATCH .*/messages/", status=429, retry_after=0.05))
        await server.types("deploy", {"env": "canary"}, ANA)
        card = await deployed(server)
    texts = [one.text for one in server.world.shown(card.id)]
    assert len(texts) == len(set(texts))
    assert len(server.cards()) == 1


async def test_a_card_that_somebody_deletes_is_drawn_anew(fakes: Fakes, server: DiscordServer) -> None:
    hang = fakes.provider.hang = asyncio.Event()
    async with bot(fakes, server):
        await server.types("deploy", {"env": "canary"}, ANA)
        await server.until(lambda: bool(server.cards()) and bool(server.world.shown(server.cards()[0].id)), 30)
        first = server.cards()[0]
        first.deleted = True
        hang.set()
        await server.until(lambda: bool(server.cards()) and "Roll back" in server.cards()[-1].buttons, 30)
    assert len(server.cards()) == 1
    assert f"<#{first.id}>" in server.cards()[0].text


async def test_what_cannot_be_acknowledged_begins_no_run(fakes: Fakes, server: DiscordServer) -> None:
    async with bot(fakes, server):
        await server.types("deploy", {"env": "canary"}, ANA, late=4)
        await server.until(lambda: server.world.refused[10062] == 1)
        whoami = await server.types("whoami", {}, ANA)
        await server.until(lambda: bool(whoami.answers))
    assert await fakes.world.archive.history(None, None, 10) == []
    assert server.world.violations.pop("answered too late") == 1


async def test_releases_and_runs_of_the_journal_are_suggested_to_who_may_see_them(
    fakes: Fakes, server: DiscordServer
) -> None:
    async with bot(fakes, server):
        await server.types("deploy", {"env": "canary"}, ANA)
        await deployed(server)
        [head] = await fakes.world.archive.history(None, None, 10)
        assert head.release is not None
        for command, slot, name in (("abort", "run", head.run), ("rollback", "to", head.release.name)):
            assert await suggested(server, command, {slot: name[:2]}, ANA) == [name]
            assert await suggested(server, command, {slot: ""}, STRANGER) == []


async def suggested(server: DiscordServer, command: str, words: dict[str, str], who: tuple[int, str]) -> list[str]:
    asked = await server.is_typing(command, words, next(iter(words)), who)
    await server.until(lambda: bool(asked.response))
    return asked.choices
