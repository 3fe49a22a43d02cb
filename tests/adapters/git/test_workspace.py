import asyncio
import json
import os
import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.git.settings import Settings
from adapters.git.source import GitSource, opened
from bot.ports.errors import Permanent
from tests.adapters.git.repository import Repository
from tests.fakes.clock import StillClock
from tests.fakes.processes import RecordedProcesses

LOCAL = {
    "local/package.json": '{"name": "local", "version": "1.0.0", "main": "index.js"}',
    "local/index.js": "module.exports = 42\n",
}
PACKAGE = {"name": "worker", "version": "1.0.0", "dependencies": {"local": "file:../local"}}


def with_package(repository: Repository, folder: str = "worker", **extra: object) -> None:
    """A package with one dependency from a folder beside it, and the lock file that npm writes for it."""
    package = {**PACKAGE, **extra}
    packages = {
        "": {key: package[key] for key in ("name", "version", "dependencies")},
        "../local": {"version": "1.0.0"},
        "node_modules/local": {"resolved": "../local", "link": True},
    }
    lock = {"name": "worker", "version": package["version"], "lockfileVersion": 3, "packages": packages}
    files = {f"{folder}/package.json": json.dumps(package), f"{folder}/package-lock.json": json.dumps(lock)}
    for name, text in {**LOCAL, **files}.items():
        (repository.path / name).parent.mkdir(parents=True, exist_ok=True)
        (repository.path / name).write_text(text)


def installs(processes: RecordedProcesses) -> int:
    return sum(argv[:2] == ("npm", "ci") for argv in processes.ran)


