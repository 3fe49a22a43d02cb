"""Somebody else deploys while a canary has traffic: it is noticed within a minute, told, and never overwritten."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from bot.domain.evidence import held_since
from bot.domain.rollout_events import Overtaken
from bot.domain.run import Run
from bot.domain.values import Outcome
from tests.e2e.play import Play
from tests.e2e.scenes import ROLLOUT, opened, prove_intended, prove_told
from tests.e2e.stage import PRODUCTION, Gradual, Stage

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(900),  # whole rollouts, with real child processes
]
HANDS = "bo@example.com"
MINUTE = 60.0
SLOWLY = replace(ROLLOUT, gradual=Gradual(weights=(10, 100), bake="30s"))


async def overtake(play: Play, key: str, weight: int) -> Run:
    """Somebody gives the canary this once it has its own weight; the run when it has noticed."""

    async def given() -> Run | None:
        run = play.state(key)
        return run if run and run.rollout.looks and held_since(run) else None

    before = await play.until(given)
    theirs = await deploy(play.stage, *shares(play.stage, before, weight))

    async def noticed() -> Run | None:
        run = play.state(key)
        return run if run and run.rollout.overtaken else None

    run = await play.until(noticed)
    (told,) = [one for one in play.events(run.id) if isinstance(one, Overtaken)]
    assert told.live.author == HANDS
    assert (told.at - theirs).total_seconds() < MINUTE
    assert before.rollout.weight == run.rollout.weight
    return run


def shares(stage: Stage, run: Run, weight: int) -> list[tuple[str, int]]:
    """The canary has that weight, the baseline the rest."""
    split = [(stage.live[PRODUCTION], 100 - weight), (run.uploaded[0].version, weight)]
    return [one for one in split if one[1]]


async def deploy(stage: Stage, *shares: tuple[str, int]) -> datetime:
    """From the dashboard; when."""
    versions = [{"version_id": version, "percentage": weight} for version, weight in shares]
    body = {"script": PRODUCTION, "versions": versions, "email": HANDS}
    await stage.sandbox.post("dashboard-deployment", body)
    made = (await stage.deployments(PRODUCTION))[0]["created_on"]
    return datetime.fromisoformat(made.replace("Z", "+00:00"))


async def count(stage: Stage) -> int:
    return int((await stage.sandbox.get("calls"))["counters"].get("deployments", 0))


async def said(play: Play, code: str) -> dict[str, Any]:
    """The first notice of that code, as soon as it is said."""

    async def find() -> dict[str, Any] | None:
        found = [one["notice"] for one in play.outbox("say") if one["notice"]["code"] == code]
        return found[0] if found else None

    return await play.until(find)


async def test_it_is_told_and_the_rollout_goes_on_when_it_is_put_back(stage: Stage) -> None:
    async with await opened(stage, SLOWLY) as play:
        await play.start()
        key = play.type(SLOWLY.text)
        run = await overtake(play, key, 40)
        made = await count(stage)
        notice = await said(play, "overtaken")
        assert HANDS in notice["text"]
        assert f"{run.uploaded[0].version[:8]} 40 %" in notice["text"]
        await deploy(stage, *shares(stage, run, 10))
        assert await count(stage) == made, "nothing was overwritten"
        play.type("/resume")
        run = await play.over(key)
        assert run.outcome is Outcome.SUCCEEDED, f"{run.reason}\n{play.log()}"
        assert await stage.live_of(PRODUCTION) == [run.uploaded[0].version]
        await prove_intended(play, SLOWLY, run)
        prove_told(play, run)


@pytest.mark.soak
async def test_the_rollout_goes_on_when_the_baseline_was_put_back(stage: Stage) -> None:
    async with await opened(stage, SLOWLY) as play:
        await play.start()
        key = play.type(SLOWLY.text)
        await overtake(play, key, 0)
        play.type("/resume")
        run = await play.over(key)
        assert run.outcome is Outcome.SUCCEEDED, f"{run.reason}\n{play.log()}"
        assert await stage.live_of(PRODUCTION) == [run.uploaded[0].version]
        await prove_intended(play, SLOWLY, run)


@pytest.mark.soak
async def test_an_abort_leaves_theirs(stage: Stage) -> None:
    async with await opened(stage, SLOWLY) as play:
        await play.start()
        key = play.type(SLOWLY.text)
        taken = await overtake(play, key, 40)
        made = await count(stage)
        play.type("/abort")
        run = await play.over(key)
        assert run.outcome is Outcome.STOPPED
        assert HANDS in run.reason
        assert await stage.live_of(PRODUCTION) == [version for version, _ in shares(stage, taken, 40)]
        assert await count(stage) == made
        await prove_intended(play, SLOWLY, run)
        prove_told(play, run)
