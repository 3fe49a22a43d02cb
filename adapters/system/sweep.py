"""Finding and ending processes that nobody holds any more: by the mark in their environment, or by their
session.

Linux only, from /proc. Elsewhere there is no such list: there the guard's own promise counts, to end
everything within its grace after the bot has died, and `ended` waits that long.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from bot.ports.clock import Clock
from bot.ports.errors import Temporary

MARK = "OUTRIDER_ACT"
"""The variable that carries the act's name."""
_PROC = Path("/proc")
_LOOK_AGAIN = timedelta(milliseconds=50)


async def ended(cookie: str, grace: float, clock: Clock) -> None:
    """Return once no process carries the mark. Ends those that do: TERM, and KILL after the grace (seconds).

    `Temporary` where even that does not help within the same time again (a process that hangs in the kernel).
    """
    if sys.platform != "linux":
        await clock.sleep(timedelta(seconds=grace))
        return
    start = clock.elapsed()
    told: set[int] = set()
    while found := await asyncio.to_thread(marked, cookie):
        waited = clock.elapsed() - start
        if waited > 2 * grace:
            raise Temporary(f"A process of {cookie} does not end (process {found[0]}).")
        late = waited > grace
        _signal([pid for pid in found if late or pid not in told], signal.SIGKILL if late else signal.SIGTERM)
        told.update(found)
        await clock.sleep(_LOOK_AGAIN)


def marked(cookie: str) -> list[int]:
    """Processes of this user, other than this one, whose environment carries the mark."""
    wanted = f"{MARK}={cookie}".encode()
    return _find(lambda folder: wanted in (folder / "environ").read_bytes().split(b"\0"))


def end_session(session: int) -> None:
    """KILL everybody in that session; for when its guard died and could not."""
    wanted = str(session).encode()
    _signal(_find(lambda folder: _fields(folder)[3] == wanted and _fields(folder)[0] != b"Z"), signal.SIGKILL)


def _find(fits: Callable[[Path], bool]) -> list[int]:
    found = []
    for name in os.listdir(_PROC) if _PROC.is_dir() else ():
        if name.isdigit() and int(name) != os.getpid():
            with suppress(OSError):  # it ended meanwhile, or is another user's
                if fits(_PROC / name):
                    found.append(int(name))
    return found


def _fields(folder: Path) -> list[bytes]:
    """State, parent, group, session, … as in proc(5)."""
    return (folder / "stat").read_bytes().rpartition(b")")[2].split()


def _signal(pids: list[int], sign: signal.Signals) -> None:
    for pid in pids:
        with suppress(OSError):
            os.kill(pid, sign)