def node(folder: Path, code: str) -> str:
    return subprocess.run(["node", "-p", code], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def git(folder: Path, *argv: str) -> None:
    subprocess.run(["git", *argv], cwd=folder, check=True)


async def test_a_checkout_has_the_commits_files_and_is_the_same_folder_again(
    source: GitSource, processes: RecordedProcesses, repository: Repository, repo: str
) -> None:
    first = repository.commit("One", a_txt="one")
    second = repository.commit("Two", a_txt="two")
    tree = await source.checkout(repo, first)
    assert (tree / "a.txt").read_text() == "one"
    other = await source.checkout(repo, second)
    assert (other / "a.txt").read_text() == "two"
    assert (tree / "a.txt").read_text() == "one"
    made = len(processes.ran)
    assert await source.checkout(repo, first) == tree
    assert [argv[3] for argv in processes.ran[made:]] == ["status"]


async def test_asks_of_one_moment_make_one_checkout(
    source: GitSource, processes: RecordedProcesses, repository: Repository, repo: str
) -> None:
    shas = [repository.commit(subject) for subject in ("One", "Two")]
    trees = await asyncio.gather(*[source.checkout(repo, sha) for sha in shas * 5])
    assert len(set(trees)) == 2
    assert sum("worktree" in argv for argv in processes.ran) == 2


async def test_tracked_files_that_were_changed_are_as_committed_again(
    source: GitSource, repository: Repository, repo: str
) -> None:
    sha = repository.commit("One", a_txt="one", b_txt="one")
    tree = await source.checkout(repo, sha)
    (tree / "a.txt").write_text("changed")
    (tree / "b.txt").unlink()
    (tree / "dist").mkdir()
    await source.checkout(repo, sha)
    assert [(tree / name).read_text() for name in ("a.txt", "b.txt")] == ["one", "one"]
    assert (tree / "dist").is_dir()


async def test_a_checkout_that_was_moved_to_another_commit_comes_back(
    source: GitSource, repository: Repository, repo: str
) -> None:
    first, second = repository.commit("One", a_txt="one"), repository.commit("Two", a_txt="two")
    tree = await source.checkout(repo, second)
    git(tree, "checkout", "--quiet", first)
    assert (await source.checkout(repo, second) / "a.txt").read_text() == "two"


async def test_no_hook_and_no_filter_of_the_repository_runs(
    source: GitSource, repository: Repository, repo: str, settings: Settings
) -> None:
    sha = repository.commit_files("One", {".gitattributes": "* filter=lfs\n", "a.bin": "version https://git-lfs\n"})
    await source.resolve(repo, sha)
    (mirror,) = settings.workspace.glob("*/mirror.git")
    hook = mirror / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {settings.workspace}/owned\n")
    hook.chmod(0o755)
    tree = await source.checkout(repo, sha)
    assert (tree / "a.bin").read_text() == "version https://git-lfs\n"
    assert not (settings.workspace / "owned").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
async def test_a_repository_of_another_account_is_read(source: GitSource, repository: Repository, repo: str) -> None:
    sha = repository.commit("One")
    for here, folders, files in os.walk(repository.path):
        for name in [".", *folders, *files]:
            os.chown(os.path.join(here, name), 12345, 12345)
    assert (await source.resolve(repo, "main")).sha == sha


async def test_dependencies_are_installed_once_per_lock_file(
    source: GitSource, processes: RecordedProcesses, repository: Repository, repo: str
) -> None:
    with_package(repository)
    first = repository.commit("One")
    second = repository.commit("Two", a_txt="two")
    trees = [await source.checkout(repo, sha) for sha in (first, second)]
    assert [node(tree / "worker", "require('local')") for tree in trees] == ["42", "42"]
    assert installs(processes) == 1


async def test_a_changed_lock_file_is_installed_anew(
    source: GitSource, processes: RecordedProcesses, repository: Repository, repo: str
) -> None:
    with_package(repository)
    await source.checkout(repo, repository.commit("One"))
    with_package(repository, version="1.0.1")
    await source.checkout(repo, repository.commit("Two"))
    assert installs(processes) == 2


async def test_two_checkouts_share_no_file_that_one_could_spoil(
    source: GitSource, repository: Repository, repo: str
) -> None:
    with_package(repository)
    trees = [await source.checkout(repo, repository.commit(subject)) for subject in ("One", "Two", "Three")]
    for tree in trees[:2]:
        with (tree / "worker/node_modules/.package-lock.json").open("a") as file:
            file.write("spoiled")
    assert "spoiled" not in (trees[2] / "worker/node_modules/.package-lock.json").read_text()
    fourth = await source.checkout(repo, repository.commit("Four"))
    assert "spoiled" not in (fourth / "worker/node_modules/.package-lock.json").read_text()


async def test_a_linked_dependency_is_the_checkouts_own(source: GitSource, repository: Repository, repo: str) -> None:
    with_package(repository)
    first = repository.commit("One")
    second = repository.commit("Two", local__index_js="module.exports = 43\n")
    trees = [await source.checkout(repo, sha) for sha in (first, second)]
    assert [node(tree / "worker", "require('local')") for tree in trees] == ["42", "43"]


async def test_every_lock_file_is_installed_those_of_workspaces_too(
    source: GitSource, processes: RecordedProcesses, repository: Repository, repo: str
) -> None:
    with_package(repository, "worker")
    with_package(repository, "other")
    sha = repository.commit("One")
    tree = await source.checkout(repo, sha)
    assert [node(tree / name, "require('local')") for name in ("worker", "other")] == ["42", "42"]
    assert installs(processes) == 2


async def test_a_lock_file_inside_node_modules_is_not_the_projects(
    source: GitSource, processes: RecordedProcesses, repository: Repository, repo: str
) -> None:
    sha = repository.commit_files("One", {"node_modules/a/package-lock.json": "{}"})
    await source.checkout(repo, sha)
    assert installs(processes) == 0


async def test_install_scripts_do_not_run_unless_they_may(
    processes: RecordedProcesses,
    clock: StillClock,
    repository: Repository,
    repo: str,
    settings: Settings,
    tmp_path: Path,
) -> None:
    with_package(repository, scripts={"postinstall": "node -e \"require('fs').writeFileSync('ran', 'x')\""})
    sha = repository.commit("One")
    with opened(processes, clock, settings) as source:
        assert not (await source.checkout(repo, sha) / "worker/ran").exists()
    may = replace(settings, workspace=tmp_path / "other", install_scripts=True)
    with opened(processes, clock, may) as source:
        assert (await source.checkout(repo, sha) / "worker/ran").exists()
        await source.checkout(repo, repository.commit("Two", a_txt="two"))
    assert installs(processes) == 3


async def test_an_install_that_fails_says_what_npm_said_and_leaves_nothing(
    source: GitSource, processes: RecordedProcesses, repository: Repository, repo: str, settings: Settings
) -> None:
    with_package(repository)
    package = json.dumps({**PACKAGE, "dependencies": {"local": "file:../local", "other": "file:../other"}})
    sha = repository.commit_files("One", {"worker/package.json": package})
    for _ in range(2):
        with pytest.raises(Permanent, match=r"npm ci failed: .*in sync") as caught:
            await source.checkout(repo, sha)
        assert caught.value.log
    assert installs(processes) == 2
    assert list((settings.workspace / "modules").iterdir()) == []
    assert list(settings.workspace.glob("*/ready/*")) == []


async def test_dependencies_that_were_removed_from_a_checkout_come_back(
    source: GitSource, processes: RecordedProcesses, repository: Repository, repo: str
) -> None:
    with_package(repository)
    sha = repository.commit("One")
    tree = await source.checkout(repo, sha)
    shutil.rmtree(tree / "worker/node_modules")
    assert node(await source.checkout(repo, sha) / "worker", "require('local')") == "42"
    assert installs(processes) == 1


async def test_a_second_bot_is_told_that_the_workspace_is_taken(
    source: GitSource, settings: Settings, clock: StillClock
) -> None:
    with (
        pytest.raises(Permanent, match="another Outrider uses the workspace"),
        opened(RecordedProcesses(), clock, settings),
    ):
        pass


async def test_what_is_old_goes_and_what_is_used_stays(
    source: GitSource, clock: StillClock, repository: Repository, repo: str, settings: Settings
) -> None:
    with_package(repository)
    old, held, fresh = (repository.commit(subject) for subject in ("One", "Two", "Three"))
    trees = [await source.checkout(repo, sha) for sha in (old, held)]
    clock.time += settings.keep + timedelta(hours=1)
    tree = await source.checkout(repo, fresh)
    assert trees[0].exists() is False
    assert tree.exists()
    assert not trees[1].exists()


async def test_a_commit_that_a_run_holds_never_goes(
    source: GitSource, clock: StillClock, repository: Repository, repo: str, settings: Settings
) -> None:
    old, held = repository.commit("One"), repository.commit("Two")
    trees = [await source.checkout(repo, sha) for sha in (old, held)]
    clock.time += settings.keep + timedelta(hours=1)
    assert await source.tidy([held]) == [trees[0]]
    assert not trees[0].exists()
    assert trees[1].exists()
    assert (await source.checkout(repo, old) / ".git").exists()


async def test_too_much_makes_the_oldest_go_but_never_one_of_the_last_hours(
    processes: RecordedProcesses, clock: StillClock, repository: Repository, repo: str, settings: Settings
) -> None:
    shas = [repository.commit(subject, a_txt=subject * 4000) for subject in ("One", "Two", "Three")]
    with opened(processes, clock, replace(settings, max_bytes=1)) as source:
        trees = [await source.checkout(repo, sha) for sha in shas]
        assert all(tree.exists() for tree in trees)
        clock.time += timedelta(hours=13)
        assert await source.checkout(repo, shas[1]) == trees[1]
        assert [tree.exists() for tree in trees] == [False, True, False]


async def test_kept_dependencies_in_use_outlive_the_checkouts_that_brought_them(
    source: GitSource,
    processes: RecordedProcesses,
    clock: StillClock,
    repository: Repository,
    repo: str,
    settings: Settings,
) -> None:
    with_package(repository)
    for subject in ("One", "Two", "Three"):
        await source.checkout(repo, repository.commit(subject))
        clock.time += settings.keep - timedelta(days=1)
    assert installs(processes) == 1
    clock.time += settings.keep
    await source.tidy()
    assert list((settings.workspace / "modules").iterdir()) == []
