"""What is on the screen: the cards, and the numbers that press their buttons.

A number is not given to another button at once when its own disappears: counting goes on to 9 and begins again with
what is free then. So a number typed a moment too late presses nothing, never something else.
"""

import asyncio
from collections.abc import Callable

from bot.view.card import Light, RunCard

HIGHEST = 9


class Shown:
    """The last drawing of each run's card, in the order in which the runs were first seen."""

    def __init__(self) -> None:
        self.cards: dict[str, RunCard] = {}
        self.numbers: dict[str, int] = {}
        self.failed = False
        self._last_number = 0
        self._ours: set[str] = set()
        self._told: set[str] = set()
        self._held: set[str] = set()
        self._printing: set[str] = set()
        self._changed = asyncio.Event()

    def begin(self, run: str) -> None:
        """This run was begun here, and counts although no card of it came yet."""
        self._ours.add(run)
        self._judge(self.cards.get(run))

    def take(self, card: RunCard, posted: bool = False) -> RunCard | None:
        """Keep the card. Gives it back where it is final: over, newly so, and the run's last sentence was said.

        `posted`: nobody has seen a card of this run yet. One that is over but neither posted nor seen here under way
        is a redrawing of something old.
        """
        before = self.cards.get(card.run)
        self.cards[card.run] = card
        if not card.over:
            self._ours.add(card.run)
        elif posted if before is None else not before.over:
            self._held.add(card.run)
        self._judge(card)
        self._number()
        self._changed.set()
        return self._let_go(card.run) if card.run in self._told else None

    def tell(self, run: str) -> RunCard | None:
        """The last sentence about this run was said. Gives back its card where that is over: it is final now."""
        self._told.add(run)
        self._changed.set()
        return self._let_go(run)

    def let_go(self) -> tuple[RunCard, ...]:
        """Cards that are over and whose last sentence never came: final all the same."""
        return tuple(card for run in sorted(self._held) if (card := self._let_go(run)))

    def _let_go(self, run: str) -> RunCard | None:
        if run not in self._held:
            return None
        self._held.discard(run)
        self._printing.add(run)
        return self.cards[run]

    def printed(self, run: str) -> None:
        """Its final card stands where it stays; until then it was live."""
        self._printing.discard(run)

    @property
    def unfinished(self) -> bool:
        """True while a run that was seen under way here is not over."""
        return any(not self._over(run) for run in self._ours)

    def _judge(self, card: RunCard | None) -> None:
        if card is not None and card.over and card.run in self._ours and card.light is not Light.PASSED:
            self.failed = True

    def _number(self) -> None:
        tokens = [button.token for card in self.cards.values() for button in card.buttons]
        self.numbers = {token: number for token, number in self.numbers.items() if token in tokens}
        for token in tokens:
            if token not in self.numbers:
                self.numbers[token] = self._free()

    def number_only(self, card: RunCard) -> None:
        """Give the first numbers to this card's buttons, for a reader who sees no other card any more."""
        self.numbers = {button.token: number for number, button in enumerate(card.buttons, 1)}
        self._last_number = len(card.buttons)

    def _free(self) -> int:
        taken = set(self.numbers.values())
        following = [*range(self._last_number + 1, HIGHEST + 1), *range(1, self._last_number + 1)]
        free = next((number for number in following if number not in taken), max(taken, default=0) + 1)
        self._last_number = free if free <= HIGHEST else self._last_number
        return free

    @property
    def pressable(self) -> dict[int, str]:
        """Number -> token of every button on the screen."""
        return {number: token for token, number in self.numbers.items()}

    @property
    def live(self) -> tuple[RunCard, ...]:
        """Cards of runs under way, and of those whose last sentence is still to come."""
        return tuple(card for card in self.cards.values() if not card.over or card.run in self._held | self._printing)

    @property
    def standing(self) -> tuple[RunCard, ...]:
        """Cards of ended runs that still have buttons."""
        return tuple(card for card in self.cards.values() if card.buttons and card not in self.live)

    def about(self, run: str) -> str:
        """What to say in front of a sentence about this run: nothing while it is the only one under way."""
        card = self.cards.get(run)
        return card.title if card is not None and any(one.run != run for one in self.live) else ""

    async def rest(self, grace: float) -> None:
        """Return once no run of this console is under way but those that wait for a person.

        One that waits has `grace` seconds to go on, as it may have had its answer just now. Waits for each one's last
        sentence too, for up to `grace` seconds after its last card.
        """
        await self._until(lambda: all(self._over(run) or self._asks(run) for run in self._ours))
        asking = {run for run in self._ours if self._asks(run)}
        if asking and await self._within(grace, lambda: not all(map(self._asks, asking))):
            return await self.rest(grace)
        if not await self._within(grace, lambda: all(run in self._told for run in self._ours if self._over(run))):
            self._told |= {run for run in self._ours if self._over(run)}

    async def _within(self, seconds: float, holds: Callable[[], bool]) -> bool:
        """True where it holds within that time."""
        try:
            async with asyncio.timeout(seconds):
                await self._until(holds)
        except TimeoutError:
            return False
        return True

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            self._changed.clear()
            await self._changed.wait()

    def _over(self, run: str) -> bool:
        return run in self.cards and self.cards[run].over

    def _asks(self, run: str) -> bool:
        """In need of somebody's answer, which may be the next line."""
        return run in self.cards and asks(self.cards[run])


def asks(card: RunCard) -> bool:
    """True for a run that waits for a person's word."""
    return any(button.token.startswith("approve:") for button in card.buttons)
