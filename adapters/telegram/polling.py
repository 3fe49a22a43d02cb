"""Updates by asking for them, again and again.

The library's own loop confirms an update before it is handled; here the next question is asked, and so the last answer
confirmed, when the intake has kept everything.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from telegram import Bot, Update
from telegram.error import InvalidToken, TelegramError

from adapters.telegram.inbound import Json
from adapters.telegram.link import Flooded
from adapters.telegram.trouble import trouble
from bot.ports.clock import Clock
from bot.ports.errors import Temporary

log = structlog.get_logger("chat.telegram")

WANTED = ("message", "callback_query")
"""Kinds of update. Telegram remembers the list, so it is said each time."""
PAUSES = (1.0, 2.0, 5.0, 15.0, 30.0)
"""Seconds after one failure, two, …; the last one from then on."""
KEEPING = timedelta(seconds=10)
"""For the journal to keep an update. Telegram delivers again what is not confirmed, so there is time."""
GRACE = 12.0
"""Seconds to wait for the intake, which promises to be back sooner, before updates are confirmed all the same."""

Begin = Callable[[Json], "asyncio.Task[None]"]


@dataclass
class Pulse:
    """When Telegram last answered a question for updates, by the clock's `elapsed`, and why not since then."""

    at: float | None = None
    why: str = ""

    def check(self, now: float, longest: float) -> None:
        """Raise `Temporary` where there was no answer yet, or none for longer than that."""
        if self.at is None:
            raise Temporary(self.why or "Telegram has not answered yet")
        if now - self.at > longest:
            raise Temporary(self.why or f"Telegram has left a question for updates open for {now - self.at:.0f} s")


async def poll(bot: Bot, clock: Clock, begin: Begin, hold: int, pulse: Pulse) -> None:
    """Ask until cancelled. Raises `Permanent` where the token is none.

    The first question, and the first after a failure, wants its answer at once: then it is known that one comes.
    """
    offset, failures = 0, 0
    while True:
        wait = hold if pulse.at is not None and not failures else 0
        try:
            updates = await bot.get_updates(offset, timeout=wait, allowed_updates=WANTED)
        except InvalidToken as error:
            raise trouble(error) from None
        except TelegramError as error:
            pause = error.seconds if isinstance(error, Flooded) else PAUSES[min(failures, len(PAUSES) - 1)]
            pulse.why = trouble(error).reason
            if failures == 0:
                log.warning("no updates", reason=pulse.why, again_in=pause)
            failures += 1
            await clock.sleep(timedelta(seconds=pause))
            continue
        if failures:
            log.info("updates again", failures=failures)
        failures = 0
        pulse.at, pulse.why = clock.elapsed(), ""
        if updates:
            await _taken(begin, updates)
            offset = updates[-1].update_id + 1


async def _taken(begin: Begin, updates: Sequence[Update]) -> None:
    await asyncio.wait([begin(update.to_dict()) for update in updates], timeout=GRACE)
