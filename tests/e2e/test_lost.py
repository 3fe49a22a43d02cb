"""The provider in trouble: each call that a run makes is once refused, garbled, cut, or carried out without an answer.

A run must come through, or go back and say why; nothing is done twice either way. What wrangler does not repeat by
itself (everything but the upload) the bot does not guess about: it asks the account what became of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bot.domain.run import Run
from bot.domain.values import Outcome
from tests.e2e.calls import Call, seen_calls
from tests.e2e.matrix import Record, Tally
from tests.e2e.play import Play
from tests.e2e.scenes import DEPLOY, FAILING, FALLEN, PROMOTION, ROLLBACK, ROLLOUT, Scene, opened, prove, prove_rest
from tests.e2e.stage import CANARY, Stage
from tests.e2e.test_crash import named

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(3000),  # many runs, each with its real child processes
]

TROUBLES: dict[str, dict[str, Any]] = {
    "lost": {"do": "lost"},
    "429": {"do": "status", "status": 429, "retry_after": 1},
    "500": {"do": "status", "status": 500},
    "500 after acting": {"do": "status", "status": 500, "when": "after"},
    "502 as HTML": {"do": "html"},
    "yes and nothing done": {"do": "empty"},
    "yes and no more said": {"do": "empty", "when": "after"},
    "cut": {"do": "cut"},
    "late": {"do": "slow", "seconds": 3},
    "late after acting": {"do": "slow", "seconds": 3, "when": "after"},
}


READING = ("429", "500", "502 as HTML", "yes and nothing done", "cut", "late")
"""For a call that only asks, `lost` is `cut`, and the two kinds of 500, of an empty yes and of being late are one."""


@dataclass(frozen=True)
class Trouble:
    """One call, and what happens to it."""

    call: Call
    name: str

    async def make(self, play: Play) -> None:
        """The rule for it."""
        where = {"method": self.call.method, "path": self.call.pattern, "after": self.call.nth - 1, "times": 1}
        await play.stage.sandbox.post("rules/api", {**TROUBLES[self.name], **where})


async def suffer(stage: Stage, scene: Scene, troubles: Sequence[Trouble]) -> None:
    """One run with these troubles in it."""
    async with await opened(stage, scene) as play:
        for trouble in troubles:
            await trouble.make(play)
        await play.start()
        run = await play.over(play.type(scene.text))
        try:
            assert (await stage.sandbox.get("rules"))["api"] == [], "some of them never came"
            await judge(play, scene, run, troubles)
        except AssertionError as error:
            error.add_note(", ".join(map(str, troubles)))
            raise


async def judge(play: Play, scene: Scene, run: Run, troubles: Sequence[Trouble]) -> None:
    """Come through, or rest: where wrangler itself gives up, the run may fail, but says so and leaves no half."""
    if run.outcome is scene.outcome:
        await prove(play, scene, run, scene.uploads + 1)
        return
    assert any(one.call.by_wrangler for one in troubles), f"{run.outcome}: {run.reason}\n{play.log()}"
    assert run.outcome in (Outcome.ROLLED_BACK, Outcome.STOPPED), f"{run.outcome}: {run.reason}"
    assert run.reason
    await prove_rest(play, scene, run)


def grouped(calls: Sequence[Call], name: str) -> Iterator[list[Trouble]]:
    """The bot's own calls all in one run, as it has to get over each of them; wrangler's one by one.

    An answer that comes late is no reason for anybody to give up: all of them in one run, then.
    """
    worth = [one for one in calls if one.changes or name in READING]
    if name.startswith("late"):
        yield [Trouble(one, name) for one in worth]
        return
    if own := [Trouble(one, name) for one in worth if not one.by_wrangler]:
        yield own
    for one in worth:
        if one.by_wrangler:
            yield [Trouble(one, name)]


async def suffer_each(stage: Stage, scene: Scene, calls: list[Call], names: Iterable[str], record: Record) -> None:
    """Every trouble with every call."""
    for name in names:
        tally = Tally(f"{scene.name}, {name}")
        try:
            for troubles in grouped(calls, name):
                tally.tried += troubles
                await suffer(stage, scene, troubles)
                tally.passed += troubles
        finally:
            tally.note(record)


async def changing(stage: Stage, scene: Scene) -> list[Call]:
    """The calls that bring a deployment about."""
    return [one for one in await seen_calls(stage, scene) if one.changes and one.path.endswith("/deployments")]


async def weights(stage: Stage, scene: Scene) -> list[Call]:
    """Every one of them: a rollout makes several by the same path."""
    return [replace(one, nth=nth + 1) for one in await changing(stage, scene) for nth in range(scene.deployments)]


async def test_the_switch_in_trouble(stage: Stage, record_property: Record) -> None:
    quick = [name for name in TROUBLES if not name.startswith("yes")]  # a yes is waited for until it shows
    await suffer_each(stage, ROLLBACK, await changing(stage, ROLLBACK), quick, record_property)


async def test_the_deployment_in_trouble(stage: Stage, record_property: Record) -> None:
    await suffer_each(stage, DEPLOY, await changing(stage, DEPLOY), ["lost"], record_property)


async def test_the_weights_in_trouble(stage: Stage, record_property: Record) -> None:
    """Each deployment of a rollout is made and its answer lost: without traffic, the first traffic, the way back."""
    await suffer_each(stage, FALLEN, await weights(stage, FALLEN), ["lost"], record_property)


@pytest.mark.soak
@pytest.mark.parametrize("trouble", TROUBLES, ids=named)
@pytest.mark.parametrize("scene", [ROLLOUT, FALLEN], ids=named)
async def test_every_weight_in_trouble(stage: Stage, scene: Scene, trouble: str, record_property: Record) -> None:
    await suffer_each(stage, scene, await weights(stage, scene), [trouble], record_property)


@pytest.mark.soak
@pytest.mark.parametrize("trouble", TROUBLES, ids=named)
@pytest.mark.parametrize("scene", [ROLLBACK, DEPLOY, PROMOTION, ROLLOUT, FALLEN], ids=named)
async def test_every_call_in_trouble(stage: Stage, scene: Scene, trouble: str, record_property: Record) -> None:
    await suffer_each(stage, scene, await seen_calls(stage, scene), [trouble], record_property)


@pytest.mark.soak
@pytest.mark.parametrize("trouble", TROUBLES, ids=named)
async def test_the_way_back_in_trouble(stage: Stage, trouble: str, record_property: Record) -> None:
    calls = [one for one in await seen_calls(stage, FAILING) if not one.by_wrangler]
    await suffer_each(stage, FAILING, calls, [trouble], record_property)


async def test_the_seen_calls_are_the_known_ones(stage: Stage) -> None:
    """So that a call which is not seen any more, and therefore not tried, is noticed."""
    seen = {(one.method, one.path.partition(CANARY)[2]) for one in await seen_calls(stage, DEPLOY)}
    assert {("POST", "/versions"), ("POST", "/deployments"), ("GET", "/deployments"), ("POST", "/subdomain")} <= seen
