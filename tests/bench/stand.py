"""The real bot with everything real around it: sandbox, wrangler, git, SQLite on disk, the serving tasks.

It is the demo's world, with a chat that a program types into: what it hears goes through the same `Intake`, runner,
feed and journal as what a person types.
"""

import asyncio
import itertools
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import httpx

from adapters.system.clock import SystemClock
from adapters.system.log import set_up_log
from adapters.system.memory import set_apart
from adapters.system.process import SystemProcesses
from bot.__main__ import CHANNELS, SOURCES
from bot.app.serving import serve
from bot.app.world import World
from bot.compose import opened
from bot.demo import Demo, stage
from bot.domain.board import Head
from bot.domain.commands import Origin, Typed
from bot.domain.redaction import Redactor
from bot.domain.values import Actor, Outcome, RunId
from bot.ports.chat import Intake, Limits
from bot.ports.process import Processes
from bot.settings import Settings, config_path, load
from bot.view.card import RunCard
from bot.view.notice import Notice

Ports = TypeVar("Ports")
INHERITED = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
LONGEST = 120.0
"""Seconds after which a run that has not ended fails the benchmark."""


class Typist:
    """A chat platform whose person is a program: `type` hands an intent in, what is drawn goes nowhere."""

    platform = "console"
    limits = Limits(max_text=100_000, min_edit_interval=timedelta(milliseconds=200))

    def __init__(self) -> None:
        self._intake: asyncio.Future[Intake] = asyncio.get_running_loop().create_future()
        self._left = asyncio.Event()
        self._deliveries = itertools.count(1)
        self._over: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    async def draw(self, address: str, card: RunCard, known: str, key: str) -> str:
        if card.over:
            self._over[card.run].set()
        return card.run

    async def say(self, address: str, thread: str, notice: Notice, key: str) -> None: ...

    async def listen(self, intake: Intake) -> None:
        self._intake.set_result(intake)
        await self._left.wait()

    async def probe(self) -> None: ...

    async def type(self, text: str) -> Sequence[Notice]:
        """What the bot answers to these words."""
        intake = await self._intake
        actor = Actor(self.platform, "you", shown="you")
        intent = Typed(text, actor, Origin(self.platform, "terminal"), f"bench:{next(self._deliveries)}")
        await intake.keep(intent)
        return await intake(intent)

    async def over(self, run: RunId) -> None:
        """Return once the card says that the run is over. Nothing is asked meanwhile: that would be measured too."""
        async with asyncio.timeout(LONGEST):
            await self._over[run].wait()

    def leave(self) -> None:
        """Let the bot end."""
        self._left.set()


@dataclass(frozen=True, slots=True)
class Stand:
    """A bot that is being served. `control` is the sandbox's own control API."""

    demo: Demo
    settings: Settings
    world: World
    typist: Typist
    control: httpx.AsyncClient

    async def run(self, text: str) -> Head:
        """Type a command that begins a run, and wait for its end, which must be a good one."""
        said = await self.typist.type(text)
        run = next((notice.run for notice in said if notice.run), None)
        if run is None:
            raise RuntimeError(f"{text}: {' '.join(notice.text for notice in said)}")
        head = await self.ended(RunId(run))
        if head.outcome is not Outcome.SUCCEEDED:
            raise RuntimeError(f"{text}: {head.outcome}: {head.reason}")
        return head

    async def ended(self, run: RunId) -> Head:
        """The run's head once it is over."""
        await self.typist.over(run)
        head = await self.world.archive.head(run)
        if head is None:
            raise RuntimeError(f"the journal does not know {run}")
        return head

    async def commit(self, number: int) -> None:
        """Add a commit to the sample's repository: another greeting, and another migration."""
        folder = self.demo.repository.folder
        source = (folder / "src" / "index.js").read_text("utf-8")
        first, _, rest = source.partition("\n")
        first = first if not first.startswith("//") else ""
        (folder / "src" / "index.js").write_text(f"// {number}\n{first}\n{rest}", "utf-8")
        migration = folder / "migrations" / f"{number:04}_note.sql"
        migration.write_text(f"CREATE TABLE note_{number} (text TEXT);\n", "utf-8")
        await self._git("add", "--all")
        who = ("-c", "user.name=You", "-c", "user.email=you@example.com")
        await self._git(*who, "commit", "--quiet", "-m", f"Note {number}")

    async def _git(self, *words: str) -> None:
        process = await asyncio.create_subprocess_exec("git", *words, cwd=self.demo.repository.folder)
        if await process.wait() != 0:
            raise RuntimeError(f"git {words[0]} failed")

    async def calls(self, changes: bool = False) -> list[dict[str, Any]]:
        """The API's journal since `forget_calls`; each call's `at` and `seconds` are by the machine's clock."""
        answer = await self.control.get("calls", params={"changes": "1"} if changes else {})
        found: list[dict[str, Any]] = answer.raise_for_status().json()["calls"]
        return found

    async def forget_calls(self) -> None:
        """Empty the API's journal."""
        (await self.control.post("reset-calls", json={})).raise_for_status()


async def _nothing(_: Settings) -> None: ...


def _same(ports: Ports) -> Ports:
    return ports


@asynccontextmanager
async def stand(
    prepare: Callable[[Settings], Awaitable[None]] = _nothing,
    commands: Callable[[Processes], Processes] = _same,
    outside: Callable[[World], World] = _same,
    tables: str = "",
) -> AsyncIterator[Stand]:
    """A bot in a folder of its own until the block ends.

    `prepare` is called before the journal is opened; `commands` and `outside` may put something between the bot and
    the machine's commands, and between it and its other ports; `tables` are added to the demo's configuration.
    """
    processes = SystemProcesses(Redactor(()), SystemClock(), INHERITED)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="outrider-bench-", ignore_cleanup_errors=True)))
        demo = await stack.enter_async_context(stage(folder, processes, watch="0s"))
        with demo.config.open("a", encoding="utf-8") as config:
            config.write(f"\n{tables}")
        settings = _settings(demo)
        set_up_log(Redactor(settings.secrets), stack.enter_context((folder / "bot.log").open("w")), "INFO", plain=False)
        control = await stack.enter_async_context(_control(demo))
        await prepare(settings)
        world = outside(await stack.enter_async_context(opened(settings, commands)))
        set_apart()
        typist = Typist()
        group = await stack.enter_async_context(asyncio.TaskGroup())
        group.create_task(serve(world, [typist], leader=typist))
        stack.callback(typist.leave)
        yield Stand(demo, settings, world, typist, control)


def _settings(demo: Demo) -> Settings:
    environ = {**INHERITED, **demo.environ}
    settings = load(environ, config_path(environ), CHANNELS, SOURCES)
    if not isinstance(settings, Settings):
        raise TypeError(str(settings))
    return settings


@asynccontextmanager
async def _control(demo: Demo) -> AsyncIterator[httpx.AsyncClient]:
    """The sandbox's control API; a benchmark is not to meet the account's limit of calls."""
    base = demo.environ["CLOUDFLARE_API_BASE_URL"].removesuffix("/client/v4") + "/_sandbox"
    async with httpx.AsyncClient(base_url=base, trust_env=False) as client:
        (await client.post("settings", json={"rate_limit": 1_000_000})).raise_for_status()
        yield client
