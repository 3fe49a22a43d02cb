"""Anything that anybody types or presses is answered in one sentence with a known code; what is refused is not done.

The real intake over a real journal in which two runs stand already: one that succeeded in canary and can be undone,
and one that waits in production for its second pair of eyes. A handful of intents come one after another, so that
what one of them begins is there for the next.
"""

import asyncio
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from adapters.git.refs import problem
from adapters.sql.journal import SqlJournal, open_journal
from bot.app.answers import Answers
from bot.app.intake import Intake
from bot.domain.board import head_of
from bot.domain.commands import Intent, Origin, Pressed, Typed
from bot.domain.events import Event, RunRequested
from bot.domain.fold import fold
from bot.domain.refusal import Code
from bot.domain.values import Actor
from bot.view.notice import Notice
from bot.view.sentences import Say
from bot.view.wording import Answer
from tests.fakes.estates import (
    ANA,
    BOB,
    CANARY,
    EVE,
    MAX,
    OPS,
    OTHER_RUN,
    PRODUCTION,
    RUN,
    STRANGER,
    VIC,
    actor,
    deploying,
    estate,
    requested,
)
from tests.fakes.walk import Walk
from tests.fakes.world import Fakes, fake_world
from tests.fuzz.typing import TOKENS, TYPED

HEARD = {"aborting", "approved", "rejected", "secrets_accepted"}
CODES = {str(one) for kind in (Code, Answer, Say) for one in kind} | HEARD
REFUSED = {str(one) for one in Code}
OUTSIDERS = (VIC.name, "")
"""Persons who may change nothing; the empty name is a stranger's."""
JOINERS = "\u200c\u200d"


@dataclass(frozen=True)
class Heard:
    """One intent with what came of it. `before` and `after`: everything that the journal held."""

    intent: Intent
    said: Sequence[Notice]
    before: object
    after: object


def somebody(who: str, platform: str, shown: str) -> Actor:
    people = {one.name: one for one in (ANA, BOB, EVE, MAX, VIC)}
    if who in people:
        return replace(actor(people[who], platform), person=None, shown=shown)
    return Actor(platform, "U0NOBODY", None, shown)


PLATFORM = st.sampled_from(["slack", "discord", "telegram"])
SHOWN = st.sampled_from(["Nobody", "ana", "", 'A "B" $(x)', "\u202eana"])
INSIDER = st.builds(somebody, st.sampled_from([ANA.name, BOB.name, EVE.name, MAX.name]), PLATFORM, SHOWN)
OUTSIDER = st.builds(somebody, st.sampled_from(OUTSIDERS), PLATFORM, SHOWN)


@st.composite
def intents(draw: st.DrawFn, who: st.SearchStrategy[Actor]) -> Intent:
    by = draw(who)
    room = draw(st.sampled_from([OPS.addresses[by.platform]] * 9 + ["C-ELSEWHERE"]))
    origin, key = Origin(by.platform, room), draw(st.sampled_from(["same", ""]) | st.uuids().map(str))
    if draw(st.booleans()):
        return Typed(draw(TYPED), by, origin, key)
    return Pressed(draw(TOKENS), by, origin, key)


async def seed(journal: SqlJournal) -> None:
    """One run in canary that succeeded, and one in production that waits for its approval."""
    walks = {
        RUN: Walk(deploying()),
        OTHER_RUN: Walk(deploying(to=PRODUCTION)),
    }
    for name, walk in walks.items():
        run = walk.go(approve=False)
        first = requested(walk.plan, actor(BOB), name)
        events: list[Event] = [first, *walk.events[1:]]
        folded = fold(events)
        assert folded is not None
        assert (folded.outcome is None) == (name == OTHER_RUN), run
        await journal.append(name, 0, tuple(events), head_of(folded))


async def everything(journal: SqlJournal) -> object:
    """What the journal holds."""
    board, count = await journal.board()
    heads = await journal.history(None, None, 100)
    return board, count, tuple(heads), [tuple(await journal.read(head.run)) for head in heads]


