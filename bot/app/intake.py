"""From what was typed or pressed to a fact in the journal, and the sentence to answer with. `inbox` keeps it before.

Quick by design: nothing here waits for git, wrangler or a provider, except questions that are about them.
"""

import asyncio
from collections.abc import Sequence

import structlog

from bot.app.answers import Answers
from bot.app.world import World
from bot.domain.board import Head, head_of
from bot.domain.commands import Asked, Command, Intent, Pressed, Promote, RollBack
from bot.domain.decide import decide
from bot.domain.events import AbortRequested
from bot.domain.fold import evolve, fold, start
from bot.domain.grammar import parse
from bot.domain.locate import locate
from bot.domain.picture import Begin, Decision, Note, Picture, Tell
from bot.domain.policy import known, needs_room, permit, unknown
from bot.domain.press import parse_token
from bot.domain.refusal import Code, Refusal
from bot.domain.rollback import left_something
from bot.domain.values import Actor, Room, RunId
from bot.ports.errors import Conflict, Temporary, Trouble
from bot.ports.journal import Heard
from bot.view.answer import heard, noted
from bot.view.notice import Notice, Tone, begun
from bot.view.wording import Answer, answer, refused

log = structlog.get_logger("intake")

LOG_LINES = 10
"""Last lines of output that an answer shows."""
TRIES = 200
"""An append that was overtaken is decided again. A busy run writes some dozens of facts within a second, and whoever
wants to abort it must not lose to each of them; more in a row mean that something is wrong.
"""
OVERTAKEN = "the journal kept changing; ask again"
PAGE = 20
"""Runs that are read at a time to find the one to undo."""
PAST = 100
"""Runs among which a release is looked up by name."""


