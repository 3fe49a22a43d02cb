"""Drives runs: asks `advance` what comes next, does it, appends what became of it, and asks again.

One driver for each open run. It holds nothing that the journal does not: when anything goes wrong in the driver
itself it reads the journal again after a pause and goes on. An `ActStarted` that was appended at the expected count
is the fence: whoever could not append it does not act.

A driver that is cancelled (the bot is going down) leaves its acts started and not ended, exactly as a crash does.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.app.acts import SHIPS, abandon, do
from bot.app.alarm import wait
from bot.app.world import World
from bot.domain.action import Action, Key, Next
from bot.domain.begin import detained
from bot.domain.board import head_of
from bot.domain.events import ActEnded, ActFailed, ActStarted, Event
from bot.domain.fold import evolve, fold
from bot.domain.hindrance import Hindered
from bot.domain.run import Run, Way
from bot.domain.steps import follow
from bot.domain.values import RunId
from bot.ports.errors import Conflict, Trouble

log = structlog.get_logger("runner")

AFTER_TROUBLE = timedelta(seconds=1)
LOOK_AGAIN = timedelta(seconds=5)
"""What the board says of a run that waits is looked at this often: a freeze or lock that ends is noticed."""


class Runner:
    """Drives every open run until cancelled."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._drivers: dict[RunId, Driver] = {}

    async def serve(self) -> None:
        """Take up the runs that are open, then each new one, as the journal tells of them."""
        async with asyncio.TaskGroup() as group:
            async for run in self._world.journal.changes():
                driver = self._drivers.get(run)
                if driver is None:
                    driver = self._drivers[run] = Driver(self._world, run)
                    group.create_task(self._drive(driver), name=f"run {run}")
                driver.changed.set()

    async def _drive(self, driver: "Driver") -> None:
        await driver.drive()
        del self._drivers[driver.run]
        for other in self._drivers.values():
            other.changed.set()


@dataclass(eq=False)
class Driver:
    """One run's driver. `changed` is set when the journal may hold something new for it."""

    world: World
    run: RunId
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    flight: dict[Key, "asyncio.Task[ActEnded]"] = field(default_factory=dict)
    seen: Run | None = None
    hindered: dict[Key, str] = field(default_factory=dict)
    """Acts in flight that do not get through, and why; the journal does not know it yet."""

    async def drive(self) -> None:
        """Until the run has ended."""
        async with asyncio.TaskGroup() as group:
            while not await self._once(group):
                pass

    async def _once(self, group: asyncio.TaskGroup) -> bool:
        try:
            return await self._step(group)
        except Trouble as trouble:
            log.warning("reading the journal again", run=self.run, reason=trouble.reason)
        except Exception:
            log.exception("a fault of the bot itself; reading the journal again", run=self.run)
        self.seen = None
        await self.world.clock.sleep(AFTER_TROUBLE)
        return False

    async def _step(self, group: asyncio.TaskGroup) -> bool:
        """One look: what came in, what follows from it, what is begun; all of it one append. True once it is over.

        What an act came to is a fact, whatever else happened meanwhile: it stays in flight until it is appended.
        """
        self.changed.clear()
        run = await self._read()
        if run is None or run.way is Way.ENDED:
            return True
        now = self.world.clock.now()
        landed = [key for key, act in self.flight.items() if act.done()]
        ahead = await self._ahead(run, now)
        facts, then = follow(run, [self._result(key) for key in landed], now, ahead)
        begun = [one for one in then.actions if one.key not in self.flight or one.key in landed]
        facts += [ActStarted(one.step, one.item, now, one.attempt) for one in begun if not one.resumed]
        facts += self._hindrances(run, now)
        if facts and not await self._append(run, facts):
            return False
        self.hindered.clear()
        for key in landed:
            del self.flight[key]
        self._start(group, self.seen or run, begun, then.cancel)
        if not self.changed.is_set():
            await wait(self.world.clock, self.changed, LOOK_AGAIN if ahead else _until(then, now))
        return False

    def _hindrances(self, run: Run, now: datetime) -> list[Event]:
        """Each once for an attempt: that it is tried again and again is no news."""
        clean = self.world.redactor.clean
        open_acts = ((key, run.acts.get(key), reason) for key, reason in self.hindered.items())
        return [
            Hindered(*key, now, clean(reason))
            for key, act, reason in open_acts
            if act is not None and act.end is None and not act.hindered and not self.flight[key].done()
        ]

    def _hinder(self, key: Key, reason: str) -> None:
        self.hindered[key] = reason
        self.changed.set()

    async def _ahead(self, run: Run, now: datetime) -> int:
        """Runs that hold the environment before this one. A freeze or a lock that came meanwhile counts as one, until
        the run has changed something.
        """
        if run.touched or run.way not in (Way.QUEUED, Way.FORWARD):
            return 0
        if run.way is Way.FORWARD and run.plan.kind not in SHIPS:
            return 0  # nothing detains a rollback, and it does not wait for a reading that says so
        board, _ = await self.world.journal.board()
        before = board.place(self.run) if run.way is Way.QUEUED else 0
        return before or int(detained(run, board, now) is not None)

    async def _read(self) -> Run | None:
        """The run as the journal has it now."""
        journal = self.world.journal
        if self.seen is None:
            self.seen = fold(await journal.read(self.run))
        else:
            for event in await journal.read(self.run, self.seen.seq):
                self.seen = evolve(self.seen, event)
        return self.seen

    async def _append(self, run: Run, events: Sequence[Event]) -> bool:
        """Append at the count that was decided on; somebody else's earlier append is no error but news."""
        after = run
        for event in events:
            after = evolve(after, event)
        try:
            await self.world.journal.append(run.id, run.seq, events, head_of(after))
        except Conflict:
            self.changed.set()
            return False
        self.seen = after
        return True

    def _result(self, key: Key) -> ActEnded:
        act = self.flight[key]
        return ActFailed(*key, self.world.clock.now(), "aborted") if act.cancelled() else act.result()

    def _start(self, group: asyncio.TaskGroup, run: Run, begun: Sequence[Action], cancel: bool) -> None:
        """Begin acts whose intent is in the journal. On `cancel` what flies is stopped, and what is begun is ended."""
        if cancel:
            for act in self.flight.values():
                act.cancel()
        for action in begun:
            name = f"{run.id} {action.step} {action.item}"
            act = group.create_task(self._act(run, action, cancel), name=name)
            act.add_done_callback(lambda _: self.changed.set())
            self.flight[action.key] = act

    async def _act(self, run: Run, action: Action, abandoned: bool) -> ActEnded:
        try:
            if abandoned:
                return await abandon(self.world, run, action)
            return await do(self.world, run, action, partial(self._hinder, action.key))
        except Exception as fault:
            log.exception("an act failed inside the bot", run=run.id, step=action.step, item=action.item)
            reason = f"a fault of the bot itself ({type(fault).__name__}); its log has the details"
            return ActFailed(action.step, action.item, self.world.clock.now(), reason)


def _until(then: Next, now: datetime) -> timedelta | None:
    """How long nothing needs to be asked if nothing happens."""
    return None if then.wake is None else then.wake - now
