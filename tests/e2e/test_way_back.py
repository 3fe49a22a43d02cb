"""A deploy that fails comes back by itself and says why; one that cannot come back says exactly what is live."""

from typing import Any

import pytest

from bot.domain.values import Outcome
from tests.e2e.play import Play
from tests.e2e.scenes import DEPLOY, FAILING, ROLLBACK, opened, prove, prove_rest, prove_told
from tests.e2e.stage import CANARY, Stage

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(900),  # whole runs, with real child processes
]


def said(play: Play, code: str) -> dict[str, Any]:
    """The one notice of that code."""
    found = [one["notice"] for one in play.outbox("say") if one["notice"]["code"] == code]
    assert len(found) == 1, [one["notice"]["code"] for one in play.outbox("say")]
    return dict(found[0])


async def test_a_release_that_is_not_well(stage: Stage) -> None:
    async with await opened(stage, FAILING) as play:
        await play.start()
        run = await play.over(play.type(FAILING.text))
        await prove(play, FAILING, run)
        last = play.outbox("say")[-1]["notice"]
        assert last["code"] == "ended_rolled_back"
        assert stage.live[CANARY][:8] in last["text"]
        assert "health" in last["text"]
        assert "503" in last["text"]
        assert last["text"].count("\n") == 0


async def test_a_wrangler_that_fails_after_the_traffic_has_moved(stage: Stage) -> None:
    async with await opened(stage, DEPLOY) as play:
        rule = {"do": "status", "status": 403, "method": "POST", "path": ".*/subdomain"}
        await stage.sandbox.post("rules/api", rule)
        await play.start()
        run = await play.over(play.type(DEPLOY.text))
        assert run.outcome is Outcome.ROLLED_BACK
        turned = said(play, "going_back")
        assert "Traffic moved to" in turned["text"]
        assert any("subdomain" in line for line in turned["log"])
        await prove_rest(play, DEPLOY, run)


async def test_a_way_back_that_fails_too(stage: Stage) -> None:
    async with await opened(stage, FAILING) as play:
        await refuse(stage, 403, after=1)
        await play.start()
        run = await play.over(play.type(FAILING.text))
        assert run.outcome is Outcome.NEEDS_HANDS
        live = (await stage.live_of(CANARY))[0]
        assert [live] == [one.version for one in run.deployed]
        last = said(play, "ended_needs_hands")
        card = [one["shown"] for one in play.outbox("draw") if one["shown"]["run"] == run.id][-1]
        assert f"{live[:8]}" in str([row for row in last["rows"] if row[0] == "live"])
        assert [row for row in last["rows"] if row[0] == "tried"]
        assert live[:8] in card["state"]
        assert "health" in last["text"]
        prove_told(play, run)
        assert play.left() == []


@pytest.mark.soak
async def test_a_way_back_through_an_api_in_trouble_is_tried_until_it_is_walked(stage: Stage) -> None:
    """For more than a minute: the release that is not well keeps the traffic until then, so nothing is given up."""
    async with await opened(stage, FAILING) as play:
        await refuse(stage, 500, after=1, times=8)
        await play.start()
        run = await play.over(play.type(FAILING.text))
        assert (await stage.sandbox.get("rules"))["api"] == [], "it was tried more than eight times"
        await prove(play, FAILING, run)


async def test_a_rollback_that_fails(stage: Stage) -> None:
    async with await opened(stage, ROLLBACK) as play:
        await refuse(stage, 403, after=0)
        await play.start()
        run = await play.over(play.type(ROLLBACK.text))
        assert run.outcome is Outcome.NEEDS_HANDS
        assert await stage.live_of(CANARY) == [stage.live[CANARY]]
        assert stage.live[CANARY][:8] in str(
            [row for row in said(play, "ended_needs_hands")["rows"] if row[0] == "live"]
        )
        prove_told(play, run)


async def refuse(stage: Stage, status: int, after: int, times: int | None = None) -> None:
    """Once that many deployments were taken no more are, for ever or so many times."""
    rule = {"do": "status", "status": status, "method": "POST", "path": ".*/deployments", "after": after}
    await stage.sandbox.post("rules/api", {**rule, "times": times} if times else rule)
