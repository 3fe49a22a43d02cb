"""Acts that change something outside: done once, asked about before they are done again, read back after.

The way back never overwrites what somebody else deployed in the meantime: that is theirs to decide about.
"""

from bot.app.giving import give, standing
from bot.app.persist import BACKWARD, FORWARD, persist, settle
from bot.app.scene import Scene
from bot.domain.baking import ours
from bot.domain.events import ActEnded, ComponentDeployed, ComponentRestored, MigrationsApplied
from bot.domain.plan import StepKind
from bot.domain.values import Bookmark, Live, Share
from bot.ports.deployer import Fate, Subject
from bot.ports.errors import Permanent


async def change(scene: Scene) -> ActEnded:
    """Do the act, or find that it was done."""
    match scene.action.step:
        case StepKind.MIGRATE:
            return await _migrate(scene)
        case StepKind.DEPLOY:
            return await _deploy(scene)
        case StepKind.SWITCH:
            return await _switch(scene)
        case StepKind.SMOKE | StepKind.ROLLOUT:
            return await give(scene)
        case _:
            return await _restore(scene)


async def _migrate(scene: Scene) -> ActEnded:
    subject = await scene.code()
    names = {database: await _migrate_one(scene, subject, database) for database in scene.component.d1}
    return MigrationsApplied(scene.action.step, scene.action.item, scene.now, names)


async def _migrate_one(scene: Scene, subject: Subject, database: str) -> tuple[str, ...]:
    """Asking what is pending settles every doubt: the provider remembers what was applied."""
    databases = scene.provider.databases
    before = await persist(scene.clock, FORWARD, lambda: databases.pending(subject, database))

    async def applied() -> tuple[str, ...] | None:
        return None if await databases.pending(subject, database) else before

    async def apply() -> tuple[str, ...]:
        await databases.migrate(scene.act, subject, database)
        return before

    return await settle(scene.clock, FORWARD, apply, applied, asked_first=True)


async def _deploy(scene: Scene) -> ActEnded:
    commit, expected = scene.run.commit, scene.run.snapshot.of(scene.component.name)
    if commit is None or expected is None:
        raise Permanent("nothing is deployed before its commit is pinned and its snapshot is read")
    subject, deployer = await scene.code(), scene.provider.deployer

    async def done() -> Live | None:
        fate, live = await deployer.became_of(scene.act, subject)
        return live if fate is Fate.DONE else None

    live = await settle(
        scene.clock,
        FORWARD,
        lambda: deployer.deploy(scene.act, subject, commit, expected),
        done,
        asked_first=scene.action.resumed,
    )
    return ComponentDeployed(scene.action.step, scene.action.item, scene.now, live)


async def _switch(scene: Scene) -> ActEnded:
    goal = scene.run.plan.goal.of(scene.component.name) if scene.run.plan.goal else None
    if goal is None or not goal.shares:
        raise Permanent(f"{scene.component.name} had no earlier release to go back to")
    live = await _go_to(scene, goal.shares, scene.run.snapshot.of(scene.component.name))
    return ComponentDeployed(scene.action.step, scene.action.item, scene.now, live)


async def _restore(scene: Scene) -> ActEnded:
    component = scene.component
    goal = scene.run.snapshot.of(component.name)
    if goal is None:
        raise Permanent(f"what was live of {component.name} before was never read")
    found = await persist(scene.clock, BACKWARD, lambda: standing(scene), scene.hindered)
    changed = not found.same_traffic(goal)
    if not goal.shares:
        if changed:
            raise Permanent(f"{component.name} had no earlier release to go back to")
        rewound = await _rewind(scene)
        return ComponentRestored(scene.action.step, scene.action.item, scene.now, found, False, rewound)
    if changed and not ours(scene.run, found):
        by = found.author or "somebody else"
        raise Permanent(f"{by} deployed {component.name} in the meantime, and that is left as it is")
    live = await _go_to(scene, goal.shares, None)
    rewound = await _rewind(scene)
    return ComponentRestored(scene.action.step, scene.action.item, scene.now, live, changed, rewound)


async def _go_to(scene: Scene, shares: tuple[Share, ...], expected: Live | None) -> Live:
    """Traffic to these versions. Shares that are live already send nothing, so repeating this is safe by itself.

    It is tried for as long as the way back may take: a bad release keeps its traffic until it succeeds.
    """
    deployer, name = scene.provider.deployer, scene.component.name

    async def there() -> Live | None:
        # Not just what is live now: the request of an earlier life may still be on its way.
        _, live = await deployer.became_of(scene.act, scene.place)
        return live if live.same_traffic(Live(name, shares)) else None

    return await settle(
        scene.clock,
        BACKWARD,
        lambda: deployer.switch(scene.act, scene.place, shares, expected, force=scene.action.force),
        there,
        asked_first=scene.action.resumed,
        doubts=None,
        hindered=scene.hindered,
    )


async def _rewind(scene: Scene) -> tuple[str, ...]:
    """Databases go back only where the configuration says so: writes made meanwhile would be lost."""
    name = scene.component.name
    if not scene.component.rewind_d1 or scene.run.act(StepKind.MIGRATE, name) is None:
        return ()
    marks = [mark for mark in scene.run.snapshot.bookmarks if mark.component == name]
    for mark in marks:
        await _rewind_one(scene, await scene.code(), mark)
    return tuple(mark.database for mark in marks)


async def _rewind_one(scene: Scene, subject: Subject, mark: Bookmark) -> None:
    databases = scene.provider.databases

    async def rewind() -> None:
        await databases.rewind(scene.act, subject, mark.database, mark.mark)

    await persist(scene.clock, BACKWARD, rewind, scene.hindered)
