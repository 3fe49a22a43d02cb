"""Rollouts with real traffic: a good release gets all of it, and one that is bad in any way comes back by itself."""

import pytest

from bot.domain.run import Run
from bot.domain.values import Outcome
from tests.e2e import misbehaviour
from tests.e2e.misbehaviour import GOOD, HARD_DOWN, LEAK, ONE_PATH, OUTAGE, SLOW, TWENTY, TWO, Misbehaviour
from tests.e2e.scenes import Scene, opened
from tests.e2e.stage import PRODUCTION, Gradual, Stage
from tests.e2e.test_crash import named
from tests.e2e.traffic import Traffic

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(900),  # whole rollouts, with real child processes
]
PROBES, TAIL = 'source = "probes"\nrate = 10', 'source = "tail"'
RATE = 60.0


def scene(*sources: str, outcome: Outcome = Outcome.SUCCEEDED) -> Scene:
    return Scene("rollout", "/promote", PRODUCTION, outcome=outcome, gradual=Gradual(sources=sources))


async def play_out(stage: Stage, scene: Scene, how: Misbehaviour, rate: float) -> tuple[Run, Traffic]:
    async with await opened(stage, scene) as play, Traffic(stage.urls[PRODUCTION], rate) as traffic:
        await play.start()
        key = play.type(scene.text)
        async with how.of(play, scene, key):
            run = await play.over(key)
        timeline(play, run)
        return run, traffic


def timeline(play, run):
    at0 = run.requested_at
    for e in play.events(run.id):
        d = str(e)
        at = getattr(e, "at", None)
        if type(e).__name__ == "Looked":
            d = str([(p.source, p.weight, (p.since-at0).total_seconds(), (p.at-at0).total_seconds(), p.baseline.requests, p.baseline.errors, p.canary.requests, p.canary.errors) for p in e.polls]) + str(e.troubles)
        if type(e).__name__ in ("ActStarted", "LiveSeen", "GateJudged"): continue
        print(f"{(at-at0).total_seconds():7.2f} {type(e).__name__} {d[:300]}")


@pytest.mark.parametrize("how", [GOOD, HARD_DOWN, TWENTY, TWO, SLOW, ONE_PATH, LEAK, OUTAGE], ids=named)
async def test_x(stage: Stage, how: Misbehaviour) -> None:
    run, traffic = await play_out(stage, scene(PROBES, TAIL), how, RATE)
    print(run.outcome, run.reason, len(traffic.asked), len(traffic.bad()))
    v = run.uploaded[0].version
    mine = [a for a in traffic.asked if a.version == v]
    print("canary", len(mine))
    assert run.outcome is Outcome.SUCCEEDED
