"""Tells rooms what happens: one teller for each run in each conversation, so that none waits for another.

Whichever run of a conversation is drawn, the platform's distance between two drawings is kept there. When a run begins
or ends, the cards of earlier runs are looked at again whose buttons that has made untrue, or true again; no other.
"""

import asyncio
from collections.abc import Sequence

from bot.app.drawn import shows_buttons
from bot.app.teller import Place, Teller, last_word
from bot.app.turns import Turns
from bot.app.world import World
from bot.domain.board import Head
from bot.domain.fold import fold
from bot.domain.values import Room, RunId
from bot.ports.chat import Chat

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
        """Catch up where the last life of the bot left off, then tell what comes."""
        async with asyncio.TaskGroup() as group:
            for run in await self._world.cursors.behind():
                await self._wake(group, run)
            async for run in self._world.journal.changes():
                await self._wake(group, run)

    async def _wake(self, group: asyncio.TaskGroup, run: RunId) -> None:
        head = await self._world.archive.head(run)
        room = await self._room(head) if head else None
        if head is None or room is None:
            return
        if self._tell_room(group, run, room) or head.outcome is not None:
            await self._look_again(group, head)
            await self._look_at_queue(group, head, room)

    def _tell_room(self, group: asyncio.TaskGroup, run: RunId, room: Room) -> bool:
        """Wake the tellers of a run that is open; True where one is new."""
        places = [(platform, address) for platform, address in room.addresses.items() if platform in self._chats]
        new = [self._tell(group, (run, *place), self._chats[place[0]]) for place in places]
        return any(new)

    async def _look_at_queue(self, group: asyncio.TaskGroup, by: Head, room: Room) -> None:
        """What waits behind a run that has begun or is over has another place, or another reason to wait."""
        board, _ = await self._world.journal.board()
        for head in board.lane(by.target, by.environment):
            if head.run != by.run:
                self._tell_room(group, head.run, room)

    async def _room(self, head: Head) -> Room | None:
        """Where the run's target is told; where the configuration knows it no more, where it was when the run began."""
        estate = self._world.estate
        target = estate.target(head.target)
        if target is None:
            run = fold(await self._world.journal.read(head.run))
            target = run.plan.target if run else None
        return estate.room(target.room) if target else None

    async def _look_again(self, group: asyncio.TaskGroup, by: Head) -> None:
        """Wake tellers of earlier cards that show buttons and should not, or should and do not."""
        lane = (by.target, by.environment)
        board, _ = await self._world.journal.board()
        standing = board.standing.get(lane)
        recent = await self._world.archive.history(*lane, RECENT)
        for run in dict.fromkeys([*([standing.run] if standing else []), *(one.run for one in recent if not one.open)]):
            if run == by.run:
                continue
            pressable = last_word(run, lane, board)
            for told in await self._world.cursors.told(run):
                place = (run, told.platform, told.address)
                # One that is at work may have looked at the board as it was before.
                if (shows_buttons(told.drawn) != pressable or place in self._tellers) and told.platform in self._chats:
                    self._tell(group, place, self._chats[told.platform], only_known=True)

    def _tell(self, group: asyncio.TaskGroup, place: Place, chat: Chat, only_known: bool = False) -> bool:
        """Wake the place's teller; True where it had none and got one."""
        teller = self._tellers.get(place)
        new = teller is None
        if teller is None:
            _, platform, address = place
            turns = self._turns.setdefault((platform, address), Turns(self._world.clock, chat.limits.min_edit_interval))
            teller = self._tellers[place] = Teller(self._world, chat, place, turns, only_known)
            group.create_task(self._run(teller), name=f"tell {place}")
        teller.changed.set()
        return new

    async def _run(self, teller: Teller) -> None:
        await teller.serve()
        self._tellers.pop(teller.place, None)