class Intake:
    """Decides what was kept. A fact goes into the journal with the mark that its delivery was heard."""

    def __init__(self, world: World, answers: Answers) -> None:
        self._world = world
        self._answers = answers
        self._deciding = asyncio.Lock()

    async def __call__(self, intent: Intent) -> Sequence[Notice]:
        """Obey or refuse, and say so. Never raises: trouble is answered in one sentence."""
        try:
            return await self._hear(intent)
        except Trouble as trouble:
            log.warning("a command met trouble", key=intent.key, reason=trouble.reason)
            text = self._world.redactor.clean(answer(Answer.TROUBLE, reason=trouble.reason))
            return (Notice(Answer.TROUBLE, text, Tone.BAD, log=trouble.log[-LOG_LINES:], private=True),)
        except Exception as fault:
            log.exception("a fault of the bot itself", key=intent.key)
            what = type(fault).__name__
            text = f"A fault of mine ({what}); my log has the details. Look at /status before you ask again."
            return (Notice("fault", text, Tone.BAD, private=True),)

    async def _hear(self, intent: Intent) -> Sequence[Notice]:
        world = self._world
        command = self.command(intent)
        asked_by = known(intent.actor, world.estate)
        if stranger := unknown(asked_by, world.estate):
            # Before what is wrong with the words: that would name environments and targets.
            return (refused(stranger),)
        if not isinstance(command, Refusal):
            refusal = permit(command, asked_by, world.estate)
            room = world.estate.room_at(intent.origin.platform, intent.origin.address)
            if refusal is None and room is None and (needs_room(command) or not intent.origin.alone):
                refusal = Refusal(Code.NO_ROOM, {"place": intent.origin.address})
            command = refusal or command
            if not isinstance(command, Refusal):
                log.info("asked", person=asked_by.name, platform=asked_by.platform, command=type(command).__name__)
                asked = Asked(command, asked_by, intent.origin, intent.key, world.clock.now())
                return await self._obey(asked, room)
        return (refused(command),)

    def asks(self, command: Command | Refusal) -> bool:
        """True for what only asks, and changes nothing."""
        return not isinstance(command, Refusal) and self._answers.knows(command)

    def command(self, intent: Intent) -> Command | Refusal:
        """What the intent means, as of now."""
        if isinstance(intent, Pressed):
            return parse_token(intent.token)
        return parse(intent.text, self._world.estate, self._world.clock.now())

    async def _obey(self, asked: Asked, room: Room | None) -> Sequence[Notice]:
        if self._answers.knows(asked.command):
            return await self._answers.answer(asked, room)
        async with self._deciding:
            return (await self._decide(asked, room),)

    async def _decide(self, asked: Asked, room: Room | None) -> Notice:
        """One command after another: two that begin a run would not collide in the journal."""
        for _ in range(TRIES):
            earlier = await self._world.archive.by_key(asked.key)
            if earlier is not None and (run := fold(await self._world.journal.read(earlier.run))):
                return begun(run)
            picture = await self._picture(asked, room)
            if isinstance(picture, Refusal):
                return refused(picture)
            decision = decide(asked, picture, self._world.clock.new_run())
            try:
                return await self._write(decision, picture, Heard(asked.key, asked.at))
            except Conflict:
                if await self._world.inbox.was_heard(asked.key):
                    return Notice(Answer.TWICE, answer(Answer.TWICE), private=True)
                log.info("overtaken; deciding again", key=asked.key)
        raise Temporary(OVERTAKEN)

    async def _picture(self, asked: Asked, room: Room | None) -> Picture | Refusal:
        """Everything that the decision may look at, as it is now."""
        world = self._world
        board, _ = await world.journal.board()
        drawn = getattr(asked.command, "drawn", None)
        earlier = await world.archive.head(RunId(drawn)) if drawn else None
        site = locate(asked.command, world.estate, board, room, earlier)
        if isinstance(site, Refusal):
            return site
        run_id: RunId | None = site.run
        past: Sequence[Head] = ()
        if isinstance(asked.command, RollBack) and site.target and site.environment:
            lane = board.lane(site.target.name, site.environment.name)
            run_id = lane[0].run if lane else None
            past = await self._past(site.target.name, site.environment.name, PAST if asked.command.to else PAGE)
        elif isinstance(asked.command, Promote) and site.target:
            earlier_ones = [one.name for one in site.target.environments if one.promotes_to]
            past = [head for name in earlier_ones for head in await self._past(site.target.name, name, PAGE)]
        run = fold(await world.journal.read(run_id)) if run_id else None
        return Picture(world.estate, board, site, run, past)

    async def _past(self, target: str, environment: str, many: int) -> Sequence[Head]:
        """Newest first, back to the last run that left something there, however many have only looked since."""
        archive = self._world.archive
        past = list(page := await archive.history(target, environment, many))
        while len(page) == many and not any(map(left_something, page)):
            page = await archive.history(target, environment, many, before=page[-1].requested_at)
            past += page
        return past

    async def _write(self, decision: Decision, picture: Picture, mark: Heard) -> Notice:
        """What it stops comes first: killed in between, the delivery is not marked yet and is decided again, whereas a
        rollback that is in the journal already would wait behind what nobody had stopped.
        """
        journal = self._world.journal
        match decision:
            case Refusal():
                return refused(decision)
            case Begin(event=event):
                run = start(event)
                await self._stop(decision.stops, event.actor)
                await journal.append(run.id, 0, (event,), head_of(run), mark)
                board, _ = await journal.board()
                return begun(run, board.place(event.run))
            case Tell(event=told) if picture.run is not None:
                after = evolve(picture.run, told)
                if isinstance(told, AbortRequested):
                    await self._stop(decision.stops, told.actor)
                await journal.append(decision.run, decision.expected, (told,), head_of(after), mark)
                return heard(told, after)
            case Note(event=noted_event):
                _, count = await journal.board()
                await journal.append_board(count, (noted_event,), mark)
                return noted(noted_event, picture.board.runs)
            case _:
                return refused(Refusal(Code.UNKNOWN_RUN, {"run": ""}))

    async def _stop(self, runs: Sequence[RunId], actor: Actor) -> None:
        """Ask these runs to stop too; one that ends by itself meanwhile is left alone."""
        for name in runs:
            for _ in range(TRIES):
                if await self._stopped(name, actor):
                    break
            else:
                raise Temporary(OVERTAKEN)

    async def _stopped(self, name: RunId, actor: Actor) -> bool:
        """True where nothing is left to ask of the run; False where it was faster, and has to be asked again."""
        run = fold(await self._world.journal.read(name))
        if run is None or run.outcome is not None or run.aborted_by is not None:
            return True
        told = AbortRequested(actor, self._world.clock.now())
        try:
            await self._world.journal.append(name, run.seq, (told,), head_of(evolve(run, told)))
        except Conflict:
            return False
        return True
