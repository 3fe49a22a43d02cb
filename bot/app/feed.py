"""Tells rooms what happens: one teller for each run in each conversation, so that none waits for another.

A teller keeps a cursor in the journal. It says the notices of the events after the cursor, replaces the card where it
looks different, and moves the cursor only when the platform has confirmed. A platform that is down is tried again
for as long as it takes; the run knows nothing of it. Updates are coalesced to the platform's `Limits`: however many
events came in meanwhile, the card is drawn once, with the last state.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from bot.app.alarm import wait
from bot.app.world import World
from bot.domain.board import Board
from bot.domain.fold import evolve, fold
from bot.domain.run import Run, Way
from bot.domain.values import Outcome, RunId
from bot.ports.chat import Chat
from bot.ports.errors import Permanent, Trouble
from bot.ports.journal import Told
from bot.view.card import RunCard, card
from bot.view.notice import Notice
from bot.view.thread import thread

Place = tuple[RunId, str, str]
AFTER_TROUBLE = (1.0, 2.0, 5.0, 15.0, 30.0)
"""Seconds before a platform that did not answer is tried again; the last one from then on."""
BREATH = timedelta(milliseconds=100)
"""Before each telling: what comes at once is told at once, and what is being done goes before what is said of it."""
RECENT = 8
"""Cards of an environment that may still carry a button which a new run has made untrue."""


class Feed:
    """Tells every run to every conversation of its target's room, until cancelled."""

    def __init__(self, world: World, chats: Sequence[Chat]) -> None:
        self._world = world
        self._chats = {chat.platform: chat for chat in chats}
        self._tellers: dict[Place, Teller] = {}

    async def serve(self) -> None:
        """Catch up where the last life of the bot left off, then tell what comes."""
        async with asyncio.TaskGroup() as group:
            for run in await self._world.cursors.behind():
                await self._wake(group, run)
            async for run in self._world.journal.changes():
                await self._wake(group, run)

    async def _wake(self, group: asyncio.TaskGroup, run: RunId) -> None:
        head = await self._world.archive.head(run)
        target = self._world.estate.target(head.target) if head else None
        room = self._world.estate.room(target.room) if target else None
        if head is None or room is None:
            return
        first = False
        for platform, address in room.addresses.items():
            if chat := self._chats.get(platform):
                first = self._tell(group, (run, platform, address), chat) or first
        if first or head.outcome is not None:
            for older in await self._world.archive.history(head.target, head.environment, RECENT):
                if older.run != run and older.outcome is Outcome.SUCCEEDED:
                    self._nudge(group, older.run)

    def _nudge(self, group: asyncio.TaskGroup, run: RunId) -> None:
        """Have a card that is over looked at once more."""
        for platform, chat in self._chats.items():
            for room in self._world.estate.rooms:
                if platform in room.addresses:
                    self._tell(group, (run, platform, room.addresses[platform]), chat, only_known=True)

    def _tell(self, group: asyncio.TaskGroup, place: Place, chat: Chat, only_known: bool = False) -> bool:
        """Wake the place's teller; True where it had none and got one."""
        teller = self._tellers.get(place)
        new = teller is None
        if teller is None:
            # A card that is over waits for one interval: what is under way goes first, a rollback above all.
            drawn_at = self._world.clock.now() if only_known else None
            teller = self._tellers[place] = Teller(self._world, chat, place, only_known, drawn_at=drawn_at)
            group.create_task(self._run(teller), name=f"tell {place}")
        teller.changed.set()
        return new

    async def _run(self, teller: "Teller") -> None:
        await teller.serve()
        self._tellers.pop(teller.place, None)


