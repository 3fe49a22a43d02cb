"""`/plan`: what a deploy would meet and bring. Everything is read, nothing is changed, no command is run."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.app.gates import ask_gate
from bot.app.reaching import reach_of
from bot.app.world import World
from bot.domain.events import RunRequested
from bot.domain.fold import start
from bot.domain.plan import deploy_plan
from bot.domain.run import Run
from bot.domain.targets import CommandGate, Environment, Target
from bot.domain.values import Actor, Commit, Live, Mark, Reach, RunId, Verdict
from bot.ports.deployer import Subject
from bot.ports.errors import Trouble
from bot.view.status import Outlook

NOBODY = Actor("outrider", "plan")


async def look_ahead(world: World, target: Target, environment: Environment, ref: str) -> Outlook:
    """The outlook on deploying that ref. Raises a `Trouble` only where the ref itself cannot be had."""
    commit = await world.source.resolve(target.repo, ref)
    folder = await world.source.checkout(target.repo, commit.sha)
    unread: dict[str, str] = {}
    lives: list[Live] = []
    pending: dict[str, tuple[str, ...]] = {}
    reach: dict[str, Reach] = {}
    for component in target.components:
        provider, subject = world.provider(component), Subject(component, environment, folder)
        try:
            lives.append(await provider.deployer.live(subject))
            reach[component.name] = await reach_of(world, component, subject)
            for database in component.d1:
                pending[database] = await provider.databases.pending(subject, database)
        except Trouble as trouble:
            unread[component.name] = world.redactor.clean(trouble.reason)
    return Outlook(
        target,
        environment,
        commit,
        await _since(world, target, environment, commit, lives),
        tuple(lives),
        await _gates(world, target, environment, commit),
        pending,
        unread,
        reach,
    )


async def _since(
    world: World, target: Target, environment: Environment, commit: Commit, lives: list[Live]
) -> tuple[Commit, ...] | None:
    """Commits that the deploy would add, where a run of ours made what is live."""
    board, _ = await world.journal.board()
    head = board.standing.get((target.name, environment.name))
    release = head.release if head else None
    left = {one.component: one.version for one in release.versions} if release else {}
    if release is None or any(live.version != left.get(live.component) for live in lives):
        return None
    return tuple(await world.source.log(target.repo, release.commit.sha, commit.sha))


async def _gates(
    world: World, target: Target, environment: Environment, commit: Commit
) -> Mapping[str, Verdict | None]:
    """Each gate's verdict as a run would have it now; None for a command, which only a run tries."""
    run = _imagined(target, environment, commit, world.clock.now())
    folder = await world.source.checkout(target.repo, commit.sha)
    verdicts: dict[str, Verdict | None] = {}
    for gate in run.plan.target.gates:
        if isinstance(gate, CommandGate):
            verdicts[gate.name] = None
            continue
        try:
            verdicts[gate.name], _ = await ask_gate(world, run, gate.name, folder)
        except Trouble as trouble:
            verdicts[gate.name] = Verdict(Mark.ERROR, world.redactor.clean(trouble.reason))
    return verdicts


def _imagined(target: Target, environment: Environment, commit: Commit, now: datetime) -> Run:
    """The run that the gates are asked for; it is never begun."""
    plan = deploy_plan(target, environment, commit.sha)
    return replace(start(RunRequested(RunId("00000000"), plan, NOBODY, now)), commit=commit)
