"""Giving a release its traffic in steps: a version without any, then each weight, read back every time.

What is live is read before each change, and only what this run has put there itself is changed: a deployment of
somebody else's is a `Conflict`, whatever the plan says.
"""

from bot.app.persist import FORWARD, persist, settle
from bot.app.scene import Scene
from bot.domain.baking import ours, put_back, shares
from bot.domain.events import ActEnded, ActFailed, ComponentDeployed
from bot.domain.plan import MOVING
from bot.domain.rollout_events import RoutesSet, VersionUploaded
from bot.domain.run import changed_component, setting_of
from bot.domain.values import ComponentVersion, Live, Share
from bot.ports.errors import Conflict, Permanent


async def upload(scene: Scene) -> ActEnded:
    """A version of the checkout that gets no traffic; one that an earlier life of the bot made is found."""
    commit = scene.run.commit
    if commit is None:
        raise Permanent("nothing is uploaded before its commit is pinned")
    subject, deployer = await scene.code(), scene.provider.deployer
    made = await settle(
        scene.clock,
        FORWARD,
        lambda: deployer.upload(scene.act, subject, commit),
        lambda: deployer.uploaded(scene.act, subject),
        asked_first=scene.action.resumed,
    )
    return VersionUploaded(scene.action.step, scene.action.item, scene.now, made)


async def set_routes(scene: Scene) -> ActEnded:
    """What is no part of a version follows the traffic."""
    subject, deployer = await scene.code(), scene.provider.deployer
    await settle(scene.clock, FORWARD, lambda: deployer.settle(scene.act, subject), _again)
    return RoutesSet(scene.action.step, scene.action.item, scene.now)


async def _again() -> None:
    """What may be repeated is simply done once more where its answer was lost."""


async def give(scene: Scene) -> ActEnded:
    """The item's weight for the canary of its component."""
    goal = _goal(scene)
    found = await _before(scene)
    if not found.same_traffic(Live(found.component, goal)):
        _guard(scene, found)
    live = await _give(scene, goal, found)
    return ComponentDeployed(scene.action.step, scene.action.item, scene.now, live)


async def _before(scene: Scene) -> Live:
    """What is live, once nothing of an earlier try is on its way any more."""
    deployer = scene.provider.deployer
    if scene.action.resumed:
        _, live = await persist(scene.clock, FORWARD, lambda: deployer.became_of(scene.act, scene.place))
        return live
    return await persist(scene.clock, FORWARD, lambda: standing(scene))


def _guard(scene: Scene, found: Live) -> None:
    before = scene.run.snapshot.of(scene.component.name)
    untouched = before is not None and found.same_traffic(before) and not scene.run.rollout.begun
    if not untouched and not ours(scene.run, found) and not put_back(scene.run, found):
        raise Conflict(f"{found.author or 'somebody'} deployed {scene.component.name} in the meantime")
    _, _, number = setting_of(scene.action.item) or ("", 0, 0)
    bake = scene.run.rollout.bake
    if bake is not None and number < bake.number:
        raise Conflict(f"another weight was chosen since: {bake.weight} %")


async def _give(scene: Scene, goal: tuple[Share, ...], found: Live) -> Live:
    deployer, name = scene.provider.deployer, scene.component.name

    async def there() -> Live | None:
        _, live = await deployer.became_of(scene.act, scene.place)
        return live if live.same_traffic(Live(name, goal)) else None

    return await settle(
        scene.clock, FORWARD, lambda: deployer.switch(scene.act, scene.place, goal, expected=found), there
    )


def _goal(scene: Scene) -> tuple[Share, ...]:
    name = scene.component.name
    before = scene.run.snapshot.of(name)
    canary: ComponentVersion | None = next((one for one in scene.run.uploaded if one.component == name), None)
    setting = setting_of(scene.action.item)
    if before is None or before.version is None or canary is None or setting is None:
        raise Permanent(f"traffic of {name} cannot be split: its baseline or its new version is not known")
    return shares(before.version, canary.version, setting[1])


async def standing(scene: Scene) -> Live:
    """What is live. After an act that was cut short its last request may still be on its way: then what is live once
    it has settled, or the traffic would move after the way back has been walked.
    """
    deployer, name = scene.provider.deployer, scene.component.name
    cut = [
        act
        for act in scene.run.acts.values()
        if act.step in MOVING and changed_component(act.step, act.item) == name
        if isinstance(act.end, ActFailed) and not act.end.untouched
    ]
    if not cut:
        return await deployer.live(scene.place)
    return (await deployer.became_of(scene.act_of(cut[-1].step, cut[-1].item), scene.place))[1]
