"""Real commands to run, and waiting for what they do."""

import asyncio
import sys
import time
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias

from bot.ports.process import Processes, Ran

SECRET = "s3cr3t-value"
LONG = timedelta(seconds=60)
Run: TypeAlias = Callable[..., Coroutine[Any, Any, Ran]]
"""Runs a Python program with arguments, in a folder of the test's own."""


async def python(processes: Processes, folder: Path, cookie: str, *argv: str, **more: object) -> Ran:
    known: dict[str, Any] = {"cwd": folder, "env": {}, "deadline": LONG, "cookie": cookie, **more}
    return await processes.run((sys.executable, "-c", *argv), **known)


async def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to be"
        await asyncio.sleep(0.02)
