"""What others do while a run is under way: people, other tools, the machine, the chat platform."""

import asyncio
from typing import Any

import pytest

from bot.domain.events import SnapshotTaken
from bot.domain.plan import StepKind
from bot.domain.run import Run
from bot.domain.values import Outcome
from tests.e2e.play import Play
from tests.e2e.scenes import DEPLOY, opened, prove, prove_rest, prove_told
from tests.e2e.stage import CANARY, Stage

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(900),  # whole runs, with real child processes
]
HANDS = "bo@example.com"
LATE = 0.7
"""Seconds that a request is on its way after the one who sent it has died; the bot looks for two."""


async def held(play: Play, path: str) -> None:
    """Return when a call of wrangler's to that path is held, before it has acted."""
    await play.stage.sandbox.post("rules/api", {"do": "hold", "method": "POST", "path": path, "times": 1})

    async def find() -> bool | None:
        return True if await play.stage.sandbox.get("held") else None

    await play.until(find)


async def test_an_abort_in_the_middle_of_wrangler(stage: Stage) -> None:
    async with await opened(stage, DEPLOY) as play:
        await play.start()
        key = play.type(DEPLOY.text)
        await held(play, ".*/versions")
        assert len([one for one in play.left() if "wrangler" in one]) >= 2
        play.type("/abort")
        run = await play.over(key)
        assert run.outcome is Outcome.ABORTED
        assert play.left() == []
        await stage.sandbox.post("held/release", {"then": "cut"})
        await prove_rest(play, DEPLOY, run)


async def test_an_abort_when_the_deployment_is_on_its_way(stage: Stage) -> None:
    """The dead wrangler has left a request behind. It is carried out a moment after the abort, and undone."""
    async with await opened(stage, DEPLOY) as play:
        await play.start()
        key = play.type(DEPLOY.text)
        await held(play, ".*/deployments")
        play.type("/abort")

        async def going_back() -> bool | None:
            run = play.state(key)
            return True if run is not None and (run.going_back or run.outcome) else None

        await play.until(going_back)
        await asyncio.sleep(LATE)
        await stage.sandbox.post("held/release")
        run = await play.over(key)
        assert run.outcome is Outcome.ABORTED
        assert (await counters(stage))["deployments"] == 2
        await prove_rest(play, DEPLOY, run)


async def test_a_second_deploy_waits_for_its_turn(stage: Stage) -> None:
    async with await opened(stage, DEPLOY) as play:
        await play.start()
        first, second = play.type(DEPLOY.text), play.type(DEPLOY.text)
        queued = await play.answer(second)
        assert queued["code"] == "queued"
        assert "1 run" in queued["text"]
        one, two = await play.over(first), await play.over(second)
        assert (one.outcome, two.outcome) == (Outcome.SUCCEEDED, Outcome.SUCCEEDED)
        assert one.ended_at is not None
        assert two.started_at is not None
        assert one.ended_at <= two.started_at
        states = [card["shown"]["state"] for card in play.outbox("draw") if card["shown"]["run"] == two.id]
        assert any("1 run" in state for state in states)
        assert [live.version for live in two.snapshot.lives] == [live.version for live in one.deployed]
        prove_told(play, one)
        prove_told(play, two)


async def test_a_gradual_deployment_of_somebody_else(stage: Stage) -> None:
    async with await opened(stage, DEPLOY) as play:
        await stage.deployment(CANARY, stage.first, stage.live[CANARY], email=HANDS)
        await stage.sandbox.post("reset-calls")
        await play.start()
        run = await play.over(play.type(DEPLOY.text))
        assert run.outcome is Outcome.STOPPED
        assert HANDS in run.reason
        assert sorted(await stage.live_of(CANARY)) == sorted([stage.first, stage.live[CANARY]])
        assert (await counters(stage)).keys().isdisjoint({"uploads", "deployments", "migrations"})
        prove_told(play, run)


async def test_a_deployment_of_somebody_else_after_the_snapshot(stage: Stage) -> None:
    async with await opened(stage, DEPLOY) as play:
        await play.start()
        key = play.type(DEPLOY.text)

        async def snapped() -> Run | None:
            run = play.state(key)
            act = run.act(StepKind.SNAPSHOT, "worker") if run else None
            return run if act is not None and isinstance(act.end, SnapshotTaken) else None

        await play.until(snapped)
        await stage.deployment(CANARY, stage.first, email=HANDS)
        run = await play.over(key)
        assert run.outcome in (Outcome.NEEDS_HANDS, Outcome.STOPPED)
        assert HANDS in run.reason
        assert await stage.live_of(CANARY) == [stage.first]
        prove_told(play, run)


async def test_a_chat_platform_that_is_down_all_the_while(stage: Stage) -> None:
    async with await opened(stage, DEPLOY) as play:
        await play.start()
        key = play.type(DEPLOY.text)
        (play.room / "down").touch()

        async def ended() -> Run | None:
            run = play.state(key)
            return run if run is not None and run.outcome is not None else None

        assert (await play.until(ended)).outcome is Outcome.SUCCEEDED
        assert [one for one in play.outbox("draw") if one["shown"]["over"]] == []
        (play.room / "down").unlink()
        await prove(play, DEPLOY, await play.over(key))


async def test_a_restart_in_the_middle(stage: Stage) -> None:
    async with await opened(stage, DEPLOY) as play:
        await play.start()
        key = play.type(DEPLOY.text)
        await held(play, ".*/versions")
        assert await play.terminate() == 0, play.log()
        assert play.left() == []
        await stage.sandbox.post("held/release", {"then": "cut"})
        await play.start()
        await prove(play, DEPLOY, await play.over(key))


async def counters(stage: Stage) -> dict[str, Any]:
    return dict((await stage.sandbox.get("calls"))["counters"])
