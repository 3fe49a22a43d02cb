"""Intakes of tests: they know a delivery that comes again, as the port says, and forget nothing else."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bot.domain.commands import Intent
from bot.domain.refusal import Unheard
from bot.ports.chat import KEEPING
from bot.view.notice import Notice


@dataclass
class Keeps:
    """The half of `Intake` that keeps: for a double to begin with, and to look into."""

    kept: list[str] = field(default_factory=list, init=False)
    """Keys, in order."""
    dropped: list[str] = field(default_factory=list, init=False)
    asked: int = field(default=0, init=False)
    """Deliveries that came to `keep`, those that came again too."""
    refusals: list[tuple[Unheard, str, str]] = field(default_factory=list, init=False)
    """Why, on which platform, from where."""
    keeping: asyncio.Event | None = field(default=None, init=False)
    """Set: nothing is kept before that."""

    async def keep(self, intent: Intent, within: timedelta = KEEPING) -> bool:
        self.asked += 1
        if self.keeping is not None:
            await self.keeping.wait()
        new = not intent.key or intent.key not in self.kept
        if new:
            self.kept.append(intent.key)
        return new

    async def drop(self, intent: Intent) -> None:
        self.dropped.append(intent.key)

    def refuse(self, why: Unheard, platform: str, source: str) -> None:
        self.refusals.append((why, platform, source))


@dataclass
class Calls(Keeps):
    """An intake that does what `answer` does."""

    answer: Callable[[Intent], Awaitable[Sequence[Notice]]]

    async def __call__(self, intent: Intent) -> Sequence[Notice]:
        return await self.answer(intent)
