"""Whatever git or npm was doing when everything was killed: the next life makes a whole checkout of the
remains.
"""

import asyncio
import signal
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.git.settings import Settings
from adapters.git.source import opened
from bot.ports.process import Lines, Ran
from tests.adapters.git.repository import Repository
from tests.adapters.git.test_workspace import node, with_package
from tests.fakes.clock import StillClock
from tests.fakes.processes import RecordedProcesses


class KilledError(Exception):
    """The bot died here."""


class DyingProcesses(RecordedProcesses):
    """Runs commands until one has `word` among its arguments: that one is killed after `delay` seconds, by
    -9.
    """

    def __init__(self, word: str, delay: float) -> None:
        super().__init__()
        self._word = word
        self._delay = str(delay)

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
        if self._word not in argv:
            return await super().run(argv, cwd=cwd, env=env, deadline=deadline, lines=lines, stdin=stdin)
        killed = ["timeout", "-s", str(int(signal.SIGKILL)), self._delay, *argv]
        await super().run(killed, cwd=cwd, env=env, deadline=deadline, stdin=stdin)
        raise KilledError


GIT = [(word, delay) for word in ("init", "fetch", "worktree", "status") for delay in (0.001, 0.003, 0.006, 0.02)]
NPM = [("ci", 0.05), ("ci", 0.4), ("ci", 2.0), ("cp", 0.001), ("cp", 0.003)]


@pytest.mark.parametrize(("word", "delay"), [*GIT, *NPM])
async def test_after_a_kill_the_checkout_is_whole(
    repository: Repository, repo: str, settings: Settings, word: str, delay: float
) -> None:
    if word in ("ci", "cp"):
        with_package(repository)
    files = {f"many/{number}.txt": f"{number}\n" for number in range(300)}
    sha = repository.commit_files("One", files)
    with pytest.raises(KilledError), opened(DyingProcesses(word, delay), StillClock(), settings) as source:
        # The first makes it, the second looks at what is there.
        [await source.checkout(repo, sha) for _ in range(2)]
    with opened(RecordedProcesses(), StillClock(), settings) as source:
        tree = await source.checkout(repo, sha)
        assert (
            repository.git("--git-dir", f"{tree}/.git", "--work-tree", str(tree), "status", "--porcelain", "-uno") == ""
        )
        assert len(list((tree / "many").iterdir())) == 300
        if word in ("ci", "cp"):
            assert node(tree / "worker", "require('local')") == "42"
        assert (await source.resolve(repo, "main")).sha == sha


async def test_locks_that_a_kill_left_stand_in_nobodys_way(
    repository: Repository, repo: str, settings: Settings
) -> None:
    repository.commit("One")
    with opened(RecordedProcesses(), StillClock(), settings) as source:
        first = await source.resolve(repo, "main")
        tree = await source.checkout(repo, first.sha)
    (mirror,) = settings.workspace.glob("*/mirror.git")
    for lock in (
        "refs/heads/main.lock",
        "packed-refs.lock",
        "config.lock",
        f"worktrees/{first.sha}/index.lock",
    ):
        (mirror / lock).touch()
    (tree / ".git").unlink()
    second = repository.commit("Two")
    with opened(RecordedProcesses(), StillClock(), settings) as source:
        assert (await source.resolve(repo, "main")).sha == second
        assert (await source.checkout(repo, first.sha) / ".git").exists()


async def test_a_checkout_whose_index_is_locked_is_made_again(
    repository: Repository, repo: str, settings: Settings
) -> None:
    sha = repository.commit("One", a_txt="one")
    with opened(RecordedProcesses(), StillClock(), settings) as source:
        tree = await source.checkout(repo, sha)
        (tree / "a.txt").write_text("changed")
        (settings.workspace / tree.parents[1].name / "mirror.git/worktrees" / sha / "index.lock").touch()
        assert (await source.checkout(repo, sha) / "a.txt").read_text() == "one"


async def test_what_an_earlier_life_left_running_is_ended_first(
    repository: Repository, repo: str, settings: Settings
) -> None:
    repository.commit("One")
    processes = RecordedProcesses()
    with opened(processes, StillClock(), settings) as source:
        await asyncio.gather(source.resolve(repo, "main"), source.resolve(repo, "main"))
        await source.resolve(repo, "main")
    assert processes.ended_cookies == [f"git/{next(settings.workspace.glob('origin-*')).name}"]
