"""A rollout that is judged by the live tail alone: its websocket breaks, or the bot is started anew, in mid-bake."""

import pytest

from bot.domain.run import Run
from tests.e2e.play import Play
from tests.e2e.scenes import opened, prove
from tests.e2e.stage import PRODUCTION, Stage
from tests.e2e.test_rollout import RATE, TAIL, scene
from tests.e2e.traffic import Traffic

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(900),  # whole rollouts, with real child processes
]
BY_TAIL = scene(TAIL, weights=(50, 100), bake="20s", bake_max="2m")


async def counted(play: Play, key: str, polls: int) -> Run:
    """The run once the tail has told of that many spans of time."""

    async def find() -> Run | None:
        run = play.state(key)
        assert run is None or run.outcome is None, run.reason
        return run if run is not None and sum(len(one.polls) for one in run.rollout.looks) >= polls else None

    return await play.until(find)


async def opened_tails(stage: Stage) -> int:
    return int((await stage.sandbox.get("calls"))["counters"].get("tails", 0))


@pytest.mark.soak
async def test_a_tail_that_breaks_is_opened_again_and_the_rollout_goes_on(stage: Stage) -> None:
    async with await opened(stage, BY_TAIL) as play, Traffic(stage.urls[PRODUCTION], RATE) as traffic:
        await play.start()
        key = play.type(BY_TAIL.text)
        before = await counted(play, key, polls=1)
        assert await stage.sandbox.delete("tails") == {"cut": 1}
        await counted(play, key, polls=sum(len(one.polls) for one in before.rollout.looks) + 2)
        run = await play.over(key)
        assert await opened_tails(stage) >= 2
        assert traffic.bad() == []
        await prove(play, BY_TAIL, run)


@pytest.mark.soak
async def test_a_bot_that_is_started_anew_leaves_no_tail_behind_and_opens_its_own(stage: Stage) -> None:
    async with await opened(stage, BY_TAIL) as play, Traffic(stage.urls[PRODUCTION], RATE) as traffic:
        await play.start()
        key = play.type(BY_TAIL.text)
        before = await counted(play, key, polls=1)
        assert await play.terminate() == 0, play.log()
        assert await stage.sandbox.call("GET", f"/workers/scripts/{PRODUCTION}/tails") == []
        await play.start()
        run = await play.over(key)
        assert await opened_tails(stage) >= 2
        told = [poll for look in run.rollout.looks for poll in look.polls]
        assert len(told) > sum(len(one.polls) for one in before.rollout.looks), "the next life counts on"
        assert traffic.bad() == []
        await prove(play, BY_TAIL, run)


@pytest.mark.soak
async def test_a_bot_that_is_killed_closes_the_tail_that_it_left_when_it_begins_again(stage: Stage) -> None:
    path = f"/workers/scripts/{PRODUCTION}/tails"
    async with await opened(stage, BY_TAIL) as play, Traffic(stage.urls[PRODUCTION], RATE):
        await play.start()
        key = play.type(BY_TAIL.text)
        await counted(play, key, polls=1)
        (left,) = [one["id"] for one in await stage.sandbox.call("GET", path)]
        await play.kill()
        assert [one["id"] for one in await stage.sandbox.call("GET", path)] == [left]
        await play.start()
        run = await play.over(key)
        assert run.outcome is BY_TAIL.outcome
        assert left not in [one["id"] for one in await stage.sandbox.call("GET", path)]
        assert await play.terminate() == 0, play.log()
        assert await stage.sandbox.call("GET", path) == []
