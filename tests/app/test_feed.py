"""What rooms are told, on platforms that behave and on platforms that do not."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from adapters.sql.journal import SqlJournal
from bot.app.feed import Feed
from bot.domain.run import Run
from bot.domain.values import Outcome, RunId
from bot.ports.clock import Clock
from bot.ports.errors import Permanent, Temporary, Trouble
from bot.ports.journal import Cursors, Told
from bot.view.card import RunCard
from bot.view.catchup import untold
from bot.view.sentences import Say
from tests.app.conftest import begin, ended, running, until
from tests.app.test_rollout import gradual, roll
from tests.fakes.chat import FakeChat
from tests.fakes.estates import deploying, estate, target
from tests.fakes.world import Fakes, fake_world


@dataclass
class SqlCursors:
    """`Cursors`: the journal's own."""

    inner: Cursors

    async def told(self, run: RunId) -> Sequence[Told]:
        return await self.inner.told(run)

    async def behind(self) -> Sequence[RunId]:
        return await self.inner.behind()

    async def drawn(self, sign: str) -> Sequence[Told]:
        return await self.inner.drawn(sign)

    async def tell(self, *told: Told) -> None:
        await self.inner.tell(*told)


@asynccontextmanager
async def telling(fakes: Fakes, *chats: FakeChat) -> AsyncIterator[None]:
    """The feed at work."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(Feed(fakes.world, chats).serve())
        yield
        task.cancel()


async def told_all(chat: FakeChat, run: RunId) -> None:
    """Return once the last card is one of a run that is over, and the last sentence was said."""

    async def over() -> bool:
        cards = chat.shown(run)
        return bool(cards) and cards[-1].over and any(code.startswith("ended_") for code in chat.codes())

    await until(over)


async def deploy(fakes: Fakes, *chats: FakeChat, run: str = "00000001") -> Run:
    fakes.provider.put("worker", "canary", "v-before")
    begun = await begin(fakes, deploying(), run)
    async with telling(fakes, *chats):
        async with running(fakes):
            done = await ended(fakes, begun)
        for chat in chats:
            if chat.dead is None:
                await told_all(chat, begun)
    return done


async def test_a_run_has_one_card_and_its_sentences_stand_below_it(fakes: Fakes) -> None:
    chat = FakeChat()
    run = await deploy(fakes, chat)
    assert list(chat.cards) == ["m1"]
    assert {thread for thread, _ in chat.said} == {"m1"}
    assert len(chat.keys) == len(set(chat.keys))
    assert chat.codes()[0] == Say.REQUESTED
    assert chat.shown(run.id)[-1].over


async def test_both_platforms_of_a_room_show_the_same(fakes: Fakes) -> None:
    slack, telegram = FakeChat("slack"), FakeChat("telegram")
    run = await deploy(fakes, slack, telegram)
    assert slack.shown(run.id)[-1] == telegram.shown(run.id)[-1]
    assert slack.codes() == telegram.codes()


async def test_promise_7_chat_is_a_view_a_dead_platform_changes_nothing(fakes: Fakes) -> None:
    dead, alive = FakeChat("slack", dead=Temporary("nobody answers")), FakeChat("discord")
    run = await deploy(fakes, dead, alive)
    assert run.outcome is Outcome.SUCCEEDED
    assert alive.shown(run.id)[-1].over
    dead.dead = None
    async with telling(fakes, dead, alive):
        await told_all(dead, run.id)
    assert dead.shown(run.id) == [alive.shown(run.id)[-1]]
    assert dead.codes() == [Say.CAUGHT_UP, Say.ENDED_LIVE]
    meanwhile, last = (notice for _, notice in dead.said)
    told = list(dict.fromkeys(notice for _, notice in alive.said))
    assert [row[1] for row in meanwhile.rows] == [notice.text for notice in told[:-1]]
    assert last == told[-1]


async def test_a_notice_for_what_was_missed_is_said_under_one_key_however_often_it_is_tried(fakes: Fakes) -> None:
    """Its answer is lost, and the bot starts anew: the same key again, so that the platform can tell."""
    dead = FakeChat("slack", dead=Temporary("nobody answers"))
    run = await deploy(fakes, dead)
    dead.dead, dead.lost = None, [Temporary("the answer was lost", retry_after=7200.0)]

    async def said() -> bool:
        return bool(dead.said)

    async with telling(fakes, dead):
        await until(said)
    async with telling(fakes, dead):
        await told_all(dead, run.id)
    assert dead.codes() == [Say.CAUGHT_UP, Say.CAUGHT_UP, Say.ENDED_LIVE]
    assert dead.keys[0] == dead.keys[1] != dead.keys[2]


async def test_a_platform_that_is_back_in_a_moment_hears_everything(fakes: Fakes) -> None:
    dead, alive = FakeChat("slack", trouble=[Temporary("502")] * 3), FakeChat("discord")
    await deploy(fakes, dead, alive)
    assert dead.codes() == alive.codes()


async def test_the_end_of_a_run_carries_its_report(fakes: Fakes) -> None:
    chat = FakeChat()
    run = await deploy(fakes, chat)
    *others, (_, last) = chat.said
    assert not any(notice.document for _, notice in others)
    assert last.document is not None
    report = json.loads(last.document.content)
    assert (report["run"], report["outcome"]) == (run.id, "succeeded")
    assert report["ended_at"] is not None


@pytest.mark.parametrize("why", [Permanent("too large"), Temporary("502")])
async def test_a_document_that_is_not_taken_takes_no_sentence_with_it(fakes: Fakes, why: Trouble) -> None:
    chat = FakeChat(no_documents=why)
    run = await deploy(fakes, chat)
    assert chat.codes()[-1] == Say.ENDED_LIVE
    assert len(chat.keys) == len(set(chat.keys))
    assert chat.said[-1][1].document is None
    assert chat.shown(run.id)[-1].over


async def test_a_document_is_waited_for_as_long_as_the_platform_says_when(fakes: Fakes) -> None:
    chat = FakeChat(no_documents=Temporary("429", retry_after=5.0))
    fakes.provider.put("worker", "canary", "v-before")
    run = await begin(fakes, deploying())
    async with telling(fakes, chat):
        async with running(fakes):
            await ended(fakes, run)
        later = fakes.clock.now() + timedelta(minutes=2)

        async def waited() -> bool:
            return fakes.clock.now() > later

        await until(waited)
        assert Say.ENDED_LIVE not in chat.codes()
        chat.no_documents = None
        await told_all(chat, run)
    assert chat.said[-1][1].document is not None


async def test_a_flooded_platform_is_told_later_and_nothing_twice(fakes: Fakes) -> None:
    chat = FakeChat(trouble=[Temporary("429", retry_after=30.0), Temporary("502"), Temporary("429", retry_after=5.0)])
    run = await deploy(fakes, chat)
    assert len(chat.cards) == 1
    assert len(chat.keys) == len(set(chat.keys))
    assert chat.shown(run.id)[-1].over


async def test_a_message_that_the_platform_never_takes_holds_up_nothing(fakes: Fakes) -> None:
    chat = FakeChat(trouble=[Permanent("invalid_blocks")])
    run = await deploy(fakes, chat)
    assert run.outcome is Outcome.SUCCEEDED
    assert chat.codes()[-1].startswith("ended_")


async def test_a_rollout_is_told_with_its_steps(fakes: Fakes) -> None:
    run = await roll(fakes, gradual())
    events = await fakes.world.journal.read(run.id)
    codes = [notice.code for one in untold(events, 0) for notice in one.said]
    assert codes.count(Say.WEIGHT_SET) == codes.count(Say.BAKED) == 2
    assert codes[-1] == Say.ENDED_LIVE


async def test_drawings_are_coalesced(fakes: Fakes) -> None:
    """Many events, few edits: never more than one a second of the run's own time, and the last state always."""
    chat = FakeChat()
    run = await deploy(fakes, chat)
    assert run.ended_at is not None
    events = len(await fakes.world.journal.read(run.id))
    assert len(chat.shown(run.id)) < events
    assert chat.shown(run.id)[-1].over


