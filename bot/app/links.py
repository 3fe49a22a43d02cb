"""Each platform's link: listened to, watched, and begun anew where it went deaf.

A link that looks open may be dead: nothing comes, and nobody says so. So each one is probed for as long as it is
listened to. It is live once a probe was answered. Two in a row that were not mean that it is deaf: then it is ended
and begun anew, after a pause that grows, whatever the others do. What became of it is said on the others (`news`).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

import structlog

from bot.app.news import Crier
from bot.app.world import World
from bot.domain.link import Link, LinkState
from bot.ports.chat import Chat, Intake
from bot.ports.clock import Clock
from bot.ports.errors import Permanent, Temporary, Trouble

log = structlog.get_logger("links")

Tell = Callable[[LinkState, str], None]
TWICE = 2
"""One probe or one start that fails may be chance."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How closely links are watched, and how often they are begun anew."""

    interval: timedelta = timedelta(seconds=30)
    """Between two probes: a deaf link is known within a minute, and no platform minds two calls a minute."""
    again: timedelta = timedelta(seconds=10)
    """Until a probe that failed is asked once more: the platforms' own libraries connect again within seconds, and the
    slowest of them waits five before it begins a new session.
    """
    settling: timedelta = timedelta(seconds=1)
    """Between two probes of a link that is just beginning."""
    patience: timedelta = timedelta(seconds=60)
    """For the first answer: logging in, and being made to wait for it by the platform, takes some seconds."""
    deadline: timedelta = timedelta(seconds=15)
    """A probe that has not come back by then has failed; the port promises ten seconds."""
    pause: timedelta = timedelta(seconds=1)
    """Before a link is begun anew; doubled each time, up to `longest`."""
    longest: timedelta = timedelta(seconds=60)
    """With `patience` it makes less than 1000 logins a day, which is all that the strictest platform allows."""
    steady: timedelta = timedelta(minutes=10)
    """A link that was live so long begins anew with the shortest pause."""


class Links:
    """All of them. `now` is how they stand."""

    def __init__(self, world: World, chats: Sequence[Chat], pace: Pace | None = None) -> None:
        self._world = world
        self._chats = chats
        self._pace = pace or Pace()
        begun = Link(LinkState.STARTING, world.clock.now())
        self._links = {chat.platform: begun for chat in chats}
        self._criers = [Crier(world, chat, self._links) for chat in chats]

    @property
    def now(self) -> Mapping[str, Link]:
        """Platform -> its link; it shows every change."""
        return MappingProxyType(self._links)

    async def serve(self, intake: Intake, leader: Chat | None = None) -> None:
        """Listen to every platform until cancelled; to the leader somebody else listens."""
        async with asyncio.TaskGroup() as group:
            for crier in self._criers:
                group.create_task(crier.serve(), name=f"news on {crier.chat.platform}")
            for chat in self._chats:
                if chat is leader:
                    self._note(chat.platform, LinkState.LIVE, "")
                else:
                    group.create_task(self._keeper(chat, intake).serve(), name=f"link of {chat.platform}")

    def _keeper(self, chat: Chat, intake: Intake) -> "Keeper":
        def tell(state: LinkState, reason: str) -> None:
            self._note(chat.platform, state, reason)

        return Keeper(chat, intake, self._world.clock, self._pace, tell)

    def _note(self, platform: str, state: LinkState, reason: str) -> None:
        """Keep how it stands; since when only changes with the state. All who speak of it look."""
        before, reason = self._links[platform], self._world.redactor.clean(reason)
        since = before.since if before.state is state else self._world.clock.now()
        self._links[platform] = Link(state, since, reason)
        if before.state is not state:
            log.info("a platform's link", platform=platform, link=state, before=before.state, reason=reason)
        for crier in self._criers:
            crier.changed.set()


