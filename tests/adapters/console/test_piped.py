"""The console between real pipes."""

import os
import subprocess
import sys
from collections.abc import Mapping

import pytest

from tests.adapters.console.person import ROOT

COMMAND = [sys.executable, "-m", "tests.adapters.console.session"]


def piped(text: str, env: Mapping[str, str] | None = None) -> tuple[list[str], int]:
    """What the program prints when that is typed into its pipe, and its exit status."""
    done = subprocess.run(
        COMMAND,
        input=text.encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **(env or {})},
        timeout=60,
        check=False,
    )
    return done.stdout.decode("utf-8").splitlines(), done.returncode


def test_each_line_waits_for_the_run_before_it() -> None:
    lines, status = piped("/deploy canary\n/deploy canary\n/quit\n/deploy never\n")
    assert status == 0
    typed = [number for number, line in enumerate(lines) if line.startswith("> ")]
    live = [number for number, line in enumerate(lines) if line == "▌ ✓ live: 1a2b3c4"]
    said = [number for number, line in enumerate(lines) if line.startswith("✓ 1a2b3c4 is live in canary")]
    assert [lines[number] for number in typed] == ["> /deploy canary", "> /deploy canary", "> /quit"]
    assert typed[0] < said[0] < live[0] < typed[1] < said[1] < live[1] < typed[2]


def test_steps_and_notices_are_told_once_each_without_escape_codes() -> None:
    lines, _ = piped("/deploy canary")
    assert lines.count("  building worker …") == 1
    assert lines.count("✓ Health: it answers in 42ms.") == 1
    assert lines.count("  watching, 0 of 4 minutes …") == 1
    assert not any("\x1b" in line or "\r" in line for line in lines)
    assert all(len(line) <= 80 for line in lines)


def test_the_end_of_input_leaves_once_the_run_is_over() -> None:
    lines, status = piped("/deploy canary")
    assert status == 0
    assert "▌ ✓ live: 1a2b3c4" in lines


@pytest.mark.parametrize("text", ["/deploy broken\n/quit\n", "/deploy broken\n/deploy canary\n", "/nonsense\n"])
def test_what_did_not_succeed_gives_status_1(text: str) -> None:
    assert piped(text)[1] == 1


@pytest.mark.parametrize("text", ["", "\n\n", "/quit\n", "/break\n"])
def test_what_failed_nothing_gives_status_0(text: str) -> None:
    assert piped(text)[1] == 0


def test_a_run_that_asks_takes_its_answer_from_the_next_line() -> None:
    lines, status = piped("/deploy production\n1\n/approve\n/quit\n")
    assert status == 0
    assert "  [1] Approve  [2] Reject  [3] Abort" in lines
    assert "· Pressed approve:run00001:release." in lines
    assert lines.index("▌ ✓ live: 1a2b3c4") < lines.index("> /quit")


def test_leaving_a_run_that_still_asks_is_not_success() -> None:
    assert piped("/deploy production\n")[1] == 1


def test_the_buttons_of_the_last_card_are_numbered_from_1() -> None:
    lines, _ = piped("/deploy canary\n2\n/quit\n")
    assert "▌ [1] Roll back  [2] Promote" in lines
    assert "· Pressed promote:run00001." in lines


def test_an_output_without_the_signs_gets_ascii() -> None:
    lines, status = piped("/deploy canary\n", {"PYTHONIOENCODING": "ascii"})
    assert status == 0
    assert all(line.isascii() for line in lines)
    assert "| + live: 1a2b3c4" in lines


def test_bytes_that_are_no_text_are_no_traceback() -> None:
    done = subprocess.run(
        COMMAND,
        input=b"\xff\xfe/x\x1b[2J\n/quit\n",
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        timeout=60,
        check=False,
    )
    assert done.stderr == b""
    assert b"\x1b" not in done.stdout
    assert done.returncode == 1


def test_a_reader_that_goes_away_ends_nothing() -> None:
    with subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as child:
        assert child.stdin
        assert child.stdout
        assert child.stderr
        child.stdin.write(b"/deploy canary\n")
        child.stdin.close()
        child.stdout.readline()
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait(30) == 0
