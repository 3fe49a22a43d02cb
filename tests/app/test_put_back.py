"""Somebody else's deploy in the middle of a rollout, and what `/resume` means after it."""

from dataclasses import replace

import pytest

from bot.domain.rollout_events import Resumed
from bot.domain.run import Run
from bot.domain.values import Outcome, RunId
from tests.app.conftest import begin, ended, running, state, tell, until
from tests.app.test_rollout import gradual
from tests.fakes import estates
from tests.fakes.world import Fakes


async def overtaken(fakes: Fakes, run: RunId, times: int = 1) -> Run:
    """The run once somebody else's deploy was found for the `times`-th time."""

    async def found() -> bool:
        names = [type(event).__name__ for event in await fakes.world.journal.read(run)]
        return names.count("Overtaken") >= times

    await until(found)
    return await state(fakes, run)


async def under_way(fakes: Fakes) -> RunId:
    fakes.provider.put("worker", "canary", "v-before")
    return await begin(fakes, gradual())


async def looked(fakes: Fakes, run: RunId) -> bool:
    return bool((await state(fakes, run)).rollout.looks)


def deploy(fakes: Fakes, version: str) -> None:
    """By somebody else, as the provider tells it: with its time."""
    live = replace(fakes.provider.put("worker", "canary", version, "carl"), since=fakes.clock.now())
    fakes.provider.lives["worker", "canary"] = live


async def test_with_the_baseline_put_back_the_canary_is_given_its_weight_again(fakes: Fakes) -> None:
    run = await under_way(fakes)
    async with running(fakes):
        await until(lambda: looked(fakes, run))
        deploy(fakes, "v-theirs")
        await overtaken(fakes, run)
        deploy(fakes, "v-before")
        await tell(fakes, run, Resumed(estates.actor(), fakes.clock.now()))
        found = await ended(fakes, run)
    assert found.outcome is Outcome.SUCCEEDED, found.reason
    assert [bake.weight for bake in found.rollout.bakes] == [10, 10, 50, 100]


async def test_what_was_put_back_by_hand_is_this_runs_own_again(fakes: Fakes) -> None:
    """A split that a person has restored is taken back by bad evidence like the run's own."""
    run = await under_way(fakes)
    async with running(fakes):
        await until(lambda: looked(fakes, run))
        split = fakes.provider.lives["worker", "canary"]
        deploy(fakes, "v-theirs")
        await overtaken(fakes, run)
        by_hand = replace(split, author="carl", message="", deployment="d-by-hand", since=fakes.clock.now())
        fakes.provider.lives["worker", "canary"] = by_hand
        fakes.metrics.rates = {"v-ccc": 1.0}
        await tell(fakes, run, Resumed(estates.actor(), fakes.clock.now()))
        found = await ended(fakes, run)
    assert found.outcome is Outcome.ROLLED_BACK, found.reason
    assert fakes.provider.lives["worker", "canary"].version == "v-before"


@pytest.mark.parametrize("theirs", ["v-theirs", "v-before"])
async def test_what_nobody_has_agreed_to_is_never_overwritten(fakes: Fakes, theirs: str) -> None:
    run = await under_way(fakes)
    async with running(fakes):
        await until(lambda: looked(fakes, run))
        deploy(fakes, "v-before")
        await overtaken(fakes, run)
        await tell(fakes, run, Resumed(estates.actor(), fakes.clock.now()))

        async def given_again() -> bool:
            found = await state(fakes, run)
            return len(found.rollout.bakes) == 2 and len(found.deployed) == 1 and found.rollout.overtaken is None

        await until(given_again)
        await until(lambda: _split(fakes))
        calls = list(fakes.provider.calls)
        deploy(fakes, theirs)
        found = await overtaken(fakes, run, times=2)
    assert found.rollout.overtaken is not None
    assert found.rollout.overtaken.version == theirs
    assert fakes.provider.calls == calls


async def _split(fakes: Fakes) -> bool:
    return fakes.provider.lives["worker", "canary"].split
