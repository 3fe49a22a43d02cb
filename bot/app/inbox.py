"""Store, acknowledge, decide: what every chat platform hands its intents to.

A platform delivers again what it got no answer for, and never what it was told is heard. So an intent is in the journal
before its platform is told so; and what it comes to is in the journal together with the mark that it was heard
(`Journal.append`), so a kill at any moment leaves it either to be decided or decided, and never twice.

What was kept by a life of the bot that ended, and not heard, is taken up by the next one, in order and before anything
newer (`domain.late` says what is still obeyed). So is what an adapter kept and could not hand on, because its link was
ended in between. Whoever asked is told in the room, as no platform takes an answer that late.

Of what comes at once all is acknowledged before the first of it is decided: a platform's deadline runs for each, and a
decision takes more of the machine than fifty acknowledgements. Who comes alone waits for nobody.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

import structlog

from bot.app.belated import Belated
from bot.app.intake import Intake
from bot.app.refusals import Refusals
from bot.app.world import World
from bot.domain.commands import Intent
from bot.domain.late import Due, due
from bot.domain.refusal import Code, Unheard
from bot.ports.chat import KEEPING, Chat
from bot.ports.errors import Trouble
from bot.ports.journal import Heard
from bot.view.notice import Notice

log = structlog.get_logger("intake")

HEAD_START = timedelta(seconds=0.25)
"""So long what was kept may take to be acknowledged and handed on before others are decided all the same."""
FORSAKEN = timedelta(minutes=1)
"""After its keeping; an adapter hands on within seconds, and what it has not by then it never will."""
REMEMBERED = 10_000
"""Deliveries that are known again while the journal cannot be asked."""
_REFUSED = frozenset(Code)


class State(Enum):
    """Of a delivery that is not off the table yet."""

    KEPT = auto()
    DECIDING = auto()
    DECIDED = auto()
    """And the journal does not know it yet."""


@dataclass(eq=False)
class Hand:
    """A delivery in this life of the bot. `since` is when it came to its state, by the clock's `elapsed`."""

    intent: Intent
    at: datetime
    since: float
    state: State = State.KEPT


