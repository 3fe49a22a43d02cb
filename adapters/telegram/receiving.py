"""From an update to the intake, and back to whoever asked.

An update is taken in when the intake has it, which means that what it asks for is in the journal: only then is it
confirmed to Telegram, so that a bot that dies in between is told again. Answers are given behind that. Updates are
handled side by side; one that comes again is known by its `update_id`.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog
from telegram import Bot
from telegram.error import TelegramError

from adapters.telegram.inbound import Here, Json, asked_at, inbound, press_id
from adapters.telegram.place import Place, read_place
from adapters.telegram.posting import Posting
from adapters.telegram.render import render_notice
from bot.domain.commands import Intent, Pressed
from bot.ports.chat import Intake
from bot.ports.clock import Clock
from bot.ports.errors import Temporary, Trouble
from bot.view.notice import Notice, Tone
from bot.view.sentences import Say

log = structlog.get_logger("chat.telegram")

OLDEST = timedelta(minutes=15)
"""What was typed longer ago, while the bot was away, is not obeyed any more. Telegram keeps it for a day."""
BETWEEN = 2.0
"""Seconds between two tries where Telegram did not say how long to wait."""
LONGEST_WAIT = 300.0
"""Seconds after which an answer is of no use any more. Until then it waits for its turn in a busy group."""
COURTESY = timedelta(seconds=3)
"""So long a run's card has to appear below the command before the answer says that it was begun."""
_LATE = Notice(
    "late", "I was away when you asked, so nothing was done. Ask again if you still want it.", Tone.BAD, private=True
)


@dataclass
class Memory:
    """What outlives a link: updates that came, and runs whose card stands in which chat; the latest ones of each."""

    updates: deque[int] = field(default_factory=lambda: deque(maxlen=2000))
    cards: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=200))


@dataclass(frozen=True)
class Receiving:
    """Handles updates in a task group of its caller's."""

    group: asyncio.TaskGroup
    intake: Intake
    here: Here
    bot: Bot
    posting: Posting
    clock: Clock
    memory: Memory

    def begin(self, update: Json) -> asyncio.Task[None] | None:
        """Begin to take the update in; the task ends when the intake has it. None where it came before."""
        number = update.get("update_id")
        if number in self.memory.updates or not isinstance(number, int):
            return None
        self.memory.updates.append(number)
        task = self.group.create_task(self._hear(update), name=f"update {number}")
        task.add_done_callback(lambda ended: self._ended(ended, number))
        return task

    def _ended(self, ended: asyncio.Task[None], number: int) -> None:
        """Nobody has what was cancelled: when Telegram sends it again it has to count."""
        if ended.cancelled() and number in self.memory.updates:
            self.memory.updates.remove(number)

    async def _hear(self, update: Json) -> None:
        if press := press_id(update):
            self.group.create_task(self._acknowledge(press), name="acknowledge")
        intent = inbound(update, self.here)
        if intent is None:
            return
        place = read_place(intent.origin.message)
        if place is not None:
            self.posting.seen(place)
        try:
            notices = (_LATE,) if _late(update, self.clock.now()) else await self.intake(intent)
        except Exception:
            # The intake answers whatever happens; should it fail all the same, one update must not end the link.
            log.exception("a fault of the bot itself", key=intent.key)
            return
        if place is not None and notices:
            self.group.create_task(self._answer(place, intent, notices), name="answer")

    async def _acknowledge(self, press: str) -> None:
        """Stop the button's spinner. Telegram forgets a press within seconds, which changes nothing."""
        try:
            await self.bot.answer_callback_query(press)
        except TelegramError as error:
            log.info("a press was not acknowledged", kind=type(error).__name__)

    async def _answer(self, place: Place, intent: Intent, notices: Sequence[Notice]) -> None:
        """Below what was typed, or below the card on which something was pressed, naming who pressed."""
        to = intent.actor.name if isinstance(intent, Pressed) else ""
        for number, notice in enumerate(notices):
            if notice.code == Say.BEGUN:
                await self.clock.sleep(COURTESY)
                if (place.chat, notice.run) in self.memory.cards:
                    continue
            await self._patiently(place, notice, to, f"{intent.key}:{number}")

    async def _patiently(self, place: Place, notice: Notice, to: str, key: str) -> None:
        begun, pause = self.clock.elapsed(), 0.0
        while self.clock.elapsed() + pause - begun <= LONGEST_WAIT:
            await self.clock.sleep(timedelta(seconds=pause))
            try:
                await self.posting.post(place, render_notice(notice, to), key, place.message)
                return
            except Temporary as trouble:
                pause = BETWEEN if trouble.retry_after is None else trouble.retry_after
            except Trouble as trouble:
                log.warning("an answer was not taken", code=notice.code, reason=trouble.reason)
                return
        log.warning("an answer was given up", code=notice.code)


def _late(update: Json, now: datetime) -> bool:
    """Presses carry what they were drawn for, and are judged by that."""
    sent = asked_at(update)
    return sent is not None and now - datetime.fromtimestamp(sent, UTC) > OLDEST
