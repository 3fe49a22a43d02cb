"""Says in the room what came of something that was asked for too long ago for an answer of the platform's own.

Everybody in the room reads it, so it names who asked, and when. That a run has begun is said by its card. Strangers,
and conversations that are no rooms, get no late answer: nothing was done for them, and their asking is in the log.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.app.teller import AFTER_TROUBLE
from bot.app.world import World
from bot.domain.commands import Intent
from bot.domain.picture import clock_words
from bot.domain.policy import known
from bot.ports.chat import Chat
from bot.ports.errors import Temporary, Trouble
from bot.view.notice import Notice, Tone
from bot.view.wording import Answer, answer

log = structlog.get_logger("intake")

PATIENCE = timedelta(minutes=15)
"""Where the platform takes nothing for longer than that, nobody waits for the answer any more."""


@dataclass(frozen=True, slots=True)
class Belated:
    """Late answers, on whichever platform it was asked."""

    world: World
    chats: Sequence[Chat]

    async def answer(self, intent: Intent, at: datetime, notices: Sequence[Notice]) -> None:
        """What came of it, asked for at that time."""
        who, when = self._who(intent), clock_words(at)
        for number, notice in enumerate(notices):
            if not notice.run:
                text = answer(Answer.TAKEN_UP, who=who, when=when, said=notice.text)
                await self._say(intent, replace(notice, text=text, private=False), number)

    async def ask_again(self, intent: Intent, at: datetime) -> None:
        """It was not obeyed any more."""
        text = answer(Answer.ASK_AGAIN, who=self._who(intent), when=clock_words(at))
        await self._say(intent, Notice(Answer.ASK_AGAIN, text, Tone.BAD), 0)

    def _who(self, intent: Intent) -> str:
        return known(intent.actor, self.world.estate).name

    async def _say(self, intent: Intent, notice: Notice, number: int) -> None:
        """Into the conversation; its thread has a name of the platform's own, which `Chat.say` does not take."""
        origin, estate = intent.origin, self.world.estate
        chat = next((one for one in self.chats if one.platform == origin.platform), None)
        stranger = known(intent.actor, estate).person is None
        if chat is None or stranger or estate.room_at(origin.platform, origin.address) is None:
            log.info("a late answer has no room", key=intent.key, code=notice.code)
            return
        begun, failures = self.world.clock.elapsed(), 0
        while self.world.clock.elapsed() - begun <= PATIENCE.total_seconds():
            try:
                return await chat.say(origin.address, "", notice, f"{intent.key}:late:{number}")
            except Temporary as trouble:
                pause = AFTER_TROUBLE[min(failures, len(AFTER_TROUBLE) - 1)]
                failures += 1
                await self.world.clock.sleep(timedelta(seconds=max(pause, trouble.retry_after or 0.0)))
            except Trouble as trouble:
                log.warning("a late answer was not taken", key=intent.key, reason=trouble.reason)
                return
        log.warning("a late answer was given up", key=intent.key, code=notice.code)
