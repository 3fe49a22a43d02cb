"""People on three platforms who all do something at once, while lines fail and the bot is killed: by a seed.

What is chosen follows from the seed and from what stands on the cards at that moment; when things happen is the
machine's. Every delivery is remembered with what became of it, for `proof` to judge.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.e2e.three import Three
from tests.trio.side import Delivery, Side
from tests.trio.trio import STRANGER

BURST = (6, 12)
"""So many do something at once."""
SPREAD = 0.4
"""Seconds in which they do."""
AGAIN = 0.15
"""Share of deliveries that come twice."""
KINDS = ("limited", "cut", "lost", "broken")
TYPED = {
    "/deploy canary": 24,
    "/promote": 6,
    "/rollback canary": 4,
    "/abort": 4,
    "/approve": 4,
    "/reject": 2,
    "/lock canary {reason}": 4,
    "/unlock canary": 6,
    "/freeze 1h {reason}": 1,
    "/unfreeze": 5,
    "/status": 4,
    "/history": 3,
    "/whoami": 4,
}
"""Line -> how often it is typed, in comparison."""
PRESSES = 0.42
TWINS = 0.05
FORGED = 0.06
"""Shares of what is done: pressing a button, three pressing the same one, pressing what is no button."""
FORGERIES = ("rollback:00000000", "abort:zzzzzzzz", "approve:", "DROP TABLE", "promote:k3v9x2mq:weird")
WHO = {"ana": 10, "ben": 10, "eve": 2, STRANGER: 2}


Do = Callable[[], Awaitable[Delivery]]


@dataclass
class Deed:
    """One delivery, by whom and of what, and when it was on its way."""

    side: Side
    who: str
    what: str
    begun: float
    delivery: Delivery
    ended: float
    repeated: bool = False
    twin: int = 0
    """The same number for all who pressed the same button at once."""
    excused: bool = False
    """The bot was killed before the answer to it could be seen."""

    def __str__(self) -> str:
        marks = [name for name in ("repeated", "twin", "excused") if getattr(self, name)]
        acked = "acknowledged" if self.delivery.acked else "not acknowledged"
        return f"{self.who} on {self.side.name} {self.begun:.2f} {self.what!r} ({self.delivery.key}, {acked}) {marks}"


@dataclass
class Storm:
    """`kills` holds when the bot was killed; `begun` when each of its lives listened."""

    here: Three
    chance: random.Random
    deeds: list[Deed] = field(default_factory=list)
    kills: list[float] = field(default_factory=list)
    faults: int = 0
    repeats: int = 0
    _count: int = 0
    _up: asyncio.Event = field(default_factory=asyncio.Event)

    async def blow(self, deeds: int, kills: int) -> None:
        """So many deeds, and so many kills between them."""
        await self._start()
        at = sorted(self.chance.sample(range(1, deeds), kills))
        while len(self.deeds) < deeds:
            size = min(self.chance.randint(*BURST), deeds - len(self.deeds))
            due = [one for one in at if one < len(self.deeds) + size]
            at = at[len(due) :]
            self._arm()
            async with asyncio.TaskGroup() as group:
                for _ in range(size):
                    group.create_task(self._one(self.chance.random(), self.chance.random() * SPREAD))
                for _ in due[:1]:
                    group.create_task(self._kill(self.chance.random() * SPREAD))

    async def _start(self) -> None:
        await self.here.start()
        self._up.set()

    async def _kill(self, after: float) -> None:
        await asyncio.sleep(after)
        self._up.clear()
        self.kills.append(time.monotonic())
        await self.here.play.kill()
        for deed in self.deeds:
            deed.excused = deed.excused or not deed.side.answers(deed.delivery)
        await self._start()

    def _arm(self) -> None:
        """Something goes wrong on the way, or not."""
        for side in self.here.trio.sides:
            for _ in range(self.chance.choice((0, 0, 1, 2))):
                side.fail(self.chance.choice(KINDS), edit=self.chance.random() < 0.5)
                self.faults += 1

    async def _one(self, share: float, after: float) -> None:
        await asyncio.sleep(after)
        await self._up.wait()
        side = self.chance.choice(self.here.trio.sides)
        who = self.chance.choices([*WHO], [*WHO.values()])[0]
        buttons = [(card.run, label) for card in side.cards() for label in card.labels]
        if buttons and share < TWINS:
            await self._twins(*self.chance.choice(buttons))
        elif buttons and share < TWINS + PRESSES:
            await self._press(side, *self.chance.choice(buttons), who)
        elif buttons and share < TWINS + PRESSES + FORGED:
            token = self.chance.choice(FORGERIES)
            await self._done(side, who, f"forged {token}", lambda: side.forges(token, who))
        else:
            await self.types(side, self.chance.choices([*TYPED], [*TYPED.values()])[0], who)

    async def types(self, side: Side, text: str, who: str) -> Deed:
        """Somebody types; a reason is one of a kind."""
        self._count += 1
        line = text.format(reason=f"reason-{self._count}")
        return await self._done(side, who, line, lambda: side.types(line, who))

    async def _press(self, side: Side, run: str, label: str, who: str, twin: int = 0) -> Deed | None:
        """A button may be gone by the time that somebody gets there."""
        try:
            return await self._done(side, who, f"{label} {run}", lambda: side.presses(run, label, who), twin)
        except KeyError:
            return None

    async def _twins(self, run: str, label: str) -> None:
        """The same button on every platform in the same second, by two people."""
        self._count += 1
        async with asyncio.TaskGroup() as group:
            for side, who in zip(self.here.trio.sides, ("ana", "ben", "ana"), strict=True):
                if any(one.run == run for one in side.cards()):
                    group.create_task(self._press(side, run, label, who, self._count))

    async def _done(self, side: Side, who: str, what: str, do: Do, twin: int = 0) -> Deed:
        begun = time.monotonic()
        delivery = await do()
        deed = Deed(side, who, what, begun, delivery, time.monotonic(), twin=twin)
        self.deeds.append(deed)
        if self.chance.random() < AGAIN:
            deed.repeated = True
            self.repeats += 1
            await asyncio.sleep(self.chance.random() * SPREAD)
            await self._up.wait()
            await side.again(delivery)
        return deed
