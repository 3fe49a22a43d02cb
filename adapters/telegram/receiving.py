"""From an update to the intake, and back to whoever asked.

An update is taken in when the intake has kept what it asks for: only then is it confirmed to Telegram, or its press
acknowledged, so a bot that dies before is told again, and one that dies after it knows what it was told. It is decided
and answered behind that; a press by itself does not wait until its acknowledgement has arrived. Updates are handled
side by side; one that comes again is known by its `update_id`.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog
from telegram import Bot
from telegram.error import TelegramError

from adapters.telegram.inbound import PLATFORM, Here, Json, asked_at, bot_behind, inbound, press_id
from adapters.telegram.place import Place, read_place
from adapters.telegram.polling import KEEPING
from adapters.telegram.posting import Posting
from adapters.telegram.render import render_notice
from bot.domain.commands import Intent, Pressed
from bot.domain.refusal import Unheard
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
HEAD_START = 0.25
"""Seconds in which the acknowledgements of presses that came at once go before what they ask for."""
COURTESY = timedelta(seconds=3)
"""So long a run's card has to appear below the command before the answer says that it was begun."""
_LATE = Notice(
    "late", "I was away when you asked, so nothing was done. Ask again if you still want it.", Tone.BAD, private=True
)


@dataclass
class Memory:
    """What outlives a link: the latest runs whose card stands in which chat."""

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
    acknowledging: set[asyncio.Task[None]] = field(default_factory=set)

    def begin(self, update: Json) -> asyncio.Task[None]:
        """Begin to take the update in; the task ends when what it asks for is kept."""
        return self.group.create_task(self._hear(update), name=f"update {update.get('update_id')}")

    async def _hear(self, update: Json) -> None:
        intent = inbound(update, self.here)
        if intent is not None and (place := read_place(intent.origin.message)):
            self.posting.seen(place)
        new = intent is not None and await self.intake.keep(intent, KEEPING)
        if bot := bot_behind(update, self.here):
            self.intake.refuse(Unheard.FROM_A_BOT, PLATFORM, bot)
        if press := press_id(update):
            acknowledging = self.group.create_task(self._acknowledge(press), name="acknowledge")
            self.acknowledging.add(acknowledging)
            acknowledging.add_done_callback(self.acknowledging.discard)
        if intent is not None and new:
            late = _late(update, self.clock.now())
            self.group.create_task(self._obey(intent, late), name=f"update {update.get('update_id')} obeyed")

    async def _obey(self, intent: Intent, late: bool) -> None:
        place = read_place(intent.origin.message)
        if len(self.acknowledging) > 1:
            await asyncio.wait(self.acknowledging, timeout=HEAD_START)
        try:
            notices = (_LATE,) if late else await self.intake(intent)
        except Exception:
            # The intake answers whatever happens; should it fail all the same, one update must not end the link.
            log.exception("a fault of the bot itself", key=intent.key)
            return
        if late:
            self.intake.refuse(Unheard.OLD_TIMESTAMP, PLATFORM, intent.actor.account)
            await self.intake.drop(intent)
        if place is not None:
            await self._answer(place, intent, notices)

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
