"""Reading what is live, without a run."""

from dataclasses import replace

from bot.app.world import World
from bot.domain.board import Board
from bot.domain.targets import Component, Environment, Target
from bot.domain.values import Live
from bot.ports.deployer import Subject
from bot.ports.errors import Trouble
from bot.view.status import Reading


async def subject_of(
    world: World, board: Board, target: Target, environment: Environment, component: Component
) -> Subject:
    """The component there: by the name that the last run found, else as the branch's checkout names it."""
    head = board.standing.get((target.name, environment.name))
    left = head.release.of(component.name) if head and head.release else None
    if left is not None and left.worker:
        return Subject(component, environment, worker=left.worker)
    commit = await world.source.resolve(target.repo, target.branch)
    return Subject(component, environment, await world.source.checkout(target.repo, commit.sha))


def discreet(world: World, live: Live) -> Live:
    """What is live, without secrets in what somebody wrote about it at the provider."""
    clean = world.redactor.clean
    return replace(live, author=clean(live.author), message=clean(live.message))


async def read_environment(world: World, board: Board, target: Target, environment: Environment) -> Reading:
    """What the provider says is live there now, or why it could not be read."""
    try:
        lives = [
            await world.provider(component).deployer.live(
                await subject_of(world, board, target, environment, component)
            )
            for component in target.components
        ]
    except Trouble as trouble:
        return Reading(target, environment, trouble=world.redactor.clean(trouble.reason))
    return Reading(target, environment, tuple(discreet(world, live) for live in lives))
