"""What was asked for: kept, and worked on behind its acknowledgement.

Deliveries are known by the intent's key: a socket that is taken up again may repeat an event, and whoever has seen a
request may send it again; what was kept once is not taken again. Work belongs to a task group of the link's, and what
was begun is finished when it ends.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import structlog

from bot.domain.commands import Intent
from bot.ports.chat import Intake
from bot.view.notice import Notice

log = structlog.get_logger("chat.mattermost")

T = TypeVar("T")


class Hearing:
    """Deliveries of one life of the link."""

    def __init__(self) -> None:
        self._group: asyncio.TaskGroup | None = None
        self._intake: Intake | None = None
        self._at_work: set[asyncio.Task[Any]] = set()

    @property
    def open(self) -> bool:
        """True while what comes is taken."""
        return self._intake is not None

    def begin(self, group: asyncio.TaskGroup, intake: Intake) -> None:
        """From now on work goes on in that group."""
        self._group, self._intake = group, intake

    async def end(self, grace: float) -> None:
        """Take nothing more, and give what was taken that many seconds to be done."""
        self._intake = None
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                while self._at_work:
                    await asyncio.wait(self._at_work)
        self._group = None

    async def take(self, intent: Intent) -> "asyncio.Task[Sequence[Notice]] | None":
        """Have the intake keep it, and then hear it; None where it was kept before, or nobody listens."""
        intake = self._intake
        if intake is None or not await intake.keep(intent):
            return None
        return self.behind(_heard(intake, intent))

    def behind(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T] | None":
        """Do this too before the link ends; None where it has ended."""
        if self._group is None:
            work.close()
            return None
        task = self._group.create_task(work)
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)
        return task


async def _heard(intake: Intake, intent: Intent) -> Sequence[Notice]:
    """The intake answers whatever happens; should it fail all the same, that must not end the link."""
    try:
        return await intake(intent)
    except Exception:
        log.exception("a fault of the bot itself", key=intent.key)
        return ()
