"""A freeze or a lock that comes while runs are under way: what waits, what goes on, and who is told so."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.events import StepStarted
from bot.domain.plan import StepKind
from bot.domain.values import Outcome, RunId
from tests.app.conftest import ended, running, state, until
from tests.app.test_feed import telling
from tests.app.test_intake import Talk
from tests.fakes.chat import FakeChat
from tests.fakes.estates import BOB, EVE, MAX, actor
from tests.fakes.world import Fakes


async def in_its_gates(fakes: Fakes, run: RunId) -> None:
    async def there() -> bool:
        return bool(fakes.processes.ran)

    await until(there)
    assert (await state(fakes, run)).outcome is None


async def states(chat: FakeChat, run: RunId, words: str) -> bool:
    shown = chat.shown(run)
    return bool(shown) and words in shown[-1].state


@pytest.mark.parametrize(
    ("stop", "go", "words"),
    [
        ("/freeze an incident", "/unfreeze", "waiting: max stopped all deploys until somebody says /unfreeze"),
        ("/lock canary an incident", "/unlock canary", "waiting: max locked canary: an incident"),
    ],
)
async def test_promise_9_a_deploy_that_has_changed_nothing_yet_is_held(
    fakes: Fakes, stop: str, go: str, words: str
) -> None:
    """It was in its gates when somebody stopped everybody: it must not go live a minute later."""
    fakes.provider.put("worker", "canary", "v-before")
    fakes.processes.hold = asyncio.Event()
    talk, chat = Talk(fakes), FakeChat()
    async with telling(fakes, chat), running(fakes):
        run = RunId((await talk.type("/deploy canary", actor(BOB))).run)
        await in_its_gates(fakes, run)
        assert "Under way" not in (await talk.type(stop, actor(MAX))).text
        fakes.processes.hold.set()
        await until(lambda: states(chat, run, words))
        assert fakes.provider.calls == []
        events = await fakes.world.journal.read(run)
        assert not [one for one in events if isinstance(one, StepStarted) and one.step is StepKind.SNAPSHOT]
        await talk.type(go, actor(MAX))
        done = await ended(fakes, run)
    assert done.outcome is Outcome.SUCCEEDED


async def test_promise_9_what_is_half_way_goes_on_and_the_answer_says_so(fakes: Fakes) -> None:
    fakes.provider.put("worker", "canary", "v-before")
    fakes.provider.hang = asyncio.Event()
    talk = Talk(fakes)

    async def moved() -> bool:
        return bool(fakes.provider.calls)

    async with running(fakes):
        run = RunId((await talk.type("/deploy canary", actor(BOB))).run)
        await until(moved)
        said = await talk.type("/freeze 2h", actor(MAX))
        assert f"going on unless somebody says /pause or /abort: {run} (deploy to canary)" in said.text
        assert run in (await talk.type("/lock canary", actor(MAX))).text
        assert run not in (await talk.type("/lock production", actor(MAX))).text
        fakes.provider.hang.set()
        done = await ended(fakes, run)
    assert done.outcome is Outcome.SUCCEEDED


async def test_promise_9_whoever_holds_an_environment_does_not_wait_behind_what_their_lock_holds(fakes: Fakes) -> None:
    """Max locks canary for a repair while bob's deploy is in its gates: it must not keep the repair waiting."""
    fakes.provider.put("worker", "canary", "v-before")
    fakes.processes.hold = asyncio.Event()
    talk = Talk(fakes)
    async with running(fakes):
        held = RunId((await talk.type("/deploy canary", actor(BOB))).run)
        await in_its_gates(fakes, held)
        await talk.type("/lock canary a repair", actor(MAX))
        fakes.processes.hold.set()
        repair = RunId((await talk.type("/deploy canary", actor(MAX))).run)
        assert (await ended(fakes, repair)).outcome is Outcome.SUCCEEDED
        stopped = await ended(fakes, held)
    assert stopped.outcome is Outcome.STOPPED
    assert stopped.aborted_by == actor(MAX)
    assert fakes.provider.calls == ["deploy/worker canary"]


async def test_a_held_run_can_be_stopped(fakes: Fakes) -> None:
    fakes.provider.put("worker", "canary", "v-before")
    talk = Talk(fakes)
    run = RunId((await talk.type("/deploy canary", actor(BOB))).run)
    await talk.type("/freeze", actor(MAX))
    async with running(fakes):
        assert (await talk.type(f"/abort {run}", actor(EVE))).code == "aborting"
        done = await ended(fakes, run)
    assert done.outcome is Outcome.STOPPED
    assert fakes.provider.calls == []


async def test_a_card_that_waits_says_its_place_as_it_is_now(fakes: Fakes) -> None:
    """The third in the queue is the second once the first is over."""
    fakes.provider.put("worker", "canary", "v-before")
    talk, chat = Talk(fakes), FakeChat()
    fakes.processes.hold = asyncio.Event()
    async with telling(fakes, chat), running(fakes):
        runs = [RunId((await talk.type("/deploy canary", actor(BOB))).run) for _ in range(3)]
        await until(lambda: states(chat, runs[2], "waiting for 2 runs before it"))
        await in_its_gates(fakes, runs[0])
        await talk.type(f"/abort {runs[0]}", actor(BOB))
        await ended(fakes, runs[0])
        await until(lambda: states(chat, runs[2], "waiting for 1 run before it"))
        for run in runs[1:]:
            await talk.type(f"/abort {run}", actor(BOB))
            await ended(fakes, run)


async def test_a_queued_run_says_why_it_waits_when_its_turn_has_come(fakes: Fakes) -> None:
    fakes.provider.put("worker", "canary", "v-before")
    talk, chat = Talk(fakes), FakeChat()
    fakes.processes.hold = asyncio.Event()
    async with telling(fakes, chat), running(fakes):
        first, second = [RunId((await talk.type("/deploy canary", actor(BOB))).run) for _ in range(2)]
        await in_its_gates(fakes, first)
        await talk.type("/freeze", actor(MAX))
        await talk.type(f"/abort {first}", actor(BOB))
        await until(lambda: states(chat, second, "waiting: max stopped all deploys"))
        await talk.type(f"/abort {second}", actor(BOB))
        await ended(fakes, second)


async def test_nobody_ends_somebody_elses_freeze_by_a_shorter_one(fakes: Fakes) -> None:
    talk = Talk(fakes)
    assert (await talk.type("/freeze 2h an incident", actor(MAX))).code == "answer_frozen"
    assert (await talk.type("/freeze 5m", actor(BOB))).code == "frozen"
    assert (await talk.type("/freeze 3h", actor(BOB))).code == "answer_frozen"
    assert (await talk.type("/freeze 5m", actor(BOB))).code == "answer_frozen", "one's own may be made shorter"
    board, _ = await fakes.world.journal.board()
    assert board.freeze is not None
    assert board.freeze == replace(board.freeze, actor=actor(BOB))
