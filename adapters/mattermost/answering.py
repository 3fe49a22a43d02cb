"""Answers to what somebody typed or pressed: private ones only to that person, public ones where it was asked.

Mattermost waits for the answer to a command or a press, and shows it to that person alone; so it is acknowledged and
answered in one, if the intake is quick. Where it is not, the acknowledgement goes out empty and the answer follows. A
message that mentions the bot has no such way: what is answered to it is read by everybody in the thread.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
import structlog

from adapters.mattermost.api import Api
from adapters.mattermost.hearing import Hearing
from adapters.mattermost.posts import Place, Posts
from adapters.mattermost.render import render_notice, together
from adapters.mattermost.settings import Settings
from bot.domain.commands import Intent, Pressed
from bot.ports.clock import Clock
from bot.ports.errors import Temporary, Trouble
from bot.view.notice import Notice

log = structlog.get_logger("chat.mattermost")

TRIES = 4
LONGEST = 60.0
"""Seconds that an answer may come late; after that nobody waits for it."""


@dataclass(frozen=True, slots=True)
class Answering:
    """Sends answers. One that cannot be sent is logged: the run, its card and its thread do not depend on it."""

    settings: Settings
    session: aiohttp.ClientSession
    api: Api
    posts: Posts
    hearing: Hearing
    clock: Clock

    async def in_place(self, intent: Intent, url: str = "") -> str:
        """What to answer with; empty for nothing, and where the answer follows behind."""
        work = await self.hearing.take(intent)
        answer = self.hearing.behind(self._private(intent, work)) if work else None
        if answer is None:
            return ""
        await asyncio.wait([answer], timeout=self.settings.patience)
        if answer.done() and not answer.cancelled():
            return answer.result()
        self.hearing.behind(self._late(intent, answer, url))
        return ""

    def below(self, intent: Intent) -> None:
        """Answer a message in its thread, behind the one who calls."""
        self.hearing.behind(self._below(intent))

    async def _below(self, intent: Intent) -> None:
        if work := await self.hearing.take(intent):
            await self._public(intent, work)

    async def _private(self, intent: Intent, work: "asyncio.Task[Sequence[Notice]]") -> str:
        """What only the one who asked should read. What everybody should is posted; that a run has begun is said by
        its card.
        """
        hidden = []
        for number, notice in enumerate(await work):
            alone = isinstance(intent, Pressed) or notice.private or notice.run
            if alone or not await self._posted((intent.origin.address, ""), notice, f"{intent.key}:{number}"):
                hidden.append(notice)
        return together(hidden)

    async def _public(self, intent: Intent, work: "asyncio.Task[Sequence[Notice]]") -> None:
        place = (intent.origin.address, intent.origin.thread or intent.origin.message)
        for number, notice in enumerate(await work):
            await self._posted(place, notice, f"{intent.key}:{number}")

    async def _late(self, intent: Intent, answer: "asyncio.Task[str]", url: str) -> None:
        """By the address that came with the command; a press has none, and is answered below its card, by name."""
        text = await answer
        if not text:
            return
        if url:
            await self._responded(url, text)
        else:
            notice = Notice("late", "this took a while; see the card, or ask for the status.", private=True)
            await self._posted(
                (intent.origin.address, intent.origin.message), notice, f"{intent.key}:late", intent.actor.name
            )

    async def _responded(self, url: str, text: str) -> None:
        """One try: nobody can look up what was taken there. No token goes along."""
        body = {"response_type": "ephemeral", "text": text, "skip_slack_parsing": True}
        try:
            async with self.session.post(url, json=body, **self.api.options()) as taken:
                if taken.status != 200:
                    log.warning("an answer was not taken", status=taken.status)
        except (aiohttp.ClientError, TimeoutError, OSError) as fault:
            log.warning("nobody knows whether an answer arrived", reason=type(fault).__name__)

    async def _posted(self, place: Place, notice: Notice, key: str, to: str = "") -> bool:
        """True where it stands there now."""
        waited = 0.0
        for left in reversed(range(TRIES)):
            try:
                await self.posts.post(place, render_notice(notice, to), key)
            except Temporary as trouble:
                pause = trouble.retry_after if trouble.retry_after is not None else 1.0
                waited += pause
                if not left or waited > LONGEST:
                    log.warning("an answer was not posted", key=key, reason=trouble.reason)
                    return False
                await self.clock.sleep(timedelta(seconds=pause))
            except Trouble as trouble:
                log.warning("an answer was not posted", key=key, reason=trouble.reason)
                return False
            else:
                return True
        return False
