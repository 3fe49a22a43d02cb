import asyncio
from pathlib import Path

import pytest

from adapters.git.settings import Settings
from adapters.git.source import GitSource
from bot.ports.errors import Permanent, Temporary
from bot.ports.source import Source
from tests.adapters.git.repository import Repository
from tests.adapters.git.test_refs import HOSTILE
from tests.fakes.processes import RecordedProcesses


def fetches(processes: RecordedProcesses) -> int:
    return sum("fetch" in argv for argv in processes.ran)


async def reason(source: GitSource, repo: str, ref: str) -> str:
    with pytest.raises(Permanent) as caught:
        await source.resolve(repo, ref)
    return caught.value.reason


async def test_a_branch_is_the_commit_that_it_names_now(source: GitSource, repository: Repository, repo: str) -> None:
    first = repository.commit("Say hello")
    commit = await source.resolve(repo, "main")
    assert (commit.sha, commit.subject, commit.author) == (first, "Say hello", "Ana")
    second = repository.commit("Say more")
    assert (await source.resolve(repo, "main")).sha == second


@pytest.mark.parametrize("form", ["{}", "file://{}"])
async def test_a_repository_is_a_path_or_a_url(source: GitSource, repository: Repository, form: str) -> None:
    sha = repository.commit("One")
    assert (await source.resolve(form.format(repository.path), "main")).sha == sha


async def test_it_supplies_the_port(source: GitSource) -> None:
    port: Source = source
    assert port is source


async def test_a_branch_comes_before_a_tag_before_a_hash(source: GitSource, repository: Repository, repo: str) -> None:
    shas = [repository.commit(subject) for subject in ("One", "Two", "Three")]
    word = shas[0][:7]
    assert (await source.resolve(repo, word)).sha == shas[0]
    repository.git("tag", "-m", "annotated", word, shas[1])
    assert (await source.resolve(repo, word)).sha == shas[1]
    repository.git("branch", word, shas[2])
    assert (await source.resolve(repo, word)).sha == shas[2]
    assert (await source.resolve(repo, shas[0].upper())).sha == shas[0]


async def test_a_full_hash_that_is_here_needs_no_fetch(
    source: GitSource, processes: RecordedProcesses, repository: Repository, repo: str
) -> None:
    sha = repository.commit("One")
    await source.resolve(repo, sha)
    await source.resolve(repo, sha)
    assert fetches(processes) == 1


async def test_a_short_hash_of_several_commits_names_them(source: GitSource, repository: Repository, repo: str) -> None:
    tree = repository.git("rev-parse", f"{repository.commit('One')}^{{tree}}")
    seen: dict[str, str] = {}
    for number in range(2000):
        sha = repository.git("commit-tree", tree, "-m", f"Number {number}")
        if other := seen.get(sha[:4]):
            break
        seen[sha[:4]] = sha
    else:
        pytest.fail("2000 hashes without two that begin alike")
    repository.git("branch", "a", sha)
    repository.git("branch", "b", other)
    said = await reason(source, repo, sha[:4])
    assert said.startswith(f"{sha[:4]} is the beginning of 2 commits: ")
    assert sha[:12] in said
    assert other[:12] in said


async def test_a_ref_that_is_not_there_gets_close_names(source: GitSource, repository: Repository, repo: str) -> None:
    repository.commit("One")
    repository.git("branch", "feature/login")
    repository.git("tag", "v1.0")
    assert "did you mean feature/login?" in await reason(source, repo, "feature/logni")
    assert "has no branch, tag or commit zzz: give a branch" in await reason(source, repo, "zzz")
    assert "has no branch, tag or commit deadbeef" in await reason(source, repo, "deadbeef")


async def test_the_hash_of_something_else_is_no_commit(source: GitSource, repository: Repository, repo: str) -> None:
    blob = repository.git("rev-parse", f"{repository.commit('One', a_txt='text')}:a.txt")
    assert "has no branch, tag or commit" in await reason(source, repo, blob[:10])


async def test_a_deleted_branch_is_gone_and_a_folder_may_take_its_name(
    source: GitSource, repository: Repository, repo: str
) -> None:
    sha = repository.commit("One")
    repository.git("branch", "topic")
    await source.resolve(repo, "topic")
    repository.git("branch", "-D", "topic")
    repository.git("branch", "topic/one")
    assert (await source.resolve(repo, "topic/one")).sha == sha
    assert "did you mean topic/one?" in await reason(source, repo, "topic")


@pytest.mark.parametrize("ref", HOSTILE)
async def test_a_hostile_ref_never_reaches_git(source: GitSource, processes: RecordedProcesses, ref: str) -> None:
    said = await reason(source, "/nowhere", ref)
    assert said.isprintable()
    assert processes.ran == []


@pytest.mark.parametrize("ref", ["$(touch owned)", "a;touch${IFS}owned", "`touch`", "a'b", 'a"b', "$PATH"])
async def test_a_ref_is_data_to_everything_behind_it(
    source: GitSource, repository: Repository, repo: str, settings: Settings, ref: str
) -> None:
    sha = repository.commit("One")
    if " " not in ref:
        repository.git("branch", ref)
        assert (await source.resolve(repo, ref)).sha == sha
    else:
        await reason(source, repo, ref)
    assert not list(settings.workspace.rglob("owned"))


