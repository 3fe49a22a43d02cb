"""What a command gets, and what is seen of it; with real processes."""

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from adapters.system.output import CUT, LONGEST, MOST_OUT
from adapters.system.process import SystemProcesses
from bot.domain.redaction import MARK
from bot.ports.errors import Permanent
from tests.adapters.system.children import LONG, SECRET, Run


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


async def test_a_secret_that_was_broken_to_the_width_of_a_page_is_no_part_of_the_tail(run: Run) -> None:
    ran = await run(f"print('token {SECRET[:7]}'); print('{SECRET[7:]} is bad')")
    assert ran.tail == (f"token {MARK}", f"{MARK} is bad")


async def test_no_descriptor_of_the_bot_or_the_guard_is_handed_on(run: Run) -> None:
    ran = await run("import os; print(sorted(map(int, os.listdir('/proc/self/fd')))[:-1])")
    assert ran.out == "[0, 1, 2]\n"


STANDARD = (1 << 31) - 1
"""Signals 1 to 31; what is above belongs to the C library, and no program may set it."""


async def test_signals_are_as_in_a_fresh_session(run: Run) -> None:
    ran = await run("print(*[l for l in open('/proc/self/status') if l[:6] in ('SigBlk', 'SigIgn')], sep='')")
    blocked, ignored = (int(word, 16) & STANDARD for word in ran.out.split()[1::2])
    assert blocked == 0
    assert ignored == 1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1, "by the child's own Python"


async def test_bytes_that_are_no_text(run: Run) -> None:
    ran = await run("import os; os.write(1, b'a\\xff\\xfe\\n')")
    assert ran.out == "a\ufffd\ufffd\n"
