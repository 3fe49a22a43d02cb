"""The demo between pipes: plain lines, it waits for each run, and its exit status says how they went."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(600)


def demo(
    folder: Path, lines: str, environ: Mapping[str, str] | None = None, root: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "bot", "demo", "--folder", str(folder), "--watch", "1s"],
        cwd=root, env={**env, **(environ or {})}, input=lines, capture_output=True, text=True, check=False, timeout=500,
    )  # fmt: skip  # what is the same everywhere on one line


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("piped") / "demo"


def check(out: str) -> None:
    assert all(len(line) <= 80 for line in out.splitlines())
    assert out.replace("\n", "").isprintable()
    assert "Traceback" not in out


def test_a_deploy_that_goes_well_ends_with_0(folder: Path) -> None:
    ran = demo(folder, "/deploy canary\n/quit\n", {"PYTHONIOENCODING": "utf-8"})
    assert ran.returncode == 0, ran.stdout + ran.stderr
    check(ran.stdout)
    assert re.search(r"^✓ \w{7} is live in canary after", ran.stdout, re.MULTILINE)
    assert ran.stdout.index("deploying worker to canary") < ran.stdout.index("▌ ✓ live: ")
    assert "> /quit" in ran.stdout
    assert "Traceback" not in ran.stderr


def test_a_deploy_that_comes_back_ends_with_1(folder: Path) -> None:
    ran = demo(folder, "/deploy canary\n/break\n/deploy canary\n/status\n", {"LC_ALL": "C.UTF-8"})
    assert ran.returncode == 1, ran.stdout + ran.stderr
    check(ran.stdout)
    assert "canary is back on" in ran.stdout
    assert ran.stdout.index("▌ ✗ rolled back to") < ran.stdout.index("> /status")


def test_what_cannot_be_drawn_is_written_in_ascii_and_a_refused_command_ends_with_1(folder: Path) -> None:
    ran = demo(folder, "/deploy canry\n", {"PYTHONIOENCODING": "ascii"})
    assert ran.returncode == 1
    assert ran.stdout.isascii()
    assert "x hello has no environment canry. Did you mean canary?" in ran.stdout


# ---- what is missing


@pytest.mark.parametrize("missing", ["npm", "node", "git"])
def test_a_missing_tool_is_named_in_one_sentence(missing: str, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in {"npm", "node", "git", "env", "sh"} - {missing}:
        found = shutil.which(tool)
        assert found, f"{tool} has to be on PATH for the tests"
        (tools / tool).symlink_to(Path(found))
    ran = demo(tmp_path / "demo", "/deploy canary\n", {"PATH": str(tools)})
    assert ran.returncode == 1
    assert ran.stdout == ""
    wanted = f"{missing} is not on PATH: the demo needs git, and Node 20 or newer with its npm"
    assert ran.stderr.splitlines()[1:] == [wanted]


def test_packages_of_the_edge_that_cannot_be_installed_are_told_of(tmp_path: Path) -> None:
    """In a copy of the project without them, and with an npm that can install nothing."""
    for part in ("bot", "adapters", "sandbox", "examples"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "npm").write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo 10.0.0 && exit\necho "npm error: offline" >&2\nexit 1\n'
    )
    (tools / "npm").chmod(0o755)
    ran = demo(tmp_path / "demo", "/deploy canary\n", {"PATH": f"{tools}:{os.environ['PATH']}"}, tmp_path)
    assert ran.returncode == 1
    assert ran.stdout == ""
    said = ran.stderr.splitlines()[1:]
    assert said[0] == "the sandbox did not start"
    assert any("npm ci" in line and "failed" in line for line in said)
    assert "npm error: offline" in said
    assert "Traceback" not in ran.stderr


def test_two_demos_do_not_share_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    first = subprocess.Popen(
        [sys.executable, "-m", "bot", "demo", "--folder", str(folder)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip  # what is the same everywhere on one line
    with first:
        assert first.stderr is not None
        assert "Starting" in first.stderr.readline()
        assert "Ready" in first.stderr.readline()
        second = demo(folder, "/quit\n")
        assert second.returncode == 1
        assert f"another demo runs in {folder}: leave it, or name another folder by --folder" in second.stderr
        first.communicate("/quit\n")
    assert first.returncode == 0