class DurableIntake:
    """Supplies `bot.ports.chat.Intake`. `intake` decides; `chats` are where late answers are said. `forsaken` and
    `head_start`: see the constants of these names.
    """

    def __init__(
        self,
        world: World,
        intake: Intake,
        chats: Sequence[Chat],
        forsaken: timedelta = FORSAKEN,
        head_start: timedelta = HEAD_START,
    ) -> None:
        self._forsaken = forsaken
        self._world = world
        self._head_start = head_start.total_seconds()
        self._intake = intake
        self._belated = Belated(world, chats)
        self._refusals = Refusals(world.clock)
        self._hands: dict[str, Hand] = {}
        self._recent: OrderedDict[str, None] = OrderedDict()
        self._unread = False
        """What earlier lives left could not be read yet."""
        self._some = asyncio.Event()
        self._handed_on = asyncio.Event()
        """Set while nothing new waits to be acknowledged."""
        self._giving_way = asyncio.Lock()
        self._behind: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()

    # ---- for the platforms

    async def keep(self, intent: Intent, within: timedelta = KEEPING) -> bool:
        """See the port."""
        at = self._world.clock.now()
        ours = intent.key not in self._hands
        if ours:
            self._put(intent, at)
        try:
            async with asyncio.timeout(within.total_seconds()):
                new = await self._world.inbox.keep(intent, at)
        except Exception as fault:
            reason = fault.reason if isinstance(fault, Trouble) else type(fault).__name__
            log.warning("a delivery could not be kept; it is taken all the same", key=intent.key, reason=reason)
            new = ours and intent.key not in self._recent
        if not new:
            self.refuse(Unheard.HEARD_BEFORE, intent.actor.platform, intent.actor.account)
            if ours:
                self._hands.pop(intent.key, None)
        self._remember(intent.key)
        return new

    async def drop(self, intent: Intent) -> None:
        """See the port."""
        await self._done(intent)
        self._look_around()

    def refuse(self, why: Unheard, platform: str, source: str) -> None:
        """See the port."""
        self._refusals.note(why, platform, source)

    async def __call__(self, intent: Intent) -> Sequence[Notice]:
        """Obey or refuse, and say so. Never raises: trouble is answered in one sentence."""
        hand = self._hands.get(intent.key) or self._put(intent, self._world.clock.now())
        if hand.state is not State.KEPT:
            return ()
        hand.state = State.DECIDING
        try:
            await self._give_way()
            said = await self._intake(intent)
        except asyncio.CancelledError:
            hand.state, hand.since = State.KEPT, self._world.clock.elapsed()
            raise
        for one in said:
            if one.code in _REFUSED:
                self._refusals.note(Code(one.code), intent.actor.platform, intent.actor.account)
        await self._done(intent)
        return said

    async def _give_way(self) -> None:
        """To what is being acknowledged now; those who gave way go on in the order in which they came."""
        self._look_around()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._head_start), self._giving_way:
                await self._handed_on.wait()

    def _look_around(self) -> None:
        young = self._world.clock.elapsed() - self._head_start
        if not any(one.state is State.KEPT and one.since > young for one in self._hands.values()):
            self._handed_on.set()

    def _put(self, intent: Intent, at: datetime) -> Hand:
        hand = Hand(intent, at, self._world.clock.elapsed())
        if intent.key:
            self._hands[intent.key] = hand
            self._some.set()
            self._handed_on.clear()
        return hand

    def _remember(self, key: str) -> None:
        self._recent[key] = None
        if len(self._recent) > REMEMBERED:
            self._recent.popitem(last=False)

    async def _done(self, intent: Intent) -> None:
        """Mark it as heard; where the journal does not take that now it is tried again later."""
        try:
            await self._world.inbox.heard(Heard(intent.key, self._world.clock.now()))
        except Trouble as trouble:
            log.warning("a delivery is decided, and not marked so yet", key=intent.key, reason=trouble.reason)
            if hand := self._hands.get(intent.key):
                hand.state, hand.since = State.DECIDED, self._world.clock.elapsed()
        else:
            self._hands.pop(intent.key, None)

    # ---- what was left behind

    async def take_up(self) -> None:
        """Decide what was kept and not heard, oldest first. Questions and answers wait for `serve`."""
        try:
            waiting = await self._world.inbox.unheard()
        except Trouble as trouble:
            log.warning("what was asked for earlier cannot be read yet", reason=trouble.reason)
            self._unread = True
            self._some.set()
            return
        self._unread = False
        for intent, at in waiting:
            if intent.key not in self._hands:
                self._put(intent, at)
                await self._resume(intent, at)

    async def serve(self) -> None:
        """Say late answers, look after what adapters did not hand on, and tell what was refused, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._look_after(), name="what nobody took up")
            group.create_task(self._refusals.serve(), name="refusals")
            while True:
                work = await self._behind.get()
                group.create_task(_guarded(work), name="a late answer")

    async def _look_after(self) -> None:
        while True:
            if not self._hands and not self._unread:
                self._some.clear()
            await self._some.wait()
            await self._world.clock.sleep(self._forsaken)
            if self._unread:
                await self.take_up()
            late = self._world.clock.elapsed() - self._forsaken.total_seconds()
            for hand in [one for one in self._hands.values() if one.since <= late]:
                await self._mend(hand)

    async def _mend(self, hand: Hand) -> None:
        """Take up what was forsaken, unless it was decided after all; mark what is not marked yet."""
        try:
            decided = hand.state is State.DECIDED or await self._world.inbox.was_heard(hand.intent.key)
        except Trouble:
            return
        if decided and hand.state is not State.DECIDING:
            await self._done(hand.intent)
        elif hand.state is State.KEPT:
            await self._resume(hand.intent, hand.at)

    async def _resume(self, intent: Intent, at: datetime) -> None:
        age = self._world.clock.now() - at
        command = self._intake.command(intent)
        asks = self._intake.asks(command)
        found = due(intent, command, asks, age)
        log.info("asked before, taken up now", key=intent.key, age=age.total_seconds(), due=found.name.lower())
        if found is Due.OBEY and not asks:
            notices = await self(intent)
            self._behind.put_nowait(lambda: self._belated.answer(intent, at, notices))
        elif found is Due.OBEY:
            self._behind.put_nowait(lambda: self._answer(intent, at))
        else:
            await self._done(intent)
        if found is Due.ASK_AGAIN:
            self._behind.put_nowait(lambda: self._belated.ask_again(intent, at))

    async def _answer(self, intent: Intent, at: datetime) -> None:
        await self._belated.answer(intent, at, await self(intent))


async def _guarded(work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except Exception:
        log.exception("a fault of the bot itself while answering late")