@dataclass(eq=False)
class Teller:
    """Tells one run to one conversation."""

    world: World
    chat: Chat
    place: Place
    only_known: bool = False
    """Say nothing where this conversation was never told of the run."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    failures: int = 0
    drawn_at: datetime | None = None

    @property
    def log(self) -> structlog.stdlib.BoundLogger:
        """The platform's, as its adapter has it."""
        logger: structlog.stdlib.BoundLogger = structlog.get_logger(f"chat.{self.chat.platform}")
        return logger

    async def serve(self) -> None:
        """Until the run is over and everything was told."""
        while True:
            await self.world.clock.sleep(BREATH)
            self.changed.clear()
            try:
                done = await self._once()
                self.failures = 0
            except Trouble as trouble:
                done = await self._later(trouble)
            except Exception:
                self.log.exception("a fault of the bot itself while telling", place=self.place)
                done = await self._later(None)
            if done and not self.changed.is_set():
                return
            if not done:
                await wait(self.world.clock, self.changed, self.chat.limits.tick)

    async def _later(self, trouble: Trouble | None) -> bool:
        after = getattr(trouble, "retry_after", None)
        pause = after if after is not None else AFTER_TROUBLE[min(self.failures, len(AFTER_TROUBLE) - 1)]
        if self.failures == 0 and trouble is not None:
            self.log.warning("not told yet", place=self.place, reason=trouble.reason, again_in=pause)
        self.failures += 1
        self.changed.set()
        await self.world.clock.sleep(timedelta(seconds=pause))
        return False

    async def _once(self) -> bool:
        """Draw, then say what is new. True when nothing is left to tell."""
        await self._pace()
        run_id, platform, address = self.place
        known = [one for one in await self.world.cursors.told(run_id) if one.platform == platform]
        told = next((one for one in known if one.address == address), None)
        if told is None and self.only_known:
            return True
        events = await self.world.journal.read(run_id)
        run = fold(events)
        if run is None:
            return True
        told = told or await self._remember(Told(run_id, platform, address))
        told = await self._draw(run, told)
        before: Run | None = fold(events[: told.seq])
        for seq, event in enumerate(events[told.seq :], start=told.seq + 1):
            after = evolve(before, event) if before else fold([event])
            if after is None:
                return True
            await self._say(thread(before, event, after), told, seq)
            told, before = await self._remember(replace(told, seq=seq)), after
        return run.way is Way.ENDED

    async def _remember(self, told: Told) -> Told:
        await self.world.cursors.tell(told)
        return told

    async def _say(self, said: Sequence[Notice], told: Told, seq: int) -> None:
        for index, notice in enumerate(said):
            try:
                await self.chat.say(told.address, told.card, notice, key=f"{told.run}:{seq}:{index}")
            except Permanent as trouble:
                self.log.warning("the platform does not take this notice", place=self.place, reason=trouble.reason)

    async def _draw(self, run: Run, told: Told) -> Told:
        now = self.world.clock.now()
        board, _ = await self.world.journal.board()
        shown = card(run, now, board.place(run.id), last_word=_last_word(run, board))
        digest = _digest(shown)
        ticking = self.chat.limits.tick is not None and run.way is not Way.ENDED
        if digest == told.drawn and told.card and not ticking:
            return told
        try:
            reference = await self.chat.draw(told.address, shown, told.card, key=f"{run.id}:card")
        except Permanent as trouble:
            self.log.warning("the platform does not take this card", place=self.place, reason=trouble.reason)
            return told
        self.drawn_at = self.world.clock.now()
        return await self._remember(replace(told, card=reference, drawn=digest))

    async def _pace(self) -> None:
        """Keep the platform's distance between two drawings of one card; what comes meanwhile is drawn with it."""
        if self.drawn_at is not None:
            await self.world.clock.sleep(self.drawn_at + self.chat.limits.min_edit_interval - self.world.clock.now())


def _last_word(run: Run, board: Board) -> bool:
    """Nothing has happened to the environment after this run, and nothing is under way."""
    place = (run.plan.target.name, run.plan.environment.name)
    standing = board.standing.get(place)
    return standing is not None and standing.run == run.id and not board.lane(*place)


def _digest(shown: RunCard) -> str:
    """What the card says, without its running clocks: a tick alone is no reason to edit a message."""
    still = replace(shown, steps=tuple(replace(step, seconds=None) for step in shown.steps))
    return hashlib.sha256(repr(still).encode()).hexdigest()[:16]
