"""One play: a bot with a journal and a room of its own, started, killed and started again, and asked how it went."""

import asyncio
import json
import os
import sqlite3
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from adapters.sql import records
from bot.domain.fold import fold
from bot.domain.run import Run
from bot.ports.journal import Told
from tests.e2e.room import Json, append, lines
from tests.e2e.stage import Stage

ROOT = Path(__file__).parents[2]
LONG = 240.0
"""Seconds in which a run must be over: several times what it takes on a busy machine."""
_LOOK = 0.1
Found = TypeVar("Found")


@dataclass
class Play:
    """`async with` it: whatever happens inside, the bot is gone afterwards."""

    stage: Stage
    folder: Path
    environ: dict[str, str]
    command: Sequence[str] = ()
    """What is started; nothing: the bot with a room of files."""
    process: "asyncio.subprocess.Process | None" = None
    lives: int = 0
    asked: list[str] = field(default_factory=list)
    killed: list[datetime] = field(default_factory=list)
    """When it was killed from outside."""

    async def __aenter__(self) -> "Play":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()

    @property
    def room(self) -> Path:
        """The folder of `FileRoom`."""
        return self.folder / "room"

    async def start(self, kill: str = "") -> None:
        """A new life of the bot; `kill` is the point at which it kills itself."""
        of_files = ("-m", "tests.e2e.bot", str(self.room), f"--kill={kill}", f"--struck={self.folder / 'struck'}")
        words = self.command or of_files
        self.lives += 1
        with (self.folder / "bot.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, *words, cwd=ROOT, env=self.environ, stdin=asyncio.subprocess.DEVNULL, stderr=log
            )

    def struck(self) -> list[Json]:
        """Where the bot has killed itself so far: name, number and when."""
        return lines(self.folder / "struck")

    async def kill(self) -> None:
        """SIGKILL, now."""
        if self.process is not None and self.process.returncode is None:
            self.killed.append(datetime.now(UTC))
            self.process.kill()
            await self.process.wait()

    async def terminate(self) -> int:
        """SIGTERM; the exit status."""
        assert self.process is not None
        self.process.terminate()
        return await asyncio.wait_for(self.process.wait(), LONG)

    def gone(self) -> list[tuple[datetime, datetime]]:
        """From when until when there was no bot: from each kill until the next life has begun to hear."""
        kills = [*self.killed, *(datetime.fromisoformat(one["at"]) for one in self.struck())]
        path = self.folder / "bot.log"
        log = path.read_text("utf-8", "replace").splitlines() if path.is_file() else []
        hears = [datetime.fromisoformat(line.split()[0]) for line in log if "link=live" in line]
        return [(at, min((one for one in hears if one > at), default=datetime.now(UTC))) for at in sorted(kills)]

    async def died(self, key: str) -> bool:
        """True when the bot has killed itself at its point, False where the run was over before."""

        async def find() -> bool | None:
            if self.process is not None and self.process.returncode is not None:
                assert self.process.returncode == -9, self.log()
                return True
            return False if self.is_over(key) else None

        return await self.until(find)

    def is_over(self, key: str) -> bool:
        """The run that the delivery asked for has ended, and all of it was told."""
        query = """
            SELECT (SELECT max(seq) FROM events WHERE stream = heads.run), cursors.seq FROM heads
            JOIN cursors ON cursors.run = heads.run WHERE key = ? AND outcome IS NOT NULL
        """
        rows = self.rows(query, key)
        return bool(rows) and all(all_of_it == told for all_of_it, told in rows)

    def type(self, text: str, account: str = "ana") -> str:
        """Somebody types; the key of the delivery."""
        key = f"typed-{uuid.uuid4().hex[:8]}"
        self.room.mkdir(exist_ok=True)
        append(self.room / "inbox", {"text": text, "account": account, "key": key})
        self.asked.append(key)
        return key

    async def answer(self, key: str) -> Json:
        """The notice that the delivery was answered with."""

        async def find() -> Json | None:
            found = [one["notice"] for one in self.outbox("answer") if one["key"] == key]
            return found[0] if found else None

        return await self.until(find)

    def outbox(self, did: str) -> list[Json]:
        """What was drawn (`draw`), said (`say`) or answered (`answer`)."""
        return [one for one in lines(self.room / "outbox") if one["did"] == did]

    async def heard(self, code: str) -> Json:
        """The first notice of that code, once it is said."""

        async def find() -> Json | None:
            return next((one["notice"] for one in self.outbox("say") if one["notice"]["code"] == code), None)

        return await self.until(find)

    async def run(self, key: str) -> Run:
        """The run that the delivery asked for, once it has begun."""

        async def find() -> Run | None:
            return self.state(key)

        return await self.until(find)

    async def over(self, key: str) -> Run:
        """The run that the delivery asked for, once it is over and all of it was told."""

        async def find() -> Run | None:
            return self.state(key) if self.is_over(key) else None

        return await self.until(find)

    def state(self, key: str) -> Run | None:
        """The run as the journal has it now, None before there is one."""
        rows = self.rows("SELECT run FROM heads WHERE key = ?", key)
        return fold(self.events(rows[0][0])) if rows else None

    def events(self, run: str) -> Sequence[Any]:
        """The run's events, read beside the bot."""
        rows = self.rows("SELECT type, v, data FROM events WHERE stream = ? ORDER BY seq", run)
        return [records.from_record({**_json(data), "type": name, "v": version}) for name, version, data in rows]

    def told(self, run: Run) -> list[Told]:
        """The run's cursors."""
        query = "SELECT run, platform, address, seq, card, drawn FROM cursors WHERE run = ?"
        return [Told(*row) for row in self.rows(query, run.id)]

    async def until(self, find: Callable[[], Awaitable[Found | None]], seconds: float = LONG) -> Found:
        """What `find` finds, as soon as it does; the bot's log where it does not in time."""
        end = time.monotonic() + seconds
        while (found := await find()) is None:
            if time.monotonic() > end:
                raise AssertionError(f"not seen within {seconds:g} s\n{self.log()}")
            await asyncio.sleep(_LOOK)
        return found

    def left(self) -> list[str]:
        """Processes that work in the stage's folder, other than a bot."""
        bots = ("tests.e2e.bot", "-m bot run")
        found = below(self.stage.folder)
        return [f"{pid}: {words}" for pid, words in found if not any(one in words for one in bots)]

    def log(self) -> str:
        """The last lines of the bot's log."""
        path = self.folder / "bot.log"
        return "\n".join(path.read_text("utf-8", "replace").splitlines()[-40:]) if path.is_file() else "no log"

    def rows(self, query: str, *values: str) -> list[Any]:
        """What the journal answers, read beside the bot; nothing where there is none yet."""
        path = self.folder / "journal.db"
        if not path.is_file():
            return []
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
            try:
                return connection.execute(query, values).fetchall()
            except sqlite3.OperationalError as error:
                if "no such table" in str(error):
                    return []
                raise


def _json(data: str) -> Json:
    loaded: Json = json.loads(data)
    return loaded


def below(folder: Path) -> list[tuple[int, str]]:
    """(process, its words) of everybody who works in the folder, or names it among the words."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            inside = (entry / "cwd").readlink().is_relative_to(folder)
            if words and (inside or str(folder) in words):
                found.append((int(entry.name), words))
        except OSError:
            continue  # it ended meanwhile
    return found
