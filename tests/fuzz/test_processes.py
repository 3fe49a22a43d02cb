"""What branches and commits are called reaches git as data and is never run; what could be an option never does.

Real git behind a recorder. Every hostile name would make the file `canary` wherever a shell saw it.
"""

import contextlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.console.render import render_notice, text_of
from adapters.git.refs import problem
from adapters.git.settings import Settings
from adapters.git.source import GitSource, opened
from bot.ports.errors import Permanent
from bot.view.notice import Notice
from tests.adapters.git.repository import ENV, Repository
from tests.fakes.clock import StillClock
from tests.fakes.processes import RecordedProcesses
from tests.fuzz.typing import AUTHOR, SUBJECT, UNSEEN

BRANCHES = (
    *("feature/ü", "a;b", "a;touch${IFS}canary", "$(touch${IFS}canary)", "`touch${IFS}canary`", "it's", 'say"x"'),
    *("a|b&c", "%0a%0d", "x,y=z", "deploy/--force", "a--output=canary", "🚀", "<b>", "#1", "!x", "${IFS}", "a'$(id)'b"),
)
"""Names that git takes for a branch, and the bot for a ref."""
NO_REFS = (
    *("-h", "--output=canary", "--upload-pack=touch canary", "a..b", "main@{1}", "main^", "main~1", ":/x", "a b", "@"),
    *("a\nb", "a\x00b", "x\u202ey", "\x1b[31m", "", ".", "a.lock", "a//b", "a/.b", "x" * 201, "refs/heads/*", "a\\b"),
)


@pytest.fixture
def origin(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "origin")
    repository.commit("First", file_txt="one")
    return repository


@pytest.fixture
def processes() -> RecordedProcesses:
    return RecordedProcesses()


@pytest.fixture
def source(tmp_path: Path, processes: RecordedProcesses) -> Iterator[GitSource]:
    with opened(processes, StillClock(), Settings(tmp_path / "workspace")) as one:
        yield one


def branch(origin: Repository, name: str) -> None:
    """The branch, made by what git itself says of names: plumbing takes what `git branch` would warn of."""
    origin.git("update-ref", f"refs/heads/{name}", "HEAD")


def executed(folder: Path) -> list[Path]:
    """Files that only a name that was run would have made; git's own files of refs apart."""
    inside = {"refs", "logs"}
    return [one for one in folder.rglob("*canary*") if one.is_file() and not inside & set(one.parts)]


def arguments_of(processes: RecordedProcesses, part: str) -> list[str]:
    return [word for argv in processes.ran for word in argv if part in word]


@pytest.mark.parametrize("name", BRANCHES)
async def test_a_branch_by_any_name_that_git_takes_is_found_and_nothing_else_happens(
    name: str, origin: Repository, processes: RecordedProcesses, source: GitSource, tmp_path: Path
) -> None:
    branch(origin, name)
    commit = await source.resolve(str(origin.path), name)
    assert commit.sha == origin.git("rev-parse", "HEAD")
    assert name in await source.branches(str(origin.path), commit.sha)
    assert arguments_of(processes, name) == [], "names travel by standard input"
    assert executed(tmp_path) == []


@pytest.mark.parametrize("ref", NO_REFS)
async def test_what_is_no_ref_never_comes_to_git(
    ref: str, origin: Repository, processes: RecordedProcesses, source: GitSource
) -> None:
    with pytest.raises(Permanent) as trouble:
        await source.resolve(str(origin.path), ref)
    assert processes.ran == []
    assert trouble.value.reason.isprintable()
    assert len(trouble.value.reason) < 300


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ref=st.text(max_size=30) | st.from_regex(r"[-@{}.~^:a-z/\\]{1,12}"))
def test_no_ref_that_passes_is_an_option_or_goes_over_its_line(ref: str) -> None:
    if not problem(ref):
        assert not ref.startswith("-")
        assert ref.isprintable()
        assert not set(ref) & set(" \n\r\t\x00~^:?*[\\")
        assert ".." not in ref
        assert "@{" not in ref


