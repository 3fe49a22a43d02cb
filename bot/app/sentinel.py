"""Notices deployments that were made outside the bot, and tells the target's room of each once.

Told first and noted after: a crash in between tells it again, under the same key, rather than never.
"""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from bot.app.reading import discreet
from bot.app.world import World
from bot.domain.board import Board
from bot.domain.board_events import ForeignSeen
from bot.domain.foreign import foreign
from bot.domain.targets import Environment, Target
from bot.domain.values import Live
from bot.ports.chat import Chat
from bot.ports.deployer import Subject
from bot.ports.errors import Conflict, Permanent, Trouble
from bot.view.foreign import foreign_notice

log = structlog.get_logger("sentinel")

EVERY = timedelta(seconds=45)
"""A deployment is told of within a minute; a component costs seven of the provider's 1200 calls in five minutes."""


class Sentinel:
    """Looks at every environment that a run has left something in."""

    def __init__(self, world: World, chats: Sequence[Chat]) -> None:
        self._world = world
        self._chats = {chat.platform: chat for chat in chats}
        self._told: set[tuple[str, str, str]] = set()

    async def serve(self) -> None:
        """Until cancelled."""
        while True:
            await self._world.clock.sleep(EVERY)
            try:
                await self.look()
            except Trouble as trouble:
                log.warning("could not look for deployments of others", reason=trouble.reason)
            except Exception:
                log.exception("a fault of the bot itself while looking for deployments of others")

    async def look(self) -> None:
        """Once at all of them."""
        board, _ = await self._world.journal.board()
        for target in self._world.estate.targets:
            for environment in target.environments:
                if not board.lane(target.name, environment.name):
                    await self._look_at(board, target, environment)

    async def _look_at(self, board: Board, target: Target, environment: Environment) -> None:
        try:
            lives = await self._read(board, target, environment)
        except Trouble as trouble:
            log.warning("could not look", target=target.name, environment=environment.name, reason=trouble.reason)
            return
        for live in foreign(board, target.name, environment.name, lives):
            if await self._tell(target, environment, live):
                await self._note(ForeignSeen(target.name, environment.name, live, self._world.clock.now()))

    async def _read(self, board: Board, target: Target, environment: Environment) -> Sequence[Live]:
        """What is live of the components that the last run left there, by the names that it found: no checkout is
        made for a look that comes every minute.
        """
        head = board.standing.get((target.name, environment.name))
        left = {one.component: one.worker for one in head.release.versions} if head and head.release else {}
        return [
            await self._world.provider(component).deployer.live(Subject(component, environment, worker=worker))
            for component in target.components
            if (worker := left.get(component.name))
        ]

    async def _tell(self, target: Target, environment: Environment, live: Live) -> bool:
        """True once every platform of the room has been told, or will never take it."""
        room = self._world.estate.room(target.room)
        done = True
        for platform, address in (room.addresses if room else {}).items():
            chat, place = self._chats.get(platform), (platform, address, live.deployment)
            if chat is None or place in self._told:
                continue
            try:
                notice = foreign_notice(target.name, environment.name, discreet(self._world, live))
                await chat.say(address, "", notice, f"foreign:{live.deployment}")
            except Permanent as trouble:
                log.warning("the platform does not take this notice", platform=platform, reason=trouble.reason)
            except Trouble as trouble:
                log.warning("not told yet", platform=platform, reason=trouble.reason)
                done = False
                continue
            self._told.add(place)
        return done

    async def _note(self, event: ForeignSeen) -> None:
        """Somebody else's append is no trouble: it is noted the next time."""
        _, count = await self._world.journal.board()
        try:
            await self._world.journal.append_board(count, (event,))
        except Conflict:
            log.info("noted later", target=event.target, environment=event.environment)
