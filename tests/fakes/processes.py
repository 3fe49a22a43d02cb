"""The machine's real commands, with a memory of what was run."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from adapters.system.clock import SystemClock
from adapters.system.process import SystemProcesses
from bot.domain.redaction import Redactor
from bot.ports.process import Lines, Ran


class RecordedProcesses:
    """Runs each command for real; `ran` holds the argument lists, `ended_cookies` what was looked for."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, ...]] = []
        self.ended_cookies: list[str] = []
        self._begun: dict[str, asyncio.Event] = {}
        self._inner = SystemProcesses(Redactor(()), SystemClock(), os.environ)

    async def begun(self, word: str) -> None:
        """Return once a command with this argument has been asked for."""
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
        return await self._inner.run(argv, cwd=cwd, env=env, deadline=deadline, lines=lines, stdin=stdin, cookie=cookie)

    async def ended(self, cookie: str) -> None:
        self.ended_cookies.append(cookie)
        await self._inner.ended(cookie)
