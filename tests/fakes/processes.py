"""Commands of the machine for tests: the port `Processes` in its simplest honest form, on asyncio alone."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from bot.ports.errors import Doubtful, Permanent
from bot.ports.process import Lines, Ran


class PlainProcesses:
    """Runs each command in a group of its own, and remembers what was run: `ran` holds the argument lists."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, ...]] = []
        self.ended_cookies: list[str] = []
        self._begun: dict[str, asyncio.Event] = {}

    async def begun(self, word: str) -> None:
        """Return once a command with this argument has been started."""
        if not any(word in argv for argv in self.ran):
            await self._begun.setdefault(word, asyncio.Event()).wait()

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
        self.ran.append(tuple(argv))
        for word in argv:
            self._begun.setdefault(word, asyncio.Event()).set()
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        try:
            child = await asyncio.create_subprocess_exec(
                *argv,
                cwd=cwd,
                env={**inherited, **env},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except FileNotFoundError:
            raise Permanent(f"{argv[0]} is not installed") from None
        try:
            out, err = await asyncio.wait_for(child.communicate(stdin), deadline.total_seconds())
        except TimeoutError:
            raise Doubtful(f"{argv[0]} did not end in time") from None
        finally:
            if child.returncode is None:
                os.killpg(child.pid, signal.SIGKILL)
                await child.wait()
        return _ran(child.returncode or 0, out, err, lines)

    async def ended(self, cookie: str) -> None:
        self.ended_cookies.append(cookie)


def _ran(status: int, out: bytes, err: bytes, lines: Lines | None) -> Ran:
    text = out.decode("utf-8", "replace")
    tail = (text + err.decode("utf-8", "replace")).splitlines()
    for line in tail if lines else ():
        assert lines is not None
        lines(line)
    return Ran(status, text[: 1 << 20], tuple(tail[-40:]))
