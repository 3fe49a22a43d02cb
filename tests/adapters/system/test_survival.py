"""Nothing outlives its end: deadlines, cancellations, kills of the guard and of the bot; with real processes."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.system import sweep
from adapters.system.process import SystemProcesses
from bot.ports.errors import Doubtful
from tests.adapters.system.children import Run, python, until

ROOT = Path(__file__).parents[3]

LEAVES = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        if "stubborn" in sys.argv:
            import signal
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("ready", flush=True)
        time.sleep(600)
    os._exit(0)
os.wait()
if "ends" not in sys.argv:
    time.sleep(600)
"""
"""A command whose grandchild left its group and its session, and whose parent is gone."""


async def test_a_reader_of_lines_that_fails_ends_the_command(run: Run, cookie: str) -> None:
    def fail(line: str) -> None:
        raise RuntimeError(line)

    with pytest.raises(ExceptionGroup) as caught:
        await run(LEAVES, "stubborn", lines=fail)
    assert caught.group_contains(RuntimeError, match="ready")
    assert sweep.marked(cookie) == []


async def test_the_deadline_ends_everybody(run: Run, cookie: str) -> None:
    with pytest.raises(Doubtful, match="took longer than") as caught:
        await run(LEAVES, "stubborn", deadline=timedelta(seconds=2))
    assert caught.value.log == ("ready",)
    assert sweep.marked(cookie) == []


async def test_a_command_that_prints_while_it_is_ended(run: Run) -> None:
    chatty = (
        "import signal, sys, time\n"
        "def bye(*_):\n    sys.stdout.write('x' * 3_000_000); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, bye); print('ready', flush=True); time.sleep(600)"
    )
    began = time.monotonic()
    with pytest.raises(Doubtful):
        await run(chatty, deadline=timedelta(seconds=1))
    assert time.monotonic() - began < 4


@pytest.mark.parametrize("times", [1, 2])
async def test_cancelling_ends_everybody_before_it_goes_on(run: Run, cookie: str, times: int) -> None:
    lines: list[str] = []
    async with asyncio.TaskGroup() as group:
        task = group.create_task(run(LEAVES, "stubborn", lines=lines.append))
        await until(lambda: lines == ["ready"])
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0.1)
    assert task.cancelled()
    assert sweep.marked(cookie) == []


async def test_what_a_command_leaves_behind_ends_with_it(run: Run, cookie: str) -> None:
    ran = await run(LEAVES, "ends")
    assert (ran.status, ran.out) == (0, "ready\n")
    assert sweep.marked(cookie) == []


async def test_a_killed_guard_takes_everybody_along(processes: SystemProcesses, tmp_path: Path, cookie: str) -> None:
    lines: list[str] = []
    child = "import time; print(1, flush=True); time.sleep(600)"
    family = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{child}'])"
    async with asyncio.TaskGroup() as group:
        task = group.create_task(python(processes, tmp_path, cookie, family, lines=lines.append))
        await until(lambda: lines == ["1"])
        found = sweep.marked(cookie)
        assert len(found) == 3
        os.kill(min(found), signal.SIGKILL)
    assert task.result().status == -signal.SIGKILL
    await until(lambda: sweep.marked(cookie) == [])


BOT = """
import asyncio, os, sys
from datetime import timedelta
from pathlib import Path
from adapters.system.clock import SystemClock
from adapters.system.process import SystemProcesses
from bot.domain.redaction import Redactor
run = SystemProcesses(Redactor([]), SystemClock(), {"PATH": os.environ["PATH"]}).run
argv = [sys.executable, "-c", *sys.argv[2:]]
asyncio.run(run(argv, cwd=Path("."), env={}, deadline=timedelta(minutes=9), cookie=sys.argv[1],
                lines=lambda line: print(line, flush=True)))
"""


def start_bot(cookie: str, *argv: str) -> subprocess.Popen[str]:
    bot = subprocess.Popen([sys.executable, "-c", BOT, cookie, *argv], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert bot.stdout is not None
    assert bot.stdout.readline() == "ready\n"
    return bot


@pytest.mark.parametrize("kind", ["polite", "stubborn"])
async def test_nothing_outlives_a_killed_bot(cookie: str, kind: str) -> None:
    with start_bot(cookie, LEAVES, kind) as bot:
        assert len(sweep.marked(cookie)) >= 3
        bot.kill()
    await until(lambda: sweep.marked(cookie) == [])


async def test_ended_finds_and_ends_what_an_earlier_life_left(processes: SystemProcesses, cookie: str) -> None:
    with start_bot(cookie, LEAVES, "stubborn") as bot:
        await processes.ended(f"{cookie}-other")
        assert len(sweep.marked(cookie)) >= 3
        bot.kill()
        await processes.ended(cookie)
        assert sweep.marked(cookie) == []
    await processes.ended(cookie)


async def test_ended_finds_what_has_no_guard(processes: SystemProcesses, cookie: str) -> None:
    world = {"PATH": os.environ["PATH"], sweep.MARK: cookie}
    stray = await asyncio.create_subprocess_exec("sleep", "600", env=world)
    await asyncio.gather(processes.ended(cookie), stray.wait())
    assert stray.returncode == -signal.SIGTERM
