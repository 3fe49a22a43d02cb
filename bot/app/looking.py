"""Looking at a rollout: what is live, what canary and baseline do, whether the weight is felt at the edge."""

import asyncio
from datetime import timedelta

from bot.app.measuring import sample
from bot.app.persist import persist
from bot.app.scene import Scene
from bot.domain.baking import EDGE, LOOK, STANDING_EVERY
from bot.domain.events import ActEnded, CheckMeasured
from bot.domain.items import other_versions, wanted_versions
from bot.domain.plan import StepKind
from bot.domain.rollout_events import LiveSeen, Looked
from bot.domain.run import Run
from bot.domain.stretches import Stretch, asked_for, unheard
from bot.domain.targets import Component, Source
from bot.domain.values import Mark, Measurement, Verdict
from bot.domain.verdict import judge
from bot.ports.channel import Wanted
from bot.ports.deployer import Subject
from bot.ports.errors import Trouble
from bot.ports.metrics import Poll, Scope

EDGE_WITHIN = timedelta(seconds=20)
"""A weight of 10 is felt by one of the probes that fit into this with more than 99 % certainty."""
EDGE_EVERY = timedelta(milliseconds=250)
LOOK_WITHIN = timedelta(seconds=15)
"""A source that takes longer has counted nothing this time."""


async def look(scene: Scene) -> ActEnded:
    """The look that the item names."""
    item = scene.action.item
    if item.startswith(LOOK):
        return await _count(scene, item.removeprefix(LOOK))
    return await _edge(scene) if item.startswith(EDGE) else await _see(scene)


async def _see(scene: Scene) -> LiveSeen:
    deployer = scene.provider.deployer
    live = await persist(scene.clock, STANDING_EVERY, lambda: deployer.live(scene.place))
    return LiveSeen(scene.action.step, scene.action.item, scene.now, live)


async def _edge(scene: Scene) -> CheckMeasured:
    """Ordinary requests until one is answered by the canary. That none is says little where its weight is small."""
    run, world, action = scene.run, scene.world, scene.action
    wanted = Wanted(wanted_versions(run, action.step), other_versions(run, action.step))
    begun, samples = scene.now, 0
    while True:
        found = await sample(world, run, run.plan.health, wanted)
        samples += 1
        verdict = judge(run.plan.health, found, wanted.versions)
        if verdict.passed or scene.now - begun >= EDGE_WITHIN:
            told = verdict if verdict.passed else _unseen(found, samples)
            return CheckMeasured(action.step, action.item, scene.now, found, told, samples)
        await scene.clock.sleep(EDGE_EVERY)


def _unseen(last: Measurement, samples: int) -> Verdict:
    why = last.verdict.reason or "the baseline answered"
    return Verdict(Mark.INCONCLUSIVE, f"not met in {samples} ordinary requests ({why})")


async def _count(scene: Scene, name: str) -> Looked:
    """What the source of that name has counted since its last answer, or why nothing."""
    source = next(one for one in scene.run.plan.sources if one.name == name)
    answer = await _ask(scene, source)
    return Looked(
        scene.action.step,
        scene.action.item,
        scene.now,
        (answer,) if isinstance(answer, Poll) else (),
        {name: answer} if isinstance(answer, str) else {},
    )


async def _ask(scene: Scene, source: Source) -> Poll | str | None:
    """What the source counted, or why it counted nothing."""
    watching = scene.action.step is StepKind.WATCH
    stretch = unheard(scene.run, source) if watching else asked_for(scene.run, source, scene.now)
    if stretch is None:
        return None
    scope = _scope(scene.run, source, stretch)
    if scope is None:
        return "the versions to compare are not known"
    try:
        async with asyncio.timeout(LOOK_WITHIN.total_seconds()):
            return await scene.world.counter(source.kind).count(scope, stretch.since)
    except TimeoutError:
        return f"no answer within {LOOK_WITHIN.total_seconds():.0f} s"
    except Trouble as trouble:
        return scene.world.redactor.clean(trouble.reason)


def _scope(run: Run, source: Source, stretch: Stretch) -> Scope | None:
    component = _component(run, source)
    before = run.snapshot.of(component.name)
    canary = next((one for one in run.uploaded if one.component == component.name), None)
    if before is None or before.version is None or canary is None:
        return None
    subject = Subject(component, run.plan.environment, worker=before.worker or canary.worker)
    return Scope(source, subject, before.version, canary.version, stretch.weight, stretch.until)


def _component(run: Run, source: Source) -> Component:
    """Who is called stands before who calls: the last one is where users come in."""
    named = next((one for one in run.plan.components if one.name == source.component), None)
    return named or run.plan.components[-1]