@dataclass
class TimedChat(FakeChat):
    """Remembers when something was drawn."""

    clock: Clock | None = None
    times: list[datetime] = field(default_factory=list)

    async def draw(self, address: str, card: RunCard, known: str, key: str) -> str:
        assert self.clock is not None
        self.times.append(self.clock.now())
        return await super().draw(address, card, known, key)


async def test_the_distance_between_drawings_is_kept_by_all_runs_of_a_conversation_together(
    journal: SqlJournal,
) -> None:
    targets = [target(name) for name in ("one", "two", "three")]
    fakes = fake_world(estate(targets), journal)
    fakes.provider.put("worker", "canary", "v-before")
    chat = TimedChat(clock=fakes.clock)
    runs = [await begin(fakes, deploying(of), f"0000000{at}") for at, of in enumerate(targets, 1)]
    async with telling(fakes, chat), running(fakes):
        for run in runs:
            await ended(fakes, run)
        await until(lambda: _all_over(chat, runs))
    gaps = [after - before for before, after in itertools.pairwise(chat.times)]
    assert len(gaps) > 6
    assert min(gaps) >= chat.limits.min_edit_interval


async def _all_over(chat: FakeChat, runs: Sequence[RunId]) -> bool:
    return all(chat.shown(run) and chat.shown(run)[-1].over for run in runs)
