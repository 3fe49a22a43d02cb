"""Answers to commands that only ask. Providers are asked side by side; what cannot be read is said, not guessed."""

import asyncio
from collections.abc import Mapping, Sequence

from bot.app.outlook import look_ahead
from bot.app.reading import read_environment, subject_of
from bot.app.world import World
from bot.domain.commands import (
    Asked,
    Command,
    ShowHelp,
    ShowHistory,
    ShowPlan,
    ShowSecrets,
    ShowStatus,
    WhoAmI,
)
from bot.domain.locate import Site, locate
from bot.domain.refusal import Refusal
from bot.domain.targets import Environment, Target
from bot.domain.values import Room
from bot.view.help import help_notice, whoami_notice
from bot.view.notice import Notice
from bot.view.status import history, outlook, secrets, status
from bot.view.wording import refused

QUESTIONS = (ShowHelp, ShowHistory, ShowPlan, ShowSecrets, ShowStatus, WhoAmI)
PAST = 10
"""Runs that a history shows."""


class Answers:
    """Looks things up; changes nothing."""

    def __init__(self, world: World) -> None:
        self._world = world

    def knows(self, command: Command) -> bool:
        """True for commands that only ask."""
        return isinstance(command, QUESTIONS)

    async def answer(self, asked: Asked, room: Room | None) -> Sequence[Notice]:
        """What was asked for."""
        world = self._world
        match asked.command:
            case ShowHelp():
                return (help_notice(asked.actor, world.estate, room),)
            case WhoAmI():
                return (whoami_notice(asked.actor, world.estate),)
            case _:
                return await self._look(asked, room)

    async def _look(self, asked: Asked, room: Room | None) -> Sequence[Notice]:
        world = self._world
        board, _ = await world.journal.board()
        site = locate(asked.command, world.estate, board, room)
        if isinstance(site, Refusal):
            return (refused(site),)
        target, environment = site.target, site.environment
        match asked.command:
            case ShowStatus():
                return await self._status(asked, room, target)
            case ShowHistory():
                return (await self._history(asked, site),)
            case ShowPlan(ref=ref) if target and environment:
                return (outlook(await look_ahead(world, target, environment, ref or target.branch)),)
            case ShowSecrets() if target and environment:
                return (await self._secrets(target, environment),)
            case _:
                return ()

    async def _status(self, asked: Asked, room: Room | None, target: Target | None) -> Sequence[Notice]:
        world = self._world
        board, _ = await world.journal.board()
        here = [one for one in world.estate.targets if room is None or one.room == room.name]
        chosen = [target] if target else here
        places = [(one, environment) for one in chosen for environment in one.environments]
        readings = await asyncio.gather(*(read_environment(world, board, *place) for place in places))
        return status(readings, board, asked.at)

    async def _history(self, asked: Asked, site: Site) -> Notice:
        target = site.target.name if site.target else None
        environment = site.environment.name if site.environment else None
        heads = await self._world.archive.history(target, environment, PAST)
        return history(heads, asked.at, " → ".join(filter(None, (target, environment))))

    async def _secrets(self, target: Target, environment: Environment) -> Notice:
        """Names here, and in the other environments to compare with."""
        found = await asyncio.gather(*(self._names(target, one) for one in target.environments))
        names = {one.name: there for one, there in zip(target.environments, found, strict=True)}
        required = {one.name: one.required_secrets for one in target.components}
        here = names.pop(environment.name)
        return secrets(target, environment, required, here, names)

    async def _names(self, target: Target, environment: Environment) -> Mapping[str, frozenset[str]]:
        board, _ = await self._world.journal.board()
        return {
            component.name: await self._world.provider(component).secrets.names(
                await subject_of(self._world, board, target, environment, component)
            )
            for component in target.components
        }
