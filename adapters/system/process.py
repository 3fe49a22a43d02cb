"""Commands of the machine, each under a guard that ends it with the bot: implements
`bot.ports.process.Processes`.

The child's world is made, not inherited: exactly the environment that was given, standard input from memory
or from nowhere, a session of its own, no shell. How nothing outlives the bot stands in `guard`; what is here
starts the guard, reads the pipes, and ends the guard at the deadline, on cancellation, or when a line's
reader fails.
"""

import asyncio
import os
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from socket import socket, socketpair

from adapters.system import sweep
from adapters.system.output import Gathered, Splitter
from bot.domain.redaction import Redactor
from bot.ports.clock import Clock
from bot.ports.errors import Doubtful, Permanent
from bot.ports.process import Lines, Ran

GRACE = 5.0
"""Seconds between TERM and KILL."""
MARGIN = 5.0
"""Seconds that the guard gets on top of the grace before it is ended itself."""
_GUARD = Path(__file__).with_name("guard.py")
_CHUNK = 64 * 1024
BASE = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8"}
"""What a child gets where neither the caller nor the bot says otherwise."""


class SystemProcesses:
    """Runs commands on this machine. Of `base`, the bot's own environment, PATH, HOME and LANG are used."""

    def __init__(self, redactor: Redactor, clock: Clock, base: Mapping[str, str], grace: float = GRACE) -> None:
        self._redactor = redactor
        self._clock = clock
        self._base = {name: base.get(name) or BASE[name] for name in BASE}
        self._grace = grace

    async def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        deadline: timedelta,
        lines: Lines | None = None,
        stdin: bytes = b"",
        cookie: str = "",
    ) -> Ran:
        """See `Processes.run`."""
        world = {**self._base, **env, **({sweep.MARK: cookie} if cookie else {})}
        _refuse_missing(argv, cwd, world["PATH"])
        said = Gathered(self._redactor, lines)
        began = self._clock.elapsed()
        with _lifelines() as (theirs, ours):
            process = await self._start(argv, cwd, world, theirs.fileno(), bool(stdin))
            theirs.close()
            try:
                await self._finish(process, ours, said, stdin, deadline)
            except TimeoutError as error:
                late = f"{argv[0]} took longer than {deadline.total_seconds():g} s and was ended."
                raise Doubtful(late, said.tail) from error
        return Ran(process.returncode or 0, said.out, said.tail, self._clock.elapsed() - began)

    async def ended(self, cookie: str) -> None:
        """See `Processes.ended`."""
        await sweep.ended(cookie, self._grace, self._clock)

    async def _start(
        self, argv: Sequence[str], cwd: Path, world: Mapping[str, str], lifeline: int, fed: bool
    ) -> Process:
        guard = (sys.executable, "-I", "-S", str(_GUARD), str(lifeline), str(self._grace))
        added = "" if "LC_CTYPE" in world else "LC_CTYPE"
        try:
            return await asyncio.create_subprocess_exec(
                *(*guard, added, "--", *argv),
                cwd=cwd,
                env=world,
                stdin=PIPE if fed else DEVNULL,
                stdout=PIPE,
                stderr=PIPE,
                start_new_session=True,
                pass_fds=(lifeline,),
            )
        except (OSError, ValueError) as error:
            raise Permanent(f"{argv[0]} cannot be started in {cwd}: {error}.") from error

    async def _finish(
        self, process: Process, lifeline: socket, said: Gathered, stdin: bytes, deadline: timedelta
    ) -> None:
        """Return when the guard has ended by itself, and with it everything; else end it first and raise."""
        try:
            async with asyncio.timeout(deadline.total_seconds()), asyncio.TaskGroup() as group:
                group.create_task(_feed(process, stdin))
                group.create_task(_pump(process.stdout, said.stdout))
                group.create_task(_pump(process.stderr, said.stderr))
                group.create_task(_mourn(process, lifeline))
                group.create_task(process.wait())
        except BaseException:
            await self._end(process)
            raise

    async def _end(self, process: Process) -> None:
        """Return when nothing of it is left. A cancellation in the meantime is kept until then."""
        cancelled: asyncio.CancelledError | None = None
        for stop, seconds in ((_terminate, self._grace + MARGIN), (_kill, MARGIN)):
            stop(process)
            until = self._clock.elapsed() + seconds
            while (left := until - self._clock.elapsed()) > 0:
                try:
                    async with asyncio.timeout(left):
                        await _drain(process)
                    until = 0.0
                except TimeoutError:
                    pass
                except asyncio.CancelledError as error:
                    cancelled = error
            if until == 0.0:
                break
        if cancelled is not None:
            raise cancelled


def _refuse_missing(argv: Sequence[str], cwd: Path, path: str) -> None:
    if not cwd.is_dir():
        raise Permanent(f"{argv[0]} cannot be started: the folder {cwd} is not there.")
    found = os.access(cwd / argv[0], os.X_OK) if "/" in argv[0] else shutil.which(argv[0], path=path)
    if not found:
        raise Permanent(f"The program {argv[0]} is not there: install it, or put its folder on PATH.")


@contextmanager
def _lifelines() -> Iterator[tuple[socket, socket]]:
    """The guard's end and ours: each of the two sees when the other dies."""
    theirs, ours = socketpair()
    with theirs, ours:
        ours.setblocking(False)
        yield theirs, ours


async def _mourn(process: Process, lifeline: socket) -> None:
    """Where the guard ends without its last word, somebody killed it: end what it can end no more."""
    if not await asyncio.get_running_loop().sock_recv(lifeline, 1):
        sweep.end_session(process.pid)


def _terminate(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    with suppress(ProcessLookupError):
        process.terminate()


def _kill(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    sweep.end_session(process.pid)


async def _feed(process: Process, data: bytes) -> None:
    if process.stdin is None:
        return
    with suppress(BrokenPipeError, ConnectionResetError):  # it need not read what it is given
        process.stdin.write(data)
        await process.stdin.drain()
    process.stdin.close()


async def _pump(pipe: asyncio.StreamReader | None, into: Splitter) -> None:
    while pipe is not None and (data := await pipe.read(_CHUNK)):
        into.feed(data)
    into.close()


async def _drain(process: Process) -> None:
    """Read what still comes, so that nobody waits for a full pipe, until it has ended."""
    await asyncio.gather(_drop(process.stdout), _drop(process.stderr), process.wait())


async def _drop(pipe: asyncio.StreamReader | None) -> None:
    while pipe is not None and await pipe.read(_CHUNK):
        pass
