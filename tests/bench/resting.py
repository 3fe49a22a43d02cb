"""The bot at rest: memory, threads and start-up of `python -m bot run` with a journal on disk and no platform.

Compared with bare Pythons: one that does nothing, one that imported the three chat libraries, and one that imported the
bot and did nothing with it.
"""

import asyncio
import os
import socket
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from bot.demo import CONFIG
from bot.demo.repository import ROOT
from tests.bench.figures import Figure, median
from tests.bench.stand import INHERITED

LIBRARIES = "import slack_bolt.async_app, discord, telegram.ext"
IDLE = 2.0
"""Seconds of rest before it is looked at."""
STARTS_WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A process at rest: resident MiB, threads, and the seconds that it took until it was ready."""

    memory: float
    threads: float
    ready: float


async def memory_at_rest(rounds: int) -> Sequence[Figure]:
    """Rounds of one start of each."""
    seen: dict[str, list[Seen]] = {}
    with TemporaryDirectory(prefix="outrider-bench-") as name:
        for _ in range(rounds):
            seen.setdefault("bot", []).append(await _bot(Path(name)))
            for other, imports in (("python", "pass"), ("libraries", LIBRARIES), ("imports", "import bot.__main__")):
                seen.setdefault(other, []).append(await _python(imports))
    bot = seen.pop("bot")
    others = [(f"memory_of_{name}", ones) for name, ones in seen.items()]
    return [
        Figure("memory_at_rest", median([one.memory for one in bot]), "MiB"),
        *(Figure(name, median([one.memory for one in ones]), "MiB") for name, ones in others),
        Figure("threads_at_rest", median([one.threads for one in bot]), "threads"),
        Figure("start_to_serving", median([one.ready for one in bot]), "s"),
        Figure("start_of_imports", median([one.ready for one in seen["imports"]]), "s"),
    ]


async def _bot(folder: Path) -> Seen:
    config, port = folder / "outrider.toml", _free_port()
    places = {"canary": "http://127.0.0.1:9/canary", "production": "http://127.0.0.1:9", "watch": "0s"}
    config.write_text(CONFIG.format(repo=folder, **places), "utf-8")
    environ = {
        **INHERITED,
        "OUTRIDER_CONFIG": str(config),
        "OUTRIDER_WORKSPACE": str(folder / "workspace"),
        "DATABASE_URL": f"sqlite:///{folder / 'journal.db'}",
        "CLOUDFLARE_API_BASE_URL": "http://127.0.0.1:9",
        "CLOUDFLARE_API_TOKEN": "none-is-needed-here",
        "CLOUDFLARE_ACCOUNT_ID": "0123456789abcdef0123456789abcdef",
        "PORT": str(port),
    }
    begun = time.perf_counter()
    async with _started(environ, "-m", "bot", "run") as process:
        await _serving(process, port)
        ready = time.perf_counter() - begun
        await asyncio.sleep(IDLE)
        return _look(process.pid, ready)


async def _python(imports: str) -> Seen:
    """A bare Python after these imports: it says so by a byte, and waits for the end of its input."""
    code = f"{imports}; import os; os.write(1, b'.'); os.read(0, 1)"
    begun = time.perf_counter()
    async with _started(INHERITED, "-W", "ignore", "-c", code) as process:
        if process.stdout is None or await process.stdout.read(1) != b".":
            raise RuntimeError(f"this Python did not start: {imports}")
        return _look(process.pid, time.perf_counter() - begun)


@asynccontextmanager
async def _started(environ: dict[str, str], *words: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, cwd=ROOT, env=environ,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip  # what it runs on a line, what it speaks through on the next
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.communicate()


async def _serving(process: Process, port: int) -> None:
    async with asyncio.timeout(STARTS_WITHIN), httpx.AsyncClient(trust_env=False) as client:
        while process.returncode is None:
            with suppress(httpx.TransportError):
                if (await client.get(f"http://127.0.0.1:{port}/healthz")).status_code == 200:
                    return
            await asyncio.sleep(0.01)
    _, said = await process.communicate()
    raise RuntimeError(f"the bot did not start: {said.decode()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _look(pid: int, ready: float) -> Seen:
    return Seen(resident(pid), threads_of(pid), ready)


def threads_of(pid: int) -> float:
    """Threads that the process has now (Linux)."""
    return float(len(os.listdir(f"/proc/{pid}/task")))


def resident(pid: int) -> float:
    """MiB of memory that the process holds now (Linux)."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024