@dataclass(eq=False)
class Keeper:
    """Keeps one platform's link."""

    chat: Chat
    intake: Intake
    clock: Clock
    pace: Pace
    tell: Tell
    failures: int = 0
    """Lives of the link in a row that nothing was heard in; a deaf one counts as enough of them."""
    live_at: float | None = None
    """When this life of the link was first heard, by the clock's `elapsed`."""

    async def serve(self) -> None:
        """One life of the link after another, until a person has to mend something, or cancelled."""
        pause = self.pace.pause
        while True:
            trouble = await self._life()
            if isinstance(trouble, Permanent):
                log.error("a platform is off", platform=self.chat.platform, reason=trouble.reason)
                self.tell(LinkState.OFF, trouble.reason)
                return
            self.failures += 1
            self.tell(LinkState.DEAF if self.failures >= TWICE else LinkState.STARTING, trouble.reason)
            if self.live_at is not None and self.clock.elapsed() - self.live_at > self.pace.steady.total_seconds():
                pause = self.pace.pause
            log.warning(
                "a link is begun anew",
                platform=self.chat.platform,
                reason=trouble.reason,
                again_in=pause.total_seconds(),
            )
            await self.clock.sleep(pause)
            pause = min(pause * 2, self.pace.longest)

    async def _life(self) -> Trouble:
        """Listen and watch until either ends; why it did. A `Permanent` is what listening itself has said."""
        self.live_at = None
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(self._listen(), name=f"listen {self.chat.platform}")
            watching = group.create_task(self._watch(), name=f"watch {self.chat.platform}")
            done, _ = await asyncio.wait((listening, watching), return_when=asyncio.FIRST_COMPLETED)
            if listening not in done:
                # Said before the link has ended, which may take it some seconds.
                self._deaf(watching.result())
            listening.cancel()
            watching.cancel()
        return listening.result() if listening in done else Temporary(watching.result().reason)

    def _deaf(self, trouble: Trouble) -> None:
        """A `Permanent` of a probe is left to the next listening, which meets it too and says it once."""
        if not isinstance(trouble, Permanent):
            self.failures = TWICE
            self.tell(LinkState.DEAF, trouble.reason)

    async def _listen(self) -> Trouble:
        try:
            await self.chat.listen(self.intake)
        except Trouble as trouble:
            return trouble
        except Exception as fault:
            log.exception("a platform's link failed", platform=self.chat.platform)
            return Temporary(f"a fault of my own ({type(fault).__name__})")
        return Temporary("the link ended by itself")

    async def _watch(self) -> Trouble:
        """Probe until the link is deaf; why it is."""
        trouble = await self._settled()
        while trouble is None:
            await self.clock.sleep(self.pace.interval)
            trouble = await self._asked()
            if trouble is not None and not isinstance(trouble, Permanent):
                log.info("a probe failed", platform=self.chat.platform, reason=trouble.reason)
                await self.clock.sleep(self.pace.again)
                trouble = await self._asked()
        return trouble

    async def _settled(self) -> Trouble | None:
        """None once the link is heard; why not, where that takes too long."""
        begun = self.clock.elapsed()
        while (trouble := await self._asked()) is not None:
            if isinstance(trouble, Permanent) or self.clock.elapsed() - begun > self.pace.patience.total_seconds():
                return trouble
            await self.clock.sleep(self.pace.settling)
        self.failures, self.live_at = 0, self.clock.elapsed()
        self.tell(LinkState.LIVE, "")
        return None

    async def _asked(self) -> Trouble | None:
        """Probe once; None where the platform hears."""
        async with asyncio.TaskGroup() as group:
            asked = group.create_task(self._probe())
            late = group.create_task(self.clock.sleep(self.pace.deadline))
            done, _ = await asyncio.wait((asked, late), return_when=asyncio.FIRST_COMPLETED)
            asked.cancel()
            late.cancel()
        return asked.result() if asked in done else Temporary("its probe did not come back")

    async def _probe(self) -> Trouble | None:
        try:
            await self.chat.probe()
        except Trouble as trouble:
            return trouble
        except Exception as fault:
            log.exception("a probe failed by a fault of the bot itself", platform=self.chat.platform)
            return Temporary(f"a fault of my own ({type(fault).__name__})")
        return None
