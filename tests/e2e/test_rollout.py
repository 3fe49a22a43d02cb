"""Rollouts with real traffic: a good release gets all of it, and one that is bad in any way comes back by itself."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.domain.plan import StepKind
from bot.domain.run import Run
from bot.domain.values import Outcome
from tests.e2e.matrix import AtPort
from tests.e2e.misbehaviour import HARD_DOWN, LEAK, ONE_PATH, OUTAGE, SLOW, TWENTY, TWO, Misbehaviour
from tests.e2e.play import Play
from tests.e2e.scenes import ROLLOUT, Scene, opened, prove, prove_rest
from tests.e2e.stage import PRODUCTION, Gradual, Stage
from tests.e2e.test_crash import named
from tests.e2e.till import JSON, PAGE, Till
from tests.e2e.traffic import Asked, Traffic

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(900),  # whole rollouts, with real child processes
]
PROBES, TAIL = 'source = "probes"\nrate = 10\npath = "/"', 'source = "tail"'
ANALYTICS = 'source = "cloudflare"\nlag = 30'
RATE = 60.0
"""Requests a second: six of them meet a canary that has 10 %."""
BAD = (HARD_DOWN, TWENTY, TWO, SLOW, ONE_PATH, LEAK)


def scene(*sources: str, **how: object) -> Scene:
    """A promotion whose traffic is given in steps, judged by these sources."""
    gradual = replace(Gradual(sources=sources), **how)  # type: ignore[arg-type]  # its fields, by name
    return replace(ROLLOUT, gradual=gradual, deployments=len(gradual.weights) + 1)


async def comes_back(stage: Stage, scene: Scene, how: Misbehaviour) -> Run:
    """The run of a release that is bad in this way: rolled back by its evidence, and nothing else was changed."""
    async with await opened(stage, scene) as play, Traffic(stage.urls[PRODUCTION], RATE) as traffic:
        await play.start()
        key = play.type(scene.text)
        async with how.of(play, scene, key):
            run = await play.over(key)
        assert run.outcome is Outcome.ROLLED_BACK, f"{run.outcome}: {run.reason}\n{play.log()}"
        fallen = [step.kind for step in run.steps if step.verdict and not step.verdict.passed]
        assert fallen == [StepKind.ROLLOUT], run.reason
        assert "the canary" in run.reason
        assert run.rollout.weight < 100
        prove_share(run, traffic.asked)
        await prove_rest(play, scene, run)
        return run


def prove_share(run: Run, asked: Sequence[Asked]) -> None:
    """People met the canary only while it was meant to have traffic, and not more of it than that."""
    version, chosen = run.uploaded[0].version, run.rollout.bakes[0].chosen_at.timestamp()
    met = [one for one in asked if one.version == version]
    assert not [one for one in met if one.ended < chosen], "nobody meets a canary at 0 %"
    restored = [act.end.at.timestamp() for act in run.acts_of(StepKind.RESTORE) if act.end]
    assert not [one for one in met if restored and one.sent > restored[-1]], "nobody meets it after the way back"


async def test_a_good_release_gets_all_the_traffic(stage: Stage) -> None:
    chosen = scene(PROBES, weights=(20, 100), bake="5s")
    async with await opened(stage, chosen) as play, Traffic(stage.urls[PRODUCTION], RATE) as traffic:
        await play.start()
        run = await play.over(play.type(chosen.text))
        assert [bake.weight for bake in run.rollout.bakes] == [20, 100]
        assert traffic.bad() == []
        prove_share(run, traffic.asked)
        await prove(play, chosen, run)


async def test_a_release_that_is_hard_down_comes_back_by_the_tail(stage: Stage) -> None:
    run = await comes_back(stage, scene(TAIL), HARD_DOWN)
    assert run.rollout.weight == 10
    assert "errors against 0 %" in run.reason


@pytest.mark.soak
@pytest.mark.parametrize("sources", [(PROBES, TAIL), (TAIL,)], ids=["probes and tail", "tail"])
async def test_a_good_release_gets_all_of_the_plan(stage: Stage, sources: Sequence[str]) -> None:
    chosen = scene(*sources)
    async with await opened(stage, chosen) as play, Traffic(stage.urls[PRODUCTION], RATE) as traffic:
        await play.start()
        run = await play.over(play.type(chosen.text))
        assert [bake.weight for bake in run.rollout.bakes] == [10, 50, 100]
        assert traffic.bad() == []
        await prove(play, chosen, run)


@pytest.mark.soak
@pytest.mark.parametrize("how", BAD, ids=named)
async def test_a_bad_release_comes_back(stage: Stage, how: Misbehaviour) -> None:
    await comes_back(stage, scene(PROBES, TAIL, bake="30s"), how)


@pytest.mark.soak
@pytest.mark.parametrize(("source", "counts"), [(TAIL, 4), (PROBES, 3)], ids=["tail", "probes"])
async def test_a_bad_release_comes_back_though_the_bot_is_killed_at_every_few_counts(
    stage: Stage, source: str, counts: int
) -> None:
    """What an earlier life has counted is evidence in the next one, which opens a tail of its own."""
    chosen = scene(source, bake="2m", bake_max="10m")
    async with await opened(stage, chosen) as play, Traffic(stage.urls[PRODUCTION], RATE) as traffic:
        key = play.type(chosen.text)
        async with TWENTY.of(play, chosen, key):
            while await AtPort(f"metrics.count:{counts}:after").strike(play, key):
                pass
        run = await play.over(key)
        assert run.outcome is Outcome.ROLLED_BACK, f"{run.outcome}: {run.reason}\n{play.log()}"
        assert "the canary" in run.reason
        assert play.lives > 1, "it was killed at least once"
        prove_share(run, traffic.asked)
        await prove_rest(play, chosen, run)


@pytest.mark.soak
async def test_a_release_that_throws_comes_back_by_the_analytics(stage: Stage) -> None:
    throws = Misbehaviour("throws", ({"do": "exception", "rate": 0.2},))
    await comes_back(stage, scene(ANALYTICS, bake="2m", bake_max="4m"), throws)


@pytest.mark.soak
async def test_a_release_that_only_the_applications_own_counter_betrays_comes_back(stage: Stage) -> None:
    """Every answer is fine and quick; orders are declined, and only the application counts those."""
    async with Traffic(stage.urls[PRODUCTION], RATE) as traffic, Till(traffic) as till:
        sources = (JSON.format(url=till.url), PAGE.format(url=till.url))
        gradual = scene(*sources, weights=(50, 100), bake="30s", bake_max="2m")
        chosen = replace(gradual, text="/deploy production ref=declining", branch="declining")
        async with await opened(stage, chosen) as play:
            await play.start()
            run = await play.over(play.type(chosen.text))
            assert run.outcome is Outcome.ROLLED_BACK, f"{run.outcome}: {run.reason}\n{play.log()}"
            assert traffic.bad() == []
            assert "the canary counts more declined: " in run.reason
            assert "in 100 requests against 0 (" in run.reason
            assert {poll.source for look in run.rollout.looks for poll in look.polls} == {"till", "page"}
            assert run.rollout.weight == 50
            prove_share(run, traffic.asked)
            await prove_rest(play, chosen, run)


@pytest.mark.soak
async def test_an_outage_of_both_sides_is_not_blamed_on_the_canary(stage: Stage) -> None:
    chosen = replace(scene(PROBES, TAIL, bake_max="15s"), outcome=Outcome.ABORTED, deployments=3)
    async with await opened(stage, chosen) as play, Traffic(stage.urls[PRODUCTION], RATE):
        await play.start()
        key = play.type(chosen.text)
        async with OUTAGE.of(play, chosen, key):
            reason = await asks(play, key)
            assert "both sides fail" in reason
            assert "both sides fail" in (await play.heard("unsure"))["text"]
            await stage.sandbox.delete("rules")
            play.type("/abort")
            run = await play.over(key)
        assert run.outcome is Outcome.ABORTED
        assert run.rollout.weight == 10
        await prove_rest(play, chosen, run)


async def asks(play: Play, key: str) -> str:
    """What the run says of its canary once it waits for a person."""

    async def find() -> str | None:
        run = play.state(key)
        bake = run.rollout.bake if run else None
        assert run is None or run.outcome is None, run.reason
        return bake.verdict.reason if bake and bake.verdict and not bake.verdict.passed else None

    return await play.until(find)
