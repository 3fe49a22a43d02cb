"""Doing one act and saying what became of it: an action in, the fact that ends it out.

Each act may find itself begun by an earlier life of the bot (`resumed`). What only reads is then done again, here;
what changes something is asked about first, in `changing`.
"""

from collections.abc import Awaitable, Callable, Mapping

from bot.app.changing import change
from bot.app.gates import ask_gate
from bot.app.giving import set_routes, upload
from bot.app.looking import look
from bot.app.measuring import measure
from bot.app.persist import FORWARD, ignore, persist
from bot.app.reaching import reach_ahead, reach_of
from bot.app.scene import Scene
from bot.app.world import World
from bot.domain.action import Action
from bot.domain.events import ActEnded, ActFailed, CommitPinned, ComponentBuilt, GateJudged, SnapshotTaken
from bot.domain.plan import CHANGING, MOVING, RunKind, StepKind
from bot.domain.run import Run, changed_component
from bot.domain.values import FREE, Bookmark, Live
from bot.domain.watching import ROUND
from bot.ports.errors import Conflict, Differs, Permanent, Trouble

SHIPS = (RunKind.DEPLOY, RunKind.PROMOTE)
LOG_LINES = 20
"""Last lines of output that a failure keeps."""


async def do(world: World, run: Run, action: Action, hindered: Callable[[str], None] = ignore) -> ActEnded:
    """Do the act; whatever `Trouble` comes of it is an `ActFailed` with one sentence. `hindered`: see `Scene`."""
    scene = Scene(world, run, action, hindered)
    try:
        return await _do(scene)
    except Differs as refused:
        return await _failed(scene, refused, refused.secrets)
    except Trouble as trouble:
        return await _failed(scene, trouble)


async def abandon(world: World, run: Run, action: Action) -> ActEnded:
    """End an act that an abort has overtaken: no process of it is left afterwards."""
    scene = Scene(world, run, action)
    await world.processes.ended(scene.act.cookie)
    return ActFailed(action.step, action.item, scene.now, "aborted")


async def _do(scene: Scene) -> ActEnded:
    if scene.action.resumed:
        await scene.world.processes.ended(scene.act.cookie)
    step, item = scene.action.step, scene.action.item
    if step in CHANGING and changed_component(step, item):
        return await change(scene)
    if step in (StepKind.ROLLOUT, StepKind.WATCH) and not item.startswith(ROUND):
        return await look(scene)
    if step in MEASURING:
        return await measure(scene.world, scene.run, step, item)
    if step not in DOING:
        raise Permanent(f"there is nothing to do for {step}")
    return await DOING[step](scene)


async def _checkout(scene: Scene) -> ActEnded:
    source, plan, action = scene.world.source, scene.run.plan, scene.action

    async def pin() -> CommitPinned:
        commit = scene.run.commit or await source.resolve(plan.target.repo, plan.ref)
        await source.checkout(plan.target.repo, commit.sha)
        ahead = await reach_ahead(scene.world, scene.run, commit.sha) if plan.kind in SHIPS else {}
        return CommitPinned(action.step, action.item, scene.now, commit, ahead)

    return await persist(scene.clock, FORWARD, pin)


async def _gate(scene: Scene) -> ActEnded:
    folder, action = await scene.folder(), scene.action

    async def ask() -> GateJudged:
        verdict, log = await ask_gate(scene.world, scene.run, action.item, folder)
        return GateJudged(action.step, action.item, scene.now, verdict, log[-LOG_LINES:])

    return await persist(scene.clock, FORWARD, ask)


async def _snapshot(scene: Scene) -> ActEnded:
    """Bookmarks matter only where migrations may follow."""
    ships = scene.run.plan.kind in SHIPS
    subject = await scene.code() if ships or not scene.place.worker else scene.place
    action, provider, component = scene.action, scene.provider, scene.component

    async def read() -> SnapshotTaken:
        live = await provider.deployer.live(subject)
        marks = [
            Bookmark(component.name, name, await provider.databases.bookmark(subject, name))
            for name in (component.d1 if ships else ())
        ]
        reach = await reach_of(scene.world, component, subject) if ships else FREE
        return SnapshotTaken(action.step, action.item, scene.now, live, tuple(marks), reach)

    return await persist(scene.clock, FORWARD, read)


async def _build(scene: Scene) -> ActEnded:
    component, release = scene.component, scene.run.plan.release
    built = await scene.provider.deployer.build(scene.act, await scene.code())
    verified = release.of(component.name) if release else None
    if component.same_bundle and verified and verified.digest and verified.digest != built.digest:
        raise Permanent(
            f"this bundle ({built.digest[:8]}) is not the one that was verified ({verified.digest[:8]}): "
            "make the build repeatable, or set same_bundle = false"
        )
    return ComponentBuilt(scene.action.step, scene.action.item, scene.now, built.digest)


DOING: Mapping[StepKind, Callable[[Scene], Awaitable[ActEnded]]] = {
    StepKind.CHECKOUT: _checkout,
    StepKind.GATES: _gate,
    StepKind.SNAPSHOT: _snapshot,
    StepKind.BUILD: _build,
    StepKind.UPLOAD: upload,
    StepKind.ROUTES: set_routes,
}
MEASURING = frozenset({StepKind.HEALTH, StepKind.SMOKE, StepKind.VERIFY, StepKind.WATCH, StepKind.RECHECK})


async def _failed(scene: Scene, trouble: Trouble, question: tuple[str, ...] = ()) -> ActEnded:
    clean = scene.world.redactor.clean
    return ActFailed(
        scene.action.step,
        scene.action.item,
        scene.now,
        clean(trouble.reason),
        tuple(clean(line) for line in trouble.log[-LOG_LINES:]),
        question,
        await _live_after(scene),
        untouched=isinstance(trouble, Conflict | Differs),
    )


async def _live_after(scene: Scene) -> Live | None:
    """What is live after a failed change, for the person who has to look; a failure to read adds nothing."""
    step, item = scene.action.step, scene.action.item
    if step not in (*MOVING, StepKind.RESTORE) or not changed_component(step, item):
        return None
    try:
        return await scene.provider.deployer.live(scene.place)
    except Trouble:
        return None
