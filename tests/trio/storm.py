"""People on three platforms who all do something at once, while lines fail and the bot is killed: by a seed.

What each of them chooses follows from the seed, from their number, and from what stands on the cards at that moment;
when things happen is the machine's. Every delivery is remembered with what became of it, for `proof` to judge.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from tests.e2e.three import Three
from tests.trio.account import moves
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
OVERTAKEN = 0.2
"""Share of presses that arrive late: what others do meanwhile is heard first, and the card is another one by then."""
FORGERIES = ("rollback:00000000", "abort:zzzzzzzz", "approve:", "DROP TABLE", "promote:k3v9x2mq:weird")
WHO = {"ana": 10, "ben": 10, "eve": 2, STRANGER: 2}


LATE = (0.2, 0.8)
"""Seconds that a press is on its way at least, and at most in addition: a bot on a quick clock does a run in that."""

Do = Callable[[], Awaitable[Delivery]]


@dataclass(frozen=True)
class Person:
    """Somebody, where they are, and what they choose by."""

    name: str
    side: Side
    chance: random.Random


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
    unsaid: bool = False
    """The bot was killed before it noted what it answered."""

    def __str__(self) -> str:
        marks = [name for name in ("repeated", "twin", "excused", "unsaid") if getattr(self, name)]
        acked = "acknowledged" if self.delivery.acked else "not acknowledged"
        return f"{self.who} on {self.side.name} {self.begun:.2f} {self.what!r} ({self.delivery.key}, {acked}) {marks}"


@dataclass
class Storm:
    """`kills` holds when the bot was killed; `begun` when each of its lives listened."""

    here: Three
    seed: int
    deeds: list[Deed] = field(default_factory=list)
    kills: list[float] = field(default_factory=list)
    faults: int = 0
    repeats: int = 0
    overtaken: int = 0
    people: int = 0
    _count: int = 0
    _up: asyncio.Event = field(default_factory=asyncio.Event)

    async def blow(self, deeds: int, kills: int) -> None:
        """So many deeds at least, and so many kills between them."""
        await self._start()
        chance = random.Random(self.seed)
        at = sorted(chance.sample(range(1, deeds), kills))
        while at or len(self.deeds) < deeds:
            size = max(BURST[0], min(chance.randint(*BURST), deeds - len(self.deeds)))
            due = at[:1] if at and at[0] < len(self.deeds) + size else []
            at = at[len(due) :]
            self._arm(chance)
            async with asyncio.TaskGroup() as group:
                for _ in range(size):
                    self.people += 1
                    group.create_task(self._one(random.Random(f"{self.seed} {self.people}")))
                for _ in due:
                    group.create_task(self._kill(chance.random() * SPREAD))

    async def _start(self) -> None:
        await self.here.start()
        self._up.set()

    async def _kill(self, after: float) -> None:
        await asyncio.sleep(after)
        self._up.clear()
        self.kills.append(time.monotonic())
        await self.here.play.kill()
        noted = {line["key"] for line in moves(self.here.play.folder / "heard")}
        for deed in self.deeds:
            deed.excused = deed.excused or not deed.side.answers(deed.delivery)
            deed.unsaid = deed.unsaid or deed.delivery.key not in noted
        await self._start()

    def _arm(self, chance: random.Random) -> None:
        """Something goes wrong on the way, or not."""
        for side in self.here.trio.sides:
            for _ in range(chance.choice((0, 0, 1, 2))):
                side.fail(chance.choice(KINDS), edit=chance.random() < 0.5)
                self.faults += 1

    async def _one(self, chance: random.Random) -> None:
        share = chance.random()
        await asyncio.sleep(chance.random() * SPREAD)
        await self._up.wait()
        side = chance.choice(self.here.trio.sides)
        person = Person(chance.choices([*WHO], [*WHO.values()])[0], side, chance)
        buttons = [(card.run, label) for card in side.cards() for label in card.labels]
        if buttons and share < TWINS:
            await self._twins(chance, *chance.choice(buttons))
        elif buttons and share < TWINS + PRESSES:
            press = self._late if chance.random() < OVERTAKEN else self._press
            await press(person, *chance.choice(buttons))
        elif buttons and share < TWINS + PRESSES + FORGED:
            token = chance.choice(FORGERIES)
            await self._done(person, f"forged {token}", lambda: side.forges(token, person.name))
        else:
            await self._type(person, chance.choices([*TYPED], [*TYPED.values()])[0])

    async def types(self, side: Side, text: str, who: str) -> Deed:
        """Somebody types, once the storm is over."""
        return await self._done(Person(who, side, random.Random(self._count)), text, lambda: side.types(text, who))

    async def _type(self, person: Person, text: str) -> None:
        """A reason is one of a kind."""
        self._count += 1
        line = text.format(reason=f"reason-{self._count}")
        await self._done(person, line, lambda: person.side.types(line, person.name))

    async def _press(self, person: Person, run: str, label: str, twin: int = 0) -> None:
        """A button may be gone by the time that somebody gets there."""
        with suppress(KeyError):
            await self._done(person, f"{label} {run}", lambda: person.side.presses(run, label, person.name), twin)

    async def _late(self, person: Person, run: str, label: str) -> None:
        """What the button carries now is pressed, and is long on its way."""
        cards = [card for card in person.side.cards() if card.run == run and label in card.labels]
        token = cards[-1].labels[label]
        self.overtaken += 1
        await asyncio.sleep(LATE[0] + person.chance.random() * LATE[1])
        await self._up.wait()
        await self._done(person, f"{label} {run}, late", lambda: person.side.forges(token, person.name))

    async def _twins(self, chance: random.Random, run: str, label: str) -> None:
        """The same button on every platform in the same second, by two people."""
        self._count += 1
        async with asyncio.TaskGroup() as group:
            for side, who in zip(self.here.trio.sides, ("ana", "ben", "ana"), strict=True):
                if any(one.run == run for one in side.cards()):
                    person = Person(who, side, random.Random(chance.random()))
                    group.create_task(self._press(person, run, label, self._count))

    async def _done(self, person: Person, what: str, do: Do, twin: int = 0) -> Deed:
        begun = time.monotonic()
        delivery = await do()
        deed = Deed(person.side, person.name, what, begun, delivery, time.monotonic(), twin=twin)
        self.deeds.append(deed)
        if person.chance.random() < AGAIN:
            deed.repeated = True
            self.repeats += 1
            await asyncio.sleep(person.chance.random() * SPREAD)
            await self._up.wait()
            await person.side.again(delivery)
        return deed