async def test_a_branch_that_begins_with_a_hyphen_can_be_there_and_disturbs_nobody(
    origin: Repository, processes: RecordedProcesses, source: GitSource, tmp_path: Path
) -> None:
    packed = origin.path / ".git" / "packed-refs"
    packed.write_text(f"{origin.git('rev-parse', 'HEAD')} refs/heads/--output=canary\n")
    commit = await source.resolve(str(origin.path), "main")
    assert "--output=canary" in await source.branches(str(origin.path), commit.sha)
    assert arguments_of(processes, "canary") == []
    assert executed(tmp_path) == []


@pytest.fixture
def hostile(origin: Repository) -> str:
    """The hash of a commit with a hostile author, subject and files."""
    (origin.path / "$(touch canary).txt").write_text("debugger; $(touch canary) \x1b[31m\n")
    (origin.path / "-rf").write_text("debugger;\n")
    origin.git("add", "--all")
    origin.git("-c", f"user.name={AUTHOR}", "commit", "--quiet", f"--author={AUTHOR} <m@acme.test>", "-m", SUBJECT)
    return origin.git("rev-parse", "HEAD")


def test_the_hostile_subject_is_what_git_keeps(origin: Repository, hostile: str) -> None:
    assert origin.git("log", "-1", "--format=%s") == SUBJECT
    assert "Ana" in ENV["GIT_AUTHOR_NAME"]


async def test_what_a_commit_says_of_itself_is_data(
    origin: Repository, hostile: str, processes: RecordedProcesses, source: GitSource, tmp_path: Path
) -> None:
    address = str(origin.path)
    commit = await source.resolve(address, "main")
    tree = await source.checkout(address, commit.sha)
    hits = await source.search(address, commit.sha, "debugger;", [])
    (again,) = await source.log(address, origin.git("rev-parse", "HEAD^"), commit.sha)
    assert commit.sha == again.sha == hostile
    assert {hit.path for hit in hits} == {"-rf", "$(touch canary).txt"}
    assert not UNSEEN.search(commit.subject + commit.author)
    assert "$(touch canary)" in commit.subject
    assert "%0a::set-output" in commit.subject
    assert arguments_of(processes, "touch canary") == []
    assert [one for one in executed(tmp_path) if "touch" not in one.name] == []
    assert (tree / "-rf").is_file()


@pytest.mark.parametrize("pattern", ["--output=canary", "-e", "$(touch canary)", "';touch canary;'", "(", "[", "\\"])
async def test_a_forbidden_pattern_is_one_argument(
    pattern: str, origin: Repository, processes: RecordedProcesses, source: GitSource, tmp_path: Path
) -> None:
    commit = await source.resolve(str(origin.path), "main")
    with contextlib.suppress(Permanent):  # some are no regular expression
        assert await source.search(str(origin.path), commit.sha, pattern, ["--open-files-in-pager=touch canary"]) == []
    (grep,) = [argv for argv in processes.ran if "grep" in argv]
    assert grep[grep.index("-e") + 1] == pattern
    assert grep.index("--") < grep.index("--open-files-in-pager=touch canary")
    assert executed(tmp_path) == []


@pytest.mark.parametrize("ascii", [False, True])
@given(text=st.text(max_size=60) | st.sampled_from([SUBJECT, AUTHOR]))
def test_nothing_that_is_said_steers_the_terminal(ascii: bool, text: str) -> None:
    notice = Notice("said", text, rows=((text, text), (text,)), log=(text,))
    lines: Sequence[str] = [text_of(line) for line in render_notice(notice, 80, ascii, about=text)]
    assert not any(UNSEEN.search(line) for line in lines)
    assert not any(re.search(r"[\u200b\ufeff\U000e0000-\U000e007f]", line) for line in lines)
