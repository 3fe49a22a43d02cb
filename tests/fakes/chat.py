"""A chat platform in memory: keeps what was drawn and said, and can be dead, flooded or forgetful."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bot.domain.commands import Intent
from bot.ports.chat import Intake, Limits
from bot.ports.errors import Trouble
from bot.view.card import RunCard
from bot.view.notice import Notice


@dataclass
class FakeChat:
    """`trouble` is raised by the next calls, one each; while `dead` is set every call raises it."""

    platform: str = "slack"
    limits: Limits = field(default_factory=lambda: Limits(min_edit_interval=timedelta(seconds=1)))
    cards: dict[str, list[RunCard]] = field(default_factory=dict)
    """Reference -> what it showed, one after another."""
    said: list[tuple[str, Notice]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    trouble: list[Trouble] = field(default_factory=list)
    lost: list[Trouble] = field(default_factory=list)
    """Raised by the next calls of `say`, one each, when they have said it."""
    no_documents: Trouble | None = None
    """While it is set every call of `say` with a document raises it."""
    dead: Trouble | None = None
    intents: "asyncio.Queue[Intent]" = field(default_factory=asyncio.Queue)
    answers: list[Sequence[Notice]] = field(default_factory=list)
    deaf: Trouble | None = None
    """Set: what is typed reaches nobody, and probes raise it. With `mended` the next listening hears again."""
    mended: bool = False
    refused: Trouble | None = None
    """Set: listening raises it at once."""
    faults: int = 0
    """So many listenings fail by a fault of our own."""
    hangs: bool = False
    """Probes do not come back."""
    listened: int = 0
    probed: int = 0
    posted: list[tuple[str, Notice]] = field(default_factory=list)
    """Conversation and notice, of what was said."""

    async def draw(self, address: str, card: RunCard, known: str, key: str) -> str:
        self._fail()
        reference = known or f"m{len(self.cards) + 1}"
        self.cards.setdefault(reference, []).append(card)
        return reference

    async def say(self, address: str, thread: str, notice: Notice, key: str) -> None:
        self._fail()
        if self.no_documents is not None and notice.document is not None:
            raise self.no_documents
        self.said.append((thread, notice))
        self.posted.append((address, notice))
        self.keys.append(key)
        if self.lost:
            raise self.lost.pop(0)

    async def listen(self, intake: Intake) -> None:
        self.listened += 1
        if self.refused is not None:
            raise self.refused
        if self.faults:
            self.faults -= 1
            raise RuntimeError("a fault")
        if self.mended:
            self.deaf = None
        while True:
            intent = await self.intents.get()
            if self.deaf is None and await intake.keep(intent):
                self.answers.append(await intake(intent))

    async def probe(self) -> None:
        self.probed += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.deaf is not None:
            raise self.deaf

    def _fail(self) -> None:
        if self.dead is not None:
            raise self.dead
        if self.trouble:
            raise self.trouble.pop(0)

    def shown(self, run: str) -> list[RunCard]:
        """Every drawing of a run's card."""
        return [card for cards in self.cards.values() for card in cards if card.run == run]

    def codes(self) -> list[str]:
        """Codes of what was said, in order."""
        return [notice.code for _, notice in self.said]