async def test_a_repository_that_is_not_there_is_told_so(source: GitSource, tmp_path: Path) -> None:
    said = await reason(source, str(tmp_path / "nowhere"), "main")
    assert said == f"{tmp_path}/nowhere is not there, or may not be seen with this token"


async def test_a_server_that_does_not_answer_may_be_asked_again(source: GitSource) -> None:
    with pytest.raises(Temporary, match="cannot be reached"):
        await source.resolve("https://127.0.0.1:9/x.git", "main")


async def test_a_transport_that_is_not_allowed_is_named(source: GitSource) -> None:
    with pytest.raises(Permanent, match="use https or ssh"):
        await source.resolve("http://127.0.0.1:9/x.git", "main")


async def test_asks_of_one_moment_share_one_fetch(
    source: GitSource, processes: RecordedProcesses, repository: Repository, repo: str
) -> None:
    sha = repository.commit("One")
    commits = await asyncio.gather(*[source.resolve(repo, "main") for _ in range(20)])
    assert {commit.sha for commit in commits} == {sha}
    assert fetches(processes) == 1


async def test_an_ask_during_a_fetch_waits_for_the_next_one(
    source: GitSource, processes: RecordedProcesses, repository: Repository, repo: str
) -> None:
    repository.commit("One")
    async with asyncio.TaskGroup() as group:
        early = group.create_task(source.resolve(repo, "main"))
        await processes.begun("fetch")
        sha = repository.commit("Two")
        late = [group.create_task(source.resolve(repo, "main")) for _ in range(5)]
    assert early.done()
    assert {task.result().sha for task in late} == {sha}
    assert fetches(processes) == 2


async def test_a_cancelled_fetch_does_not_spoil_the_next(
    source: GitSource, processes: RecordedProcesses, repository: Repository, repo: str
) -> None:
    sha = repository.commit("One")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(source.resolve(repo, "main"))
        await processes.begun("fetch")
        task.cancel()
    assert (await source.resolve(repo, "main")).sha == sha


async def test_a_repository_that_changed_its_history_is_followed(
    source: GitSource, repository: Repository, repo: str
) -> None:
    repository.commit("One")
    old = repository.commit("Two")
    await source.resolve(repo, "main")
    repository.git("reset", "--hard", "HEAD~1")
    new = repository.commit("Three")
    assert (await source.resolve(repo, "main")).sha == new
    assert (await source.resolve(repo, old)).sha == old


async def test_the_log_is_what_came_between_newest_first(source: GitSource, repository: Repository, repo: str) -> None:
    base = repository.commit("One")
    repository.commit("Two \u202e\u200bturned")
    head = repository.commit("Three")
    commits = await source.log(repo, base, head)
    assert [commit.subject for commit in commits] == ["Three", "Two turned"]
    assert await source.log(repo, head, base) == []


async def test_the_log_stops_at_a_hundred(source: GitSource, repository: Repository, repo: str) -> None:
    base = head = repository.commit("Zero")
    tree = repository.git("rev-parse", "HEAD^{tree}")
    for number in range(103):
        head = repository.git("commit-tree", tree, "-p", head, "-m", f"Number {number}")
    repository.git("branch", "long", head)
    commits = await source.log(repo, base, head)
    assert (len(commits), commits[0].subject) == (100, "Number 102")


async def test_commits_without_a_subject_are_listed_too(source: GitSource, repository: Repository, repo: str) -> None:
    base = repository.commit("One")
    repository.git("commit", "--allow-empty", "--allow-empty-message", "-m", "")
    head = repository.commit("Three")
    assert [one.subject for one in await source.log(repo, base, head)] == ["Three", ""]


async def test_branches_are_those_that_contain_the_commit(source: GitSource, repository: Repository, repo: str) -> None:
    first = repository.commit("One")
    repository.git("branch", "feature/x")
    second = repository.commit("Two")
    assert await source.branches(repo, first) == {"main", "feature/x"}
    assert await source.branches(repo, second) == {"main"}


@pytest.mark.parametrize("sha", ["main", "", "-x", "abc123", "A" * 40, f"{'a' * 40} --all"])
async def test_what_is_no_full_hash_goes_nowhere(
    source: GitSource, processes: RecordedProcesses, repo: str, sha: str
) -> None:
    for ask in (source.checkout(repo, sha), source.branches(repo, sha), source.log(repo, sha, sha)):
        with pytest.raises(Permanent, match="full hash"):
            await ask
    assert processes.ran == []


async def test_a_commit_that_does_not_exist_is_told_so(source: GitSource, repository: Repository, repo: str) -> None:
    repository.commit("One")
    for ask in (source.checkout(repo, "a" * 40), source.branches(repo, "a" * 40)):
        with pytest.raises(Permanent, match="has no commit aaaaaaa"):
            await ask
