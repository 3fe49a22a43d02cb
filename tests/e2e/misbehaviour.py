"""How a release can be bad, and everybody's bad luck: rules of the sandbox's edge, put up when the canary has traffic.

Until then the release is well, so that it gets past its gates and its smoke: what only shows under traffic is what a
rollout is there to find.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bot.domain.run import Run
from tests.e2e.play import Play
from tests.e2e.scenes import Scene

Rule = Mapping[str, Any]
WORSE_EVERY = 2.0
"""Seconds between two steps of a leak."""


@dataclass(frozen=True)
class Misbehaviour:
    """`rules` are for the canary alone, `shared` for whoever answers."""

    name: str
    rules: tuple[Rule, ...] = ()
    shared: tuple[Rule, ...] = ()
    before: tuple[Rule, ...] = ()
    """For whoever answers, from the beginning on."""
    leak: float = 0.0
    """How much the share of canary requests that fail grows with each step; for a leak the rules say how they fail."""

    @asynccontextmanager
    async def of(self, play: Play, scene: Scene, key: str) -> AsyncIterator[None]:
        """It lasts until the block ends, or the play does."""
        async with asyncio.TaskGroup() as group:
            for rule in self.before:
                await _put_up(play, rule, script=scene.worker)
            task = group.create_task(self._begin(play, scene, key))
            yield
            task.cancel()

    async def _begin(self, play: Play, scene: Scene, key: str) -> None:
        version = (await begun(play, key)).uploaded[0].version
        for rule in self.shared:
            await _put_up(play, rule, script=scene.worker)
        for rule in () if self.leak else self.rules:
            await _put_up(play, rule, script=scene.worker, version=version)
        rate, standing = 0.0, list[str]()
        while self.leak:
            rate = min(1.0, rate + self.leak)
            made = [await _put_up(play, one, script=scene.worker, version=version, rate=rate) for one in self.rules]
            for one in standing:
                await play.stage.sandbox.delete(f"rules/{one}")
            standing = made
            await asyncio.sleep(WORSE_EVERY)


async def begun(play: Play, key: str) -> Run:
    """The run once a weight was chosen for its canary."""

    async def find() -> Run | None:
        run = play.state(key)
        return run if run is not None and run.rollout.begun else None

    return await play.until(find)


async def _put_up(play: Play, rule: Rule, **where: object) -> str:
    return str((await play.stage.sandbox.post("rules/edge", {**rule, **where}))["id"])


HARD_DOWN = Misbehaviour("hard down", ({"do": "exception"},))
TWENTY = Misbehaviour("20 % errors", ({"do": "status", "status": 500, "rate": 0.2},))
TWO = Misbehaviour("2 % errors", ({"do": "exception", "rate": 0.02},))
SLOW = Misbehaviour("slow by half", ({"do": "slow", "seconds": 0.03},), before=({"do": "slow", "seconds": 0.06},))
ONE_PATH = Misbehaviour("one path fails", ({"do": "status", "status": 500, "path": "/checkout"},))
LEAK = Misbehaviour("leak", ({"do": "exception"},), leak=0.004)
OUTAGE = Misbehaviour("shared outage", shared=({"do": "status", "status": 503, "rate": 0.5},))
