"""Answers to commands that only ask."""

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
from bot.domain.values import Room
from bot.view.help import help_notice, whoami_notice
from bot.view.notice import Notice

QUESTIONS = (ShowHelp, ShowHistory, ShowPlan, ShowSecrets, ShowStatus, WhoAmI)


class Answers:
    """Looks things up; changes nothing."""

    def __init__(self, world: World) -> None:
        self._world = world

    def knows(self, command: Command) -> bool:
        """True for commands that only ask."""
        return isinstance(command, QUESTIONS)

    async def answer(self, asked: Asked, room: Room | None) -> Notice:
        """What was asked for."""
        estate = self._world.estate
        match asked.command:
            case ShowHelp():
                return help_notice(asked.actor, estate, room)
            case _:
                return whoami_notice(asked.actor, estate)
