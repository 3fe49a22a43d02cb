"""Store, acknowledge, decide: whatever dies in between, what was asked for is obeyed, and once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count

import pytest

from bot.app.answers import Answers
from bot.app.inbox import DurableIntake
from bot.app.intake import Intake
from bot.domain.commands import Intent, Origin, Pressed, Typed
from bot.domain.plan import StepKind
from bot.domain.press import token
from bot.domain.rollout_events import WeightChosen
from bot.domain.values import Actor, RunId
from bot.ports.errors import Temporary
from bot.view.notice import Notice
from tests.app.conftest import begin, running, state, until
from tests.app.test_rollout import gradual
from tests.fakes.chat import FakeChat
from tests.fakes.estates import ANA, EVE, OPS, PRODUCTION, actor, deploying
from tests.fakes.world import Fakes

KEYS = count()
KINDS = ("deploy", "abort", "weight", "approve", "lock")
FACTS = {
    "deploy": "RunRequested",
    "abort": "AbortRequested",
    "weight": "WeightChosen",
    "approve": "Approved",
    "lock": "Locked",
}


def typed(text: str, who: Actor | None = None, room: str = "") -> Typed:
    who = who or actor(ANA)
    return Typed(text, who, Origin(who.platform, room or OPS.addresses[who.platform]), f"slack:{next(KEYS)}")


def pressed(what: str) -> Pressed:
    return Pressed(what, actor(ANA), Origin("slack", OPS.addresses["slack"]), f"slack:{next(KEYS)}")


@dataclass
class Life:
    """A life of the bot, as far as it takes in what people ask for."""

    fakes: Fakes
    chat: FakeChat = field(default_factory=FakeChat)

    def __post_init__(self) -> None:
        self.intake = DurableIntake(self.fakes.world, self.decides, [self.chat])

    @property
    def decides(self) -> Intake:
        return Intake(self.fakes.world, Answers(self.fakes.world))

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        await self.intake.take_up()
        async with asyncio.TaskGroup() as group:
            work = group.create_task(self.intake.serve())
            yield
            work.cancel()

    async def said(self, *codes: str) -> None:
        async def so() -> bool:
            return self.chat.codes() == list(codes)

        await until(so)


async def facts(fakes: Fakes) -> Counter[str]:
    """Every event of every run by its kind, without the plan's own weights, and the locks."""
    heads = await fakes.world.archive.history(None, None, 100)
    found: Counter[str] = Counter()
    for head in heads:
        events = await fakes.world.journal.read(head.run)
        by_plan = [event for event in events if isinstance(event, WeightChosen) and event.actor is None]
        found.update(type(event).__name__ for event in events if event not in by_plan)
    board, _ = await fakes.world.journal.board()
    found["Locked"] = len(board.locks)
    return found


async def _at_ten(fakes: Fakes, run: RunId) -> bool:
    found = await state(fakes, run)
    return found.rollout.weight == 10 and bool(found.rollout.looks)


async def _waits(fakes: Fakes, run: RunId) -> bool:
    current = (await state(fakes, run)).current
    return current is not None and current.kind is StepKind.APPROVAL and current.started_at is not None


async def stage(fakes: Fakes, kind: str) -> Intent:
    """Bring about what the command is for; the command."""
    fakes.provider.put("worker", "canary", "v-before")
    match kind:
        case "deploy":
            return typed("/deploy canary")
        case "lock":
            return typed("/lock canary the reason")
        case "abort":
            return pressed(token("abort", await begin(fakes, deploying())))
        case "weight":
            run = await begin(fakes, gradual())
            async with running(fakes):
                await until(lambda: _at_ten(fakes, run))
            return typed("/weight 30")
        case _:
            run = await begin(fakes, deploying(to=PRODUCTION))
            async with running(fakes):
                await until(lambda: _waits(fakes, run))
            return typed("/approve", actor(EVE))


@pytest.mark.parametrize("kind", KINDS)
async def test_kept_and_killed_the_next_life_obeys_once(fakes: Fakes, kind: str) -> None:
    intent = await stage(fakes, kind)
    assert await Life(fakes).intake.keep(intent)
    for _ in range(3):
        life = Life(fakes)
        assert not await life.intake.keep(intent)
        await life.intake.take_up()
        assert (await facts(fakes))[FACTS[kind]] == 1
    assert await fakes.world.inbox.unheard() == []


