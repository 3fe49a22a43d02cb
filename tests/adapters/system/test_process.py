"""Commands, with real processes."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.system import sweep
from adapters.system.clock import SystemClock
from adapters.system.output import CUT, LONGEST, MOST_OUT
from adapters.system.process import SystemProcesses
from bot.domain.redaction import MARK, Redactor
from bot.ports.errors import Doubtful, Permanent
from bot.ports.process import Processes, Ran

SECRET = "s3cr3t-value"
LONG = timedelta(seconds=60)
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


@pytest.fixture
def processes() -> SystemProcesses:
    return SystemProcesses(Redactor([SECRET]), SystemClock(), {"PATH": os.environ["PATH"]}, grace=0.5)


@pytest.fixture
def cookie() -> str:
    """Nobody else's: other tests may be running on this machine."""
    return f"{uuid.uuid4().hex}/worker"


@pytest.fixture
async def run(processes: SystemProcesses, tmp_path: Path, cookie: str) -> AsyncIterator[Callable[..., object]]:
    yield lambda *argv, **more: python(processes, tmp_path, cookie, *argv, **more)
    assert sweep.marked(cookie) == []


async def python(processes: Processes, folder: Path, cookie: str, *argv: str, **more: object) -> Ran:
    known: dict[str, object] = {"cwd": folder, "env": {}, "deadline": LONG, "cookie": cookie, **more}
    return await processes.run((sys.executable, "-c", *argv), **known)  # type: ignore[arg-type]  # keywords of tests


async def until(holds: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to be"
        await asyncio.sleep(0.02)


Run = Callable[..., asyncio.Future[Ran]]


async def test_status_and_output(run: Run) -> None:
    ran = await run("import sys; print('one'); print('two', file=sys.stderr); sys.exit(7)")
    assert (ran.status, ran.out, sorted(ran.tail)) == (7, "one\n", ["one", "two"])
    assert 0 < ran.took < 30


async def test_a_signal_is_a_negative_status(run: Run) -> None:
    for sign in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV):
        assert (await run(f"import os; os.kill(os.getpid(), {sign:d})")).status == -sign


async def test_the_environment_is_exact(processes: SystemProcesses, tmp_path: Path) -> None:
    os.environ["OUTRIDER_TEST_TOKEN"] = "the bot's own"
    try:
        ran = await processes.run(["env", "-0"], cwd=tmp_path, env={"A": "b\nc", "LANG": "C"}, deadline=LONG)
    finally:
        del os.environ["OUTRIDER_TEST_TOKEN"]
    assert "OUTRIDER_TEST_TOKEN" not in ran.out
    ran = await processes.run(
        [sys.executable, "-I", "-c", "import json, os; print(json.dumps(dict(os.environ)))"],
        cwd=tmp_path,
        env={"A": "b\nc", "HOME": "/h", "LANG": "C.UTF-8"},
        deadline=LONG,
        cookie="r/i",
    )
    expected = {
        "A": "b\nc",
        "HOME": "/h",
        "LANG": "C.UTF-8",
        "PATH": os.environ["PATH"],
        "OUTRIDER_ACT": "r/i",
    }
    assert json.loads(ran.out) == expected


async def test_the_guard_adds_no_variable_in_the_plainest_locale(processes: SystemProcesses, tmp_path: Path) -> None:
    ran = await processes.run(["env"], cwd=tmp_path, env={"LANG": "C", "HOME": "/h"}, deadline=LONG)
    assert sorted(ran.out.split()) == sorted(["HOME=/h", "LANG=C", f"PATH={os.environ['PATH']}"])


async def test_words_arrive_as_data(run: Run) -> None:
    words = ["--env", "$(touch x)", ";", "a\nb", "", "-", "--", "\u202egnp.exe", "'\"", "*"]
    ran = await run("import json, sys; print(json.dumps(sys.argv[1:]))", *words)
    assert json.loads(ran.out) == words


async def test_standard_input_is_given_or_nothing(run: Run) -> None:
    echo = "import sys; print(repr(sys.stdin.read()))"
    assert (await run(echo)).out == "''\n"
    assert (await run(echo, stdin=b"two\nlines")).out == "'two\\nlines'\n"
    assert (await run("print('not read')", stdin=b"x" * 5_000_000)).out == "not read\n"


async def test_a_program_or_folder_that_is_not_there(processes: SystemProcesses, tmp_path: Path) -> None:
    for argv, folder in ((["nowhere-at-all"], tmp_path), (["./x"], tmp_path), (["true"], tmp_path / "no")):
        with pytest.raises(Permanent, match="not there"):
            await processes.run(argv, cwd=folder, env={}, deadline=LONG)


