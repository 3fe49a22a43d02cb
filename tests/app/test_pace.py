"""How often canary and baseline are looked at: soon after each weight, calmly later, each source by itself."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from bot.domain.baking import LOOK, LOOK_EVERY, LOOK_SOON
from bot.domain.events import ActStarted, ComponentDeployed
from bot.domain.evidence import UNTOLD
from bot.domain.fold import fold
from bot.domain.plan import StepKind
from bot.domain.rollout_events import Looked
from bot.domain.run import Run
from bot.domain.steps import advance
from bot.domain.targets import Source
from tests.app.test_rollout import gradual, roll
from tests.fakes.world import Fakes


async def looks_of(fakes: Fakes, run: Run, source: str) -> tuple[datetime, list[datetime]]:
    """When the first weight was read back, and when each look at the source began that came before the next one."""
    events = await fakes.world.journal.read(run.id)
    given = [e.at for e in events if isinstance(e, ComponentDeployed) and e.step is StepKind.ROLLOUT]
    begun = [e.at for e in events if isinstance(e, ActStarted) and e.item == f"{LOOK}{source}"]
    return given[0], [at for at in begun if len(given) == 1 or at < given[1]]


async def test_the_first_look_begins_when_the_weight_was_read_back(fakes: Fakes) -> None:
    given, begun = await looks_of(fakes, await roll(fakes, gradual()), "probes")
    assert timedelta(0) <= begun[0] - (given + UNTOLD) < timedelta(seconds=1)


async def test_looks_come_soon_at_first_and_calmly_later(fakes: Fakes) -> None:
    _, begun = await looks_of(fakes, await roll(fakes, gradual()), "probes")
    pauses = [after - before for before, after in pairwise(begun)]
    assert LOOK_SOON <= pauses[0] < LOOK_EVERY <= pauses[-1]


async def test_a_slow_source_does_not_hold_up_a_fast_one(fakes: Fakes) -> None:
    plan = gradual()
    sources = (Source("fast", "probes"), Source("slow", "probes"))
    run = await roll(fakes, replace(plan, target=replace(plan.target, sources=sources)))
    events = list(await fakes.world.journal.read(run.id))
    first = next(at for at, event in enumerate(events) if isinstance(event, Looked) and event.item == f"{LOOK}fast")
    waiting = [event for event in events[: first + 1] if not isinstance(event, Looked) or event.item == f"{LOOK}fast"]
    begun = next(event.at for event in waiting if isinstance(event, ActStarted) and event.item == f"{LOOK}fast")
    found = fold(waiting)
    assert found is not None
    then = advance(found, begun + LOOK_SOON)
    looks = {one.item: one.resumed for one in then.actions if one.item.startswith(LOOK)}
    assert looks == {f"{LOOK}fast": False, f"{LOOK}slow": True}
