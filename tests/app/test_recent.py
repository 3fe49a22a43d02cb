"""What is suggested while somebody types: the room's own runs and releases, to people who may see them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.sql.journal import SqlJournal
from bot.app.recent import MOST, Recents
from bot.domain.board import Head
from bot.domain.commands import Origin
from bot.domain.events import RunRequested
from bot.domain.plan import deploy_plan
from bot.domain.values import Actor, Commit, ComponentVersion, Outcome, Person, Release, Role, Room, RunId
from bot.domain.verbs import Kind
from bot.ports.errors import Temporary
from tests.fakes.estates import NOON, environment, estate, requested, target
from tests.fakes.world import fake_world

OPS, DEV = Origin("slack", "C1"), Origin("slack", "C2")
ANA, STRANGER, NOBODY = Actor("slack", "U1"), Actor("slack", "U9"), Actor("slack", "U2")
"""Ana may look; the second is not known; the third is known and may do nothing."""
ESTATE = estate(
    [replace(target("shop"), room="ops"), replace(target("blog"), room="dev")],
    people=[
        Person("ana", {"slack": "U1"}, frozenset({Role.VIEWER})),
        Person("ben", {"slack": "U2"}, frozenset()),
    ],
    rooms=(Room("ops", {"slack": "C1"}), Room("dev", {"slack": "C2"})),
)


@pytest.fixture
def recents(journal: SqlJournal) -> Recents:
    return Recents(fake_world(ESTATE, journal).world)


async def keep(journal: SqlJournal, name: str, number: int, commit: str = "", over: bool = True) -> RunId:
    """A run of that target in the journal, asked for so many minutes after noon."""
    one = ESTATE.target(name)
    assert one is not None
    run = RunId(f"{number:0>8}")
    asked: RunRequested = requested(deploy_plan(one, environment("canary"), "main"), ANA, run, NOON)
    release = Release(Commit(commit * 40), (ComponentVersion("worker", "v"),)) if commit else None
    at = NOON + timedelta(minutes=number)
    head = Head(run, asked.plan.kind, name, "canary", ANA, at, key=f"k{number}", release=release)
    if over:
        head = Head(
            run, asked.plan.kind, name, "canary", ANA, at, f"k{number}", outcome=Outcome.SUCCEEDED, release=release
        )
    await journal.append(run, 0, (asked,), head)
    return run


async def test_runs_of_the_room_newest_first_and_those_under_way_before_them(
    recents: Recents, journal: SqlJournal
) -> None:
    old, new = await keep(journal, "shop", 1), await keep(journal, "shop", 3)
    under_way = await keep(journal, "shop", 2, over=False)
    other = await keep(journal, "blog", 4)
    assert await recents(Kind.RUN, ANA, OPS) == [under_way, new, old]
    assert await recents(Kind.RUN, ANA, DEV) == [other]


async def test_releases_by_their_commits_each_once(recents: Recents, journal: SqlJournal) -> None:
    for number, commit in enumerate(["a", "b", "a", ""], 1):
        await keep(journal, "shop", number, commit)
    assert await recents(Kind.RELEASE, ANA, OPS) == ["aaaaaaa", "bbbbbbb"]
    assert await recents(Kind.REASON, ANA, OPS) == ()


@pytest.mark.parametrize("actor", [STRANGER, NOBODY])
async def test_who_may_not_look_is_suggested_nothing(recents: Recents, journal: SqlJournal, actor: Actor) -> None:
    await keep(journal, "shop", 1, "a")
    assert await recents(Kind.RUN, actor, OPS) == ()
    assert await recents(Kind.RELEASE, actor, OPS) == ()


async def test_a_place_that_is_no_room_is_suggested_nothing(recents: Recents, journal: SqlJournal) -> None:
    await keep(journal, "shop", 1, "a")
    assert await recents(Kind.RUN, ANA, Origin("slack", "C9")) == ()


async def test_not_all_that_ever_was_is_looked_at(recents: Recents, journal: SqlJournal) -> None:
    runs = [await keep(journal, "shop", number) for number in range(MOST + 5)]
    assert await recents(Kind.RUN, ANA, OPS) == runs[: -MOST - 1 : -1]


class Broken(SqlJournal):
    """A journal that cannot be read for the moment."""

    async def history(self, *_: object, **__: object) -> list[Head]:
        raise Temporary("the database is away")


async def test_a_journal_in_trouble_suggests_nothing(journal: SqlJournal) -> None:
    broken = Broken.__new__(Broken)
    assert await Recents(fake_world(ESTATE, broken).world)(Kind.RUN, ANA, OPS) == ()