async def test_a_file_that_is_no_program(processes: SystemProcesses, tmp_path: Path) -> None:
    script = tmp_path / "odd"
    script.write_bytes(b"\x00\x01")
    script.chmod(0o755)
    ran = await processes.run(["./odd"], cwd=tmp_path, env={}, deadline=LONG)
    assert (ran.status, ran.tail) == (126, ("./odd cannot be run: Exec format error",))


async def test_huge_output(run: Run) -> None:
    lines: list[str] = []
    big = "import sys; sys.stdout.write('x' * 10_000_000 + '\\nshort\\n' + 'y' * 99 + '\\n' * 50); print('end')"
    ran = await run(big, lines=lines.append)
    assert lines[0].endswith(CUT)
    assert len(lines[0]) < LONGEST
    assert (lines[1], lines[-1], len(ran.tail)) == ("short", "end", 40)
    many = await run("for n in range(400_000): print(n)")
    assert len(many.out) == MOST_OUT
    assert many.tail[-1] == "399999"


async def test_lines_are_clean(run: Run) -> None:
    text = (
        "\\x1b[32mgreen\\x1b[0m \\x1b]8;;http://x\\x07link\\x1b]8;;\\x07\\n"
        "10%\\r50%\\r100%\\r\\ns3cr3t\\x1b[1m-value and s3cr3t-value\\nno end"
    )
    lines: list[str] = []
    ran = await run(f"import sys; sys.stdout.write('{text}')", lines=lines.append)
    assert lines == ["green link", "100%", f"{MARK} and {MARK}", "no end"]
    assert ran.tail == tuple(lines)
    assert ran.out == "\n".join(lines) + "\n"


async def test_a_secret_in_a_line_that_is_cut_leaves_no_half(run: Run) -> None:
    start = LONGEST - 6
    ran = await run(f"print('x' * {start} + '{SECRET}' + 'y' * 100)")
    assert "s3cr" not in ran.out


async def test_a_reader_of_lines_that_fails_ends_the_command(run: Run, cookie: str) -> None:
    def fail(line: str) -> None:
        raise RuntimeError(line)

    with pytest.raises(ExceptionGroup) as caught:
        await run(LEAVES, "stubborn", lines=fail)
    assert caught.group_contains(RuntimeError, match="ready")
    assert sweep.marked(cookie) == []


async def test_no_descriptor_of_the_bot_or_the_guard_is_handed_on(run: Run) -> None:
    ran = await run("import os; print(sorted(map(int, os.listdir('/proc/self/fd')))[:-1])")
    assert ran.out == "[0, 1, 2]\n"


async def test_signals_are_as_in_a_fresh_session(run: Run) -> None:
    ran = await run("print(*[l for l in open('/proc/self/status') if l[:6] in ('SigBlk', 'SigIgn')], sep='')")
    ignored = f"{1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1:016x}"  # by the child's own Python
    assert ran.out.split() == ["SigBlk:", "0" * 16, "SigIgn:", ignored]


async def test_bytes_that_are_no_text(run: Run) -> None:
    ran = await run("import os; os.write(1, b'a\\xff\\xfe\\n')")
    assert ran.out == "a\ufffd\ufffd\n"


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
    task = asyncio.ensure_future(run(LEAVES, "stubborn", lines=lines.append))
    await until(lambda: lines == ["ready"])
    for _ in range(times):
        task.cancel()
        await asyncio.sleep(0.1)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sweep.marked(cookie) == []


async def test_what_a_command_leaves_behind_ends_with_it(run: Run, cookie: str) -> None:
    ran = await run(LEAVES, "ends")
    assert (ran.status, ran.out) == (0, "ready\n")
    assert sweep.marked(cookie) == []


async def test_a_killed_guard_takes_everybody_along(processes: SystemProcesses, tmp_path: Path, cookie: str) -> None:
    lines: list[str] = []
    child = "import time; print(1, flush=True); time.sleep(600)"
    family = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{child}'])"
    task = asyncio.ensure_future(python(processes, tmp_path, cookie, family, lines=lines.append))
    await until(lambda: lines == ["1"])
    found = sweep.marked(cookie)
    assert len(found) == 3
    os.kill(min(found), signal.SIGKILL)
    assert (await asyncio.wait_for(task, 10)).status == -signal.SIGKILL
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
