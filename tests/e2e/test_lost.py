"""The provider in trouble: each call that a run makes is once refused, garbled, cut, or carried out without an answer.

A run must come through, or go back and say why; nothing is done twice either way. What wrangler does not repeat by
itself (everything but the upload) the bot does not guess about: it asks the account what became of it.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.domain.run import Run
from bot.domain.values import Outcome
from tests.e2e.calls import Call, seen_calls
from tests.e2e.matrix import Record, Tally
from tests.e2e.play import Play
from tests.e2e.scenes import DEPLOY, FAILING, PROMOTION, ROLLBACK, Scene, opened, prove, prove_rest
from tests.e2e.stage import CANARY, Stage
from tests.e2e.test_crash import named

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(3000),  # many runs, each with its real child processes
    pytest.mark.xdist_group("stage"),
]

TROUBLES: dict[str, dict[str, Any]] = {
    "lost": {"do": "lost"},
    "429": {"do": "status", "status": 429, "retry_after": 1},
    "500": {"do": "status", "status": 500},
    "500 after acting": {"do": "status", "status": 500, "when": "after"},
    "502 as HTML": {"do": "html"},
    "cut": {"do": "cut"},
}


@dataclass(frozen=True)
class Trouble:
    """One call, and what happens to it."""

    call: Call
    name: str
    rule: dict[str, Any] = field(repr=False, compare=False)

    async def make(self, play: Play) -> None:
        """The rule for it."""
        where = {"method": self.call.method, "path": self.call.pattern, "after": self.call.nth - 1, "times": 1}
        await play.stage.sandbox.post("rules/api", {**self.rule, **where})


async def suffer(stage: Stage, scene: Scene, trouble: Trouble) -> None:
    """One run with one trouble in it."""
    async with await opened(stage, scene) as play:
        await trouble.make(play)
        await play.start()
        run = await play.over(play.type(scene.text))
        assert (await stage.sandbox.get("rules"))["api"] == [], f"{trouble} never came"
        try:
            await judge(play, scene, run, trouble)
        except AssertionError as error:
            error.add_note(str(trouble))
            raise


async def judge(play: Play, scene: Scene, run: Run, trouble: Trouble) -> None:
    """Come through, or rest: where wrangler itself gives up, the run may fail, but says so and leaves no half."""
    if run.outcome is scene.outcome:
        await prove(play, scene, run, scene.uploads + 1)
        return
    assert trouble.call.by_wrangler, f"{run.outcome}: {run.reason}\n{play.log()}"
    assert run.outcome in (Outcome.ROLLED_BACK, Outcome.STOPPED), f"{run.outcome}: {run.reason}"
    assert run.reason
    await prove_rest(play, scene, run)


async def suffer_each(stage: Stage, scene: Scene, calls: list[Call], troubles: list[str], record: Record) -> None:
    for name in troubles:
        tally = Tally(f"{scene.name}, {name}")
        try:
            for call in calls:
                trouble = Trouble(call, name, TROUBLES[name])
                tally.tried.append(trouble)
                await suffer(stage, scene, trouble)
                tally.passed.append(trouble)
        finally:
            tally.note(record)


def changing(calls: list[Call], *ends: str) -> list[Call]:
    return [one for one in calls if one.changes and (not ends or one.path.endswith(ends))]


async def test_the_switch_in_trouble(stage: Stage, record_property: Record) -> None:
    calls = changing(await seen_calls(stage, ROLLBACK))
    await suffer_each(stage, ROLLBACK, calls, list(TROUBLES), record_property)


async def test_the_deployment_in_trouble(stage: Stage, record_property: Record) -> None:
    calls = changing(await seen_calls(stage, DEPLOY), "/deployments")
    await suffer_each(stage, DEPLOY, calls, ["lost", "500"], record_property)


@pytest.mark.soak
@pytest.mark.parametrize("trouble", TROUBLES, ids=named)
@pytest.mark.parametrize("scene", [ROLLBACK, DEPLOY, PROMOTION, FAILING], ids=named)
async def test_every_call_in_trouble(stage: Stage, scene: Scene, trouble: str, record_property: Record) -> None:
    await suffer_each(stage, scene, await seen_calls(stage, scene), [trouble], record_property)


async def test_the_seen_calls_are_the_known_ones(stage: Stage) -> None:
    """So that a call which is not seen any more, and therefore not tried, is noticed."""
    seen = {(one.method, one.path.partition(CANARY)[2]) for one in await seen_calls(stage, DEPLOY)}
    assert {("POST", "/versions"), ("POST", "/deployments"), ("GET", "/deployments"), ("POST", "/subdomain")} <= seen
