"""Tells rooms what happens: one teller for each run in each conversation, so that none waits for another.

Whichever run of a conversation is drawn, the platform's distance between two drawings is kept there. When a run begins
or ends, the cards of earlier runs are looked at again whose buttons that has made untrue, or true again; no other.

That a run is to be told is in the journal before anything of it is: in one commit for all its conversations, run by run
in the order in which they began. So whenever the bot is killed, the next life of it knows what to tell (`Cursors`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeVar

import structlog

from bot.app.drawn import PRESSABLE, shows_buttons
from bot.app.teller import AFTER_TROUBLE, Place, Teller, last_word
from bot.app.turns import Turns
from bot.app.world import World
from bot.domain.board import Board, Head
from bot.domain.fold import fold
from bot.domain.values import Room, RunId
from bot.ports.chat import Chat
from bot.ports.errors import Trouble
from bot.ports.journal import Told

log = structlog.get_logger("feed")
T = TypeVar("T")
RECENT = 8
"""Runs of an environment whose cards may still carry a button that a new run has made untrue."""


class Feed:
    """Tells every run to every conversation of its target's room, until cancelled."""

    def __init__(self, world: World, chats: Sequence[Chat]) -> None:
        self._world = world
        self._chats = {chat.platform: chat for chat in chats}
        self._tellers: dict[Place, Teller] = {}
        self._turns: dict[tuple[str, str], Turns] = {}

    async def serve(self) -> None:
        """Catch up where the last life of the bot left off, then tell what comes. A run that begins and ends while this
        catches up is among what comes.
        """
        changes = self._world.journal.changes()
        async with asyncio.TaskGroup() as group:
            for run in await self._stubborn(self._world.cursors.behind):
                await self._stubborn(partial(self._wake, group, run))
            await self._stubborn(partial(self._tidy, group))
            while True:
                run = await self._stubborn(changes.__anext__)
                await self._stubborn(partial(self._wake, group, run))

    async def _stubborn(self, ask: Callable[[], Awaitable[T]]) -> T:
        """A journal that cannot be asked is waited for."""
        failures = 0
        while True:
            try:
                return await ask()
            except Trouble as trouble:
                log.warning("reading the journal again", reason=trouble.reason)
                pause = AFTER_TROUBLE[min(failures, len(AFTER_TROUBLE) - 1)]
                failures += 1
                await self._world.clock.sleep(timedelta(seconds=pause))

    async def _wake(self, group: asyncio.TaskGroup, run: RunId) -> None:
        head = await self._world.archive.head(run)
        room = await self._room(head) if head else None
        if head is None or room is None:
            return
        places = [(run, *one) for one in room.addresses.items() if one[0] in self._chats]
        first = any(place not in self._tellers for place in places)
        if first:
            await self._remember(places)
        for place in places:
            self._tell(group, place)
        if first or head.outcome is not None:
            await self._look_again(group, head)
            await self._look_at_queue(head)

    async def _look_at_queue(self, by: Head) -> None:
        """What waits behind a run that has begun or is over has another place, or another reason to wait."""
        board, _ = await self._world.journal.board()
        waiting = {head.run for head in board.lane(by.target, by.environment) if head.run != by.run}
        for place, teller in self._tellers.items():
            if place[0] in waiting:
                teller.changed.set()

    async def _room(self, head: Head) -> Room | None:
        """Where the run's target is told; where the configuration knows it no more, where it was when the run began."""
        estate = self._world.estate
        target = estate.target(head.target)
        if target is None:
            run = fold(await self._world.journal.read(head.run))
            target = run.plan.target if run else None
        return estate.room(target.room) if target else None

    async def _remember(self, places: Sequence[Place]) -> None:
        """That these are to be told; what was told them already is left as it is."""
        known = {(one.run, one.platform, one.address) for one in await self._world.cursors.told(places[0][0])}
        if new := [Told(*place) for place in places if place not in known]:
            await self._world.cursors.tell(*new)

    async def _look_again(self, group: asyncio.TaskGroup, by: Head) -> None:
        """Look at earlier cards of the environment, as that run began or ended."""
        lane = (by.target, by.environment)
        board, _ = await self._world.journal.board()
        standing = board.standing.get(lane)
        recent = await self._world.archive.history(*lane, RECENT)
        for run in dict.fromkeys([*([standing.run] if standing else []), *(one.run for one in recent if not one.open)]):
            if run != by.run:
                await self._look(group, run, lane, board)

    async def _tidy(self, group: asyncio.TaskGroup) -> None:
        """Look at every card that shows buttons, and at those that should: a kill may have come before they were right,
        and many runs have come since.
        """
        board, _ = await self._world.journal.board()
        shown = [told.run for told in await self._world.cursors.drawn(PRESSABLE)]
        for run in dict.fromkeys([*shown, *(head.run for head in board.standing.values())]):
            head = await self._world.archive.head(run)
            if head is not None and not head.open:
                await self._look(group, run, (head.target, head.environment), board)

    async def _look(self, group: asyncio.TaskGroup, run: RunId, lane: tuple[str, str], board: Board) -> None:
        """Wake tellers of a run's cards that show buttons and should not, or should and do not."""
        pressable = last_word(run, lane, board)
        for told in await self._world.cursors.told(run):
            place = (run, told.platform, told.address)
            # One that is at work may have looked at the board as it was before.
            if (shows_buttons(told.drawn) != pressable or place in self._tellers) and told.platform in self._chats:
                self._tell(group, place, tidying=True)

    def _tell(self, group: asyncio.TaskGroup, place: Place, tidying: bool = False) -> None:
        """Wake the place's teller; make it where there is none."""
        teller = self._tellers.get(place)
        if teller is None:
            _, platform, address = place
            chat = self._chats[platform]
            turns = self._turns.setdefault((platform, address), Turns(self._world.clock, chat.limits.min_edit_interval))
            teller = self._tellers[place] = Teller(self._world, chat, place, turns, tidying)
            group.create_task(self._run(teller), name=f"tell {place}")
        teller.changed.set()

    async def _run(self, teller: Teller) -> None:
        await teller.serve()
        self._tellers.pop(teller.place, None)