@cache
def seeded() -> bytes:
    """The file of a journal in which the two runs stand: made once, as making it is most of the work."""

    async def make(path: Path) -> None:
        async with open_journal(f"sqlite:///{path}") as journal:
            await seed(journal)

    with TemporaryDirectory() as folder:
        path = Path(folder) / "journal.db"
        asyncio.run(make(path))
        return path.read_bytes()


async def play(path: Path, given_intents: Sequence[Intent]) -> tuple[list[Heard], Fakes]:
    async with open_journal(f"sqlite:///{path}") as journal:
        fakes = fake_world(estate(), journal)
        fakes.provider.put("worker", CANARY.name, "v-before")
        intake = Intake(fakes.world, Answers(fakes.world))
        heard, before = [], await everything(journal)
        for intent in given_intents:
            said = await intake(intent)
            after = await everything(journal)
            heard.append(Heard(intent, said, before, after))
            before = after
        return heard, fakes


def played(what: Sequence[Intent]) -> tuple[list[Heard], Fakes]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "journal.db"
        path.write_bytes(seeded())
        return asyncio.run(play(path, what))


def seen(text: str) -> bool:
    """Nothing in it that cannot be seen, breaks the line, turns text around or is half a character."""
    bad = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return not any(unicodedata.category(one) in bad and one not in JOINERS for one in text)


def check_notice(notice: Notice) -> None:
    assert notice.code in CODES, notice
    assert notice.text.strip(), "a notice says something"
    assert len(notice.text) < 1500, notice
    assert "Traceback" not in notice.text, notice
    assert "(unknown)" not in notice.text, notice
    assert all(seen(cell) for cell in (notice.text, *(cell for row in notice.rows for cell in row))), notice
    notice.text.encode()


def check(heard: Heard) -> None:
    assert heard.said, "everybody is answered"
    for notice in heard.said:
        check_notice(notice)
    event(heard.said[0].code)
    if heard.said[0].code in REFUSED:
        assert len(heard.said) == 1
        assert heard.before == heard.after, f"refused, and done all the same: {heard.said[0]}"


def check_refs(fakes: Fakes, events: Sequence[Event]) -> None:
    """A ref that the grammar lets through is one that git may be asked for."""
    refs = [one.plan.ref for one in events if isinstance(one, RunRequested) and one.plan.ref]
    for ref in [*refs, *fakes.source.resolved]:
        assert problem(ref) == ""
        assert not ref.startswith("-")


QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ORIGIN = Origin("slack", OPS.addresses["slack"])


@QUICK
@example([Typed("/deploy canary --env=production", actor(), ORIGIN, "")])
@example([Typed("/deploy canary main\n/promote", actor(), ORIGIN, "")])
@example([Typed("/deploy\x08\u202e canary\n/promote", actor(), ORIGIN, "")])
@example([Typed("/deploy canary", actor(), ORIGIN, "one"), Typed("/deploy canary", actor(), ORIGIN, "one")])
@example([Pressed(f"rollback:{RUN}", actor(), ORIGIN, "")] * 2)
@given(st.lists(intents(INSIDER), min_size=1, max_size=6))
def test_whatever_is_typed_or_pressed_is_answered_in_a_sentence_and_what_is_refused_is_not_done(
    what: list[Intent],
) -> None:
    heard, fakes = played(what)
    for one in heard:
        check(one)
    check_refs(fakes, [event for one in heard for stream in one.after[3] for event in stream])  # type: ignore[index]  # of `everything`


@QUICK
@example([Pressed(f"rollback:{RUN}", STRANGER, ORIGIN, "")])
@example([Pressed(f"approve:{OTHER_RUN}:release", actor(VIC), ORIGIN, "")])
@given(st.lists(intents(OUTSIDER), min_size=1, max_size=6))
def test_strangers_and_viewers_change_nothing_whatever_they_type_or_press(what: list[Intent]) -> None:
    heard, fakes = played(what)
    for one in heard:
        check(one)
        assert one.before == one.after
    assert fakes.provider.calls == []
    assert fakes.processes.ran == []
