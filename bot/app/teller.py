"""Tells one run to one conversation.

A teller keeps a cursor in the journal. It replaces the card where it looks different, says the notices of the events
after the cursor, and moves the cursor only when the platform has confirmed. A platform that is down is tried again
for as long as it takes; the run knows nothing of it. Updates are coalesced to the platform's `Limits`: however many
events came in meanwhile, the card is drawn once, with the last state. Far behind (`BEHIND`) it says one condensed
notice, and then goes on as ever.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import structlog

from bot.app.alarm import wait
from bot.app.drawn import digest
from bot.app.turns import Turns
from bot.app.world import World
from bot.domain.begin import detained
from bot.domain.board import Board
from bot.domain.events import Event
from bot.domain.fold import fold
from bot.domain.run import Run, Way
from bot.domain.values import RunId
from bot.ports.chat import Chat
from bot.ports.errors import Permanent, Temporary, Trouble
from bot.ports.journal import Told
from bot.view.card import card
from bot.view.catchup import Behind, condensed, untold
from bot.view.document import Document
from bot.view.notice import Notice

log = structlog.get_logger("feed")

Place = tuple[RunId, str, str]
"""Run, platform, and the conversation's address there."""
AFTER_TROUBLE = (1.0, 2.0, 5.0, 15.0, 30.0)
"""Seconds before a platform that did not answer is tried again; the last one from then on."""
BREATH = timedelta(milliseconds=100)
"""Before each telling: what comes at once is told at once, and what is being done goes before what is said of it."""
BEHIND = Behind()
"""A platform that is a second late hears everything; one that was away hears of it in one notice."""
DOCUMENT_TRIES = 3
"""So often a notice is tried with its document where the platform fails; from then on, if need be, without."""


@dataclass(eq=False)
class Teller:
    """Tells one run to one conversation."""

    world: World
    chat: Chat
    place: Place
    turns: Turns
    """Those of the conversation."""
    tidying: bool = False
    """The run was told long ago, and only its card is looked at again."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    failures: int = 0

    async def serve(self) -> None:
        """Until the run is over and everything was told."""
        while True:
            await self.world.clock.sleep(BREATH)
            self.changed.clear()
            try:
                done = await self._once()
                self.failures = 0
            except Trouble as trouble:
                done = await self._later(trouble)
            except Exception:
                log.exception("a fault of the bot itself while telling", place=self.place)
                done = await self._later(None)
            if done and not self.changed.is_set():
                return
            if not done:
                await wait(self.world.clock, self.changed, self.chat.limits.tick)

    async def _later(self, trouble: Trouble | None) -> bool:
        after = getattr(trouble, "retry_after", None)
        pause = after if after is not None else AFTER_TROUBLE[min(self.failures, len(AFTER_TROUBLE) - 1)]
        if self.failures == 0 and trouble is not None:
            log.warning("not told yet", place=self.place, reason=trouble.reason, again_in=pause)
        self.failures += 1
        self.changed.set()
        await self.world.clock.sleep(timedelta(seconds=pause))
        return False

    async def _once(self) -> bool:
        """Draw, then say what is new. True when nothing is left to tell."""
        run_id, platform, address = self.place
        known = [one for one in await self.world.cursors.told(run_id) if one.platform == platform]
        told = next((one for one in known if one.address == address), None)
        if told is None:
            return True
        async with self.turns.turn(over=self.tidying):
            events = await self.world.journal.read(run_id)
            run = fold(events)
            if run is None:
                return True
            told = await self._draw(run, told)
        await self._tell(events, told)
        return run.way is Way.ENDED

    async def _remember(self, told: Told) -> Told:
        await self.world.cursors.tell(told)
        return told

    async def _tell(self, events: Sequence[Event], told: Told) -> None:
        """Say what was not said; the cursor follows each event whose notices the platform has confirmed."""
        waiting = untold(events, told.seq)
        short = condensed(waiting, self.world.clock.now(), BEHIND, self.chat.limits.max_text)
        if short is not None:
            log.info("told late, in one notice", place=self.place, events=short.seq - told.seq)
            await self._say(short.notice, told, f"{told.run}:{told.seq + 1}-{short.seq}:late")
            told = await self._remember(replace(told, seq=short.seq))
        for one in waiting:
            if one.seq > told.seq:
                for index, notice in enumerate(one.said):
                    await self._say(notice, told, f"{told.run}:{one.seq}:{index}")
                told = await self._remember(replace(told, seq=one.seq))
        if told.seq < len(events):
            await self._remember(replace(told, seq=len(events)))

    async def _say(self, notice: Notice, told: Told, key: str) -> None:
        try:
            await self._said(await drawn_out(self.world, notice), told, key)
        except Permanent as trouble:
            log.warning("the platform does not take this notice", place=self.place, reason=trouble.reason)

    async def _said(self, notice: Notice, told: Told, key: str) -> None:
        """Say it; without its document where the platform does not take that: the sentence is never lost with it."""
        try:
            await self.chat.say(told.address, told.card, notice, key=key)
        except (Temporary, Permanent) as trouble:
            if notice.document is None or not self._in_vain(trouble):
                raise
            log.warning("told without its document", place=self.place, reason=trouble.reason)
            await self.chat.say(told.address, told.card, replace(notice, document=None), key=key)

    def _in_vain(self, trouble: Temporary | Permanent) -> bool:
        """Whether a document is better left out; a platform that says when to come back is waited for."""
        if isinstance(trouble, Permanent):
            return True
        return trouble.retry_after is None and self.failures >= DOCUMENT_TRIES

    async def _draw(self, run: Run, told: Told) -> Told:
        now = self.world.clock.now()
        board, _ = await self.world.journal.board()
        place = (run.plan.target.name, run.plan.environment.name)
        final, hold = last_word(run.id, place, board), detained(run, board, now)
        shown = card(run, now, board.place(run.id), last_word=final, hold=hold)
        drawn = digest(shown)
        ticking = self.chat.limits.tick is not None and run.way is not Way.ENDED
        if drawn == told.drawn and told.card and not ticking:
            return told
        try:
            reference = await self.chat.draw(told.address, shown, told.card, key=f"{run.id}:card")
        except Permanent as trouble:
            log.warning("the platform does not take this card", place=self.place, reason=trouble.reason)
            return told
        finally:
            self.turns.used()
        return await self._remember(replace(told, card=reference, drawn=drawn))


async def drawn_out(world: World, notice: Notice) -> Notice:
    """The notice with its chart as a picture, where somebody can draw; one that fails is no reason for silence."""
    if notice.chart is None or notice.document is not None or world.picture is None:
        return notice
    try:
        content = await asyncio.to_thread(world.picture.png, notice.chart)
    except Exception:
        log.exception("a chart could not be drawn")
        return notice
    return replace(notice, document=Document("rollout.png", "image/png", content, notice.chart.alt))


def last_word(run: RunId, place: tuple[str, str], board: Board) -> bool:
    """Nothing has happened to the place (target, environment) after this run, and nothing is under way there."""
    standing = board.standing.get(place)
    return standing is not None and standing.run == run and not board.lane(*place)