@pytest.mark.parametrize("kind", KINDS)
async def test_killed_between_the_fact_and_the_answer_it_is_not_obeyed_again(fakes: Fakes, kind: str) -> None:
    """A weight chosen by hand may have been changed by somebody else since: it must not come back."""
    intent = await stage(fakes, kind)
    first = Life(fakes)
    assert await first.intake.keep(intent)
    await first.decides(intent)
    before = await facts(fakes)
    second = Life(fakes)
    async with second.served():
        assert not await second.intake.keep(intent)
    assert second.chat.said == []
    assert await facts(fakes) == before
    assert before[FACTS[kind]] == 1


@pytest.mark.parametrize("kind", ["weight", "lock"])
async def test_decided_twice_by_whatever_way_it_is_one_fact(fakes: Fakes, kind: str) -> None:
    intent = await stage(fakes, kind)
    life = Life(fakes)
    await life.decides(intent)
    before, (_, events) = await facts(fakes), await fakes.world.journal.board()
    again = typed("/weight 20") if kind == "weight" else intent
    (said,) = await life.decides(replace(again, key=intent.key))
    assert said.code == "twice"
    assert await facts(fakes) == before
    assert (await fakes.world.journal.board())[1] == events


async def test_what_was_heard_is_answered_and_not_taken_up(fakes: Fakes) -> None:
    life = Life(fakes)
    for text in ("/deploy canary", "/status", "/lock nowhere", "/unlock canary", "nonsense"):
        intent = typed(text)
        assert await life.intake.keep(intent)
        assert await life.intake(intent)
        assert not await life.intake.keep(intent)
    assert await fakes.world.inbox.unheard() == []


@dataclass
class Noting(Intake):
    """Notes what it is asked to decide."""

    inner: Intake
    decided: list[str] = field(default_factory=list)

    async def __call__(self, intent: Intent) -> Sequence[Notice]:
        self.decided.append(intent.key)
        return await self.inner(intent)


@pytest.mark.parametrize("dropped", [False, True])
async def test_what_came_at_once_is_acknowledged_before_the_first_of_it_is_decided(fakes: Fakes, dropped: bool) -> None:
    deciding = Noting(Life(fakes).decides)
    intake = DurableIntake(fakes.world, deciding, [], head_start=timedelta(hours=1))
    first, second = typed("/lock canary mine"), typed("/whoami")
    assert await intake.keep(first)
    assert await intake.keep(second)
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(intake(first))
        for _ in range(100):  # turns enough for one that waits for nobody
            await asyncio.sleep(0)
        assert deciding.decided == []
        await (intake.drop if dropped else intake)(second)
    assert [one.code for one in asking.result()] == ["answer_locked"]
    assert deciding.decided == ([first.key] if dropped else [first.key, second.key])


async def test_what_nobody_hands_on_does_not_hold_up_others(fakes: Fakes) -> None:
    life = Life(fakes)
    await life.intake.keep(typed("/lock canary theirs"))
    intent = typed("/lock production mine")
    await life.intake.keep(intent)
    assert [one.code for one in await life.intake(intent)] == ["answer_locked"]


async def test_what_is_dropped_is_not_taken_up(fakes: Fakes) -> None:
    life, intent = Life(fakes), typed("/deploy canary")
    await life.intake.keep(intent)
    await life.intake.drop(intent)
    await Life(fakes).intake.take_up()
    assert (await facts(fakes))["RunRequested"] == 0


async def test_they_are_taken_up_in_order_and_answered_in_their_room(fakes: Fakes) -> None:
    before = Life(fakes)
    for text in ("/lock canary mine", "/deploy canary", "/unlock canary", "/unlock canary", "/whoami"):
        await before.intake.keep(typed(text))
    after = Life(fakes)
    after.chat.trouble = [Temporary("not connected yet"), Temporary("slow", retry_after=20.0)]
    async with after.served():
        await until(lambda: all_said(after, 4))
    codes = Counter(after.chat.codes())
    assert codes == Counter(["answer_locked", "answer_unlocked", "not_locked", "whoami"]), "a run is told by its card"
    assert {address for address, _ in after.chat.posted} == {OPS.addresses["slack"]}
    assert all(notice.text.startswith("ana asked on Wed 18 Nov 12:00") for _, notice in after.chat.said)
    assert not any(notice.private for _, notice in after.chat.said)
    assert (await facts(fakes))["RunRequested"] == 1


async def all_said(life: Life, many: int) -> bool:
    return len(life.chat.said) == many
