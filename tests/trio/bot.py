"""The bot with its real chat adapters, journal and configuration, and a quick account in place of Cloudflare.

    python -m tests.trio.bot FOLDER [--speed N --begun SECONDS]

Settings come from the environment, as for `outrider run`. In `FOLDER` are the account's moves (`account`) and what the
intake made of each delivery (`heard`): both outlive a kill. Time runs `N` times as fast as the machine's, and was right
at `begun`; git, wrangler and the Worker are fakes that answer at once. Ends on SIGTERM.
"""

import argparse
import asyncio
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.http.options import problems
from adapters.sql.journal import open_journal
from adapters.system.clock import SystemClock
from adapters.system.log import set_up_log
from adapters.system.memory import set_apart
from bot.app.links import Links
from bot.app.serving import serve
from bot.app.world import World
from bot.chats import opened_chats
from bot.domain.commands import Intent
from bot.domain.redaction import Redactor
from bot.domain.refusal import Unheard
from bot.domain.values import RunId
from bot.ports.chat import KEEPING, Chat, Intake, Limits
from bot.ports.deployer import Provider
from bot.settings import Settings, config_path, environment, load
from bot.view.card import RunCard
from bot.view.notice import Notice
from tests.fakes.keeping import CALM
from tests.fakes.world import FakeChannel, FakeProcesses, FakeSource
from tests.trio.account import Account, append, moves
from tests.trio.trio import fast


@dataclass(frozen=True)
class FastClock:
    """`Clock`: the machine's, so many times as fast."""

    speed: float
    begun: float

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.elapsed(), UTC)

    def elapsed(self) -> float:
        return fast(self.speed, self.begun)()

    async def sleep(self, span: timedelta) -> None:
        if span > timedelta(0):
            await asyncio.sleep(span.total_seconds() / self.speed)

    def new_run(self) -> RunId:
        return SystemClock().new_run()


@dataclass(frozen=True)
class Overhearing:
    """`Intake`; what it answered is written down before the platform is told."""

    inner: Intake
    heard: Path

    async def keep(self, intent: Intent, within: timedelta = KEEPING) -> bool:
        return await self.inner.keep(intent, within)

    async def drop(self, intent: Intent) -> None:
        await self.inner.drop(intent)

    def refuse(self, why: Unheard, platform: str, source: str) -> None:
        self.inner.refuse(why, platform, source)

    async def __call__(self, intent: Intent) -> Sequence[Notice]:
        notices = await self.inner(intent)
        codes = [str(one.code) for one in notices]
        append(self.heard, {"key": intent.key, "codes": codes, "runs": [one.run for one in notices]})
        return notices


LATE = ":late:"
"""In the key of an answer to what an earlier life of the bot had heard; the delivery's own stands before it."""


@dataclass(frozen=True)
class Overheard:
    """`Chat`; what the intake answers is written down before the platform is told, late answers too."""

    inner: Chat
    heard: Path

    @property
    def platform(self) -> str:
        return self.inner.platform

    @property
    def limits(self) -> Limits:
        return self.inner.limits

    async def draw(self, address: str, card: RunCard, known: str, key: str) -> str:
        return await self.inner.draw(address, card, known, key)

    async def say(self, address: str, thread: str, notice: Notice, key: str) -> None:
        delivery, late, number = key.partition(LATE)
        if late and number == "0" and delivery not in (line["key"] for line in moves(self.heard)):
            append(self.heard, {"key": delivery, "codes": [str(notice.code)], "runs": []})
        await self.inner.say(address, thread, notice, key)

    async def probe(self) -> None:
        await self.inner.probe()

    async def listen(self, intake: Intake) -> None:
        await self.inner.listen(Overhearing(intake, self.heard))


async def main(folder: Path, clock: FastClock) -> int:
    """Serve until SIGTERM; 1 where the configuration is wrong."""
    environ = environment()
    settings = load(environ, config_path(environ), {"http": problems, "health": lambda one: problems(one, "health")})
    if not isinstance(settings, Settings):
        sys.stderr.write(f"{settings}\n")
        return 1
    set_up_log(Redactor(settings.secrets), sys.stderr, "INFO", plain=True)
    account = Account(clock, file=folder / "account")
    async with open_journal(settings.database_url) as journal:
        world = World(
            estate=settings.estate,
            clock=clock,
            journal=journal,
            archive=journal,
            cursors=journal,
            inbox=journal,
            source=FakeSource(),
            processes=FakeProcesses(),
            providers={"cloudflare": Provider(account, account, account)},
            channels={"http": FakeChannel(), "health": FakeChannel()},
            redactor=Redactor(settings.secrets),
        )
        async with opened_chats(settings, world) as found, asyncio.TaskGroup() as group:
            set_apart()
            chats = [Overheard(chat, folder / "heard") for chat in found.chats]
            # Heartbeats go by the libraries' clock and not the bot's quick one: the watch over links is tested apart.
            links = Links(world, chats, CALM)
            work = group.create_task(serve(world, chats, links=links))
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, work.cancel)
    return 0


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--speed", type=float, default=1.0)
    arguments.add_argument("--begun", type=float, default=time.time())
    asked = arguments.parse_args()
    sys.exit(asyncio.run(main(asked.folder, FastClock(asked.speed, asked.begun))))
