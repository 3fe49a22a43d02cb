"""Plays on three platforms at once: `outrider run` as a process of its own, between the account and three stand-ins."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.domain.fold import fold
from bot.domain.run import Run
from bot.domain.values import Outcome
from bot.view.card import card
from tests.e2e.play import LONG, Play
from tests.e2e.scenes import make_scenery
from tests.e2e.stage import CANARY, PRODUCTION, Stage
from tests.trio.side import Card, Delivery, Side
from tests.trio.trio import Trio, trio
from tests.trio.words import Words, meant

COMMAND = ("-m", "bot", "run")
SOON = 60.0
"""Seconds in which what is done must be told everywhere; Telegram takes twenty messages a minute."""
_LOOK = 0.02


@dataclass(frozen=True)
class Three:
    """A play and its platforms."""

    play: Play
    trio: Trio

    async def start(self) -> None:
        """A life of the bot, until it listens on every platform whose line is open."""
        await self.play.start()
        await self.seen(lambda: all(side.ready() for side in self.trio.sides if side.gate.line == "open"))

    async def over(self, delivery: Delivery) -> Run:
        """The run that the delivery asked for, once it is over; whoever could be told or not."""

        async def find() -> Run | None:
            run = self.play.state(delivery.key)
            return run if run is not None and run.outcome is not None else None

        return await self.play.until(find)

    async def succeeded(self, delivery: Delivery) -> Run:
        """The run, which has to end well."""
        run = await self.over(delivery)
        assert run.outcome is Outcome.SUCCEEDED, f"{run.reason}\n{self.play.log()}"
        return run

    async def seen(self, holds: Callable[[], object], seconds: float = LONG) -> float:
        """Seconds until it holds; the bot's log where it does not in time."""
        begun = time.monotonic()
        while not holds():
            if time.monotonic() - begun > seconds:
                raise AssertionError(f"not seen within {seconds:g} s\n{self.play.log()}")
            await asyncio.sleep(_LOOK)
        return time.monotonic() - begun

    def card(self, side: Side, run: Run) -> Card | None:
        """The run's card there."""
        return next((one for one in side.cards() if one.run == run.id), None)

    def meant(self, run: Run, last_word: bool) -> Words:
        """What the card of a run that is over has to say, by the journal alone."""
        folded = fold(self.play.events(run.id))
        assert folded is not None
        assert folded.ended_at is not None
        return meant(card(folded, folded.ended_at, last_word=last_word))

    async def told(self, run: Run, last_word: bool = True, sides: tuple[Side, ...] = ()) -> None:
        """Return when every platform shows one card of the run, and on all of them it says what the journal says."""
        chosen, wanted = sides or self.trio.sides, self.meant(run, last_word)

        def holds() -> bool:
            return all([one.words for one in side.cards() if one.run == run.id] == [wanted] for side in chosen)

        try:
            await self.seen(holds, SOON)
        except AssertionError as error:
            shown = {side.name: [str(one.words) for one in side.cards() if one.run == run.id] for side in chosen}
            error.add_note(f"meant: {wanted}\nshown: {shown}")
            raise


@asynccontextmanager
async def three(stage: Stage) -> AsyncIterator[Three]:
    """The scenery, a fresh room on three platforms, and a bot that is not started yet."""
    if await stage.worn():
        await make_scenery(stage)
    for worker in (CANARY, PRODUCTION):
        await stage.fresh(worker, migrated=True)
    folder = stage.new_folder()
    async with trio() as platforms:
        at = {"HOST": "127.0.0.1", "PORT": str(free_port())}
        environ = {**stage.configure(folder, "30s", told=platforms.told), **platforms.environ, **at}
        async with Play(stage, folder, environ, command=COMMAND) as play:
            yield Three(play, platforms)


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
