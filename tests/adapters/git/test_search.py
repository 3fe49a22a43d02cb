import pytest

from adapters.git.source import GitSource
from bot.ports.errors import Permanent
from bot.ports.source import Hit
from tests.adapters.git.repository import Repository


async def test_a_search_names_file_line_and_text(source: GitSource, repository: Repository, repo: str) -> None:
    sha = repository.commit_files(
        "One",
        {
            "src/a.ts": "first\nconsole.log('x')\n",
            "odd: name\u00e9.txt": "console.log\n",
            "docs/b.md": "console.log\n",
            "bin.dat": "\0console.log",
            'a"b\\c.txt': "console.log\n",
        },
    )
    hits = await source.search(repo, sha, r"console\.(log|debug)", [])
    assert list(hits) == [
        Hit('a"b\\c.txt', 1, "console.log"),
        Hit("docs/b.md", 1, "console.log"),
        Hit("odd: name\u00e9.txt", 1, "console.log"),
        Hit("src/a.ts", 2, "console.log('x')"),
    ]
    assert await source.search(repo, sha, "console", ["src/*.js"]) == []
    assert [hit.path for hit in await source.search(repo, sha, "console", ["src", "*.md"])] == [
        "docs/b.md",
        "src/a.ts",
    ]


async def test_a_search_stops_at_twenty_and_cuts_long_lines(
    source: GitSource, repository: Repository, repo: str
) -> None:
    sha = repository.commit("One", a_txt=f"x{'y' * 500}\n" * 50)
    hits = await source.search(repo, sha, "xy", [])
    assert len(hits) == 20
    assert len(hits[0].text) == 200


async def test_a_search_looks_at_the_commit_not_at_the_branch(
    source: GitSource, repository: Repository, repo: str
) -> None:
    first = repository.commit("One", a_txt="secret\n")
    second = repository.commit("Two", a_txt="clean\n")
    assert len(await source.search(repo, first, "secret", [])) == 1
    assert await source.search(repo, second, "secret", []) == []


async def test_a_text_that_looks_like_gits_own_output_is_text(
    source: GitSource, repository: Repository, repo: str
) -> None:
    first = repository.commit("One")
    sha = repository.commit("Two", a_txt=f"{first}:b.txt:1:hit\nhit 2\n")
    hits = await source.search(repo, sha, "hit", [])
    assert list(hits) == [Hit("a.txt", 1, f"{first}:b.txt:1:hit"), Hit("a.txt", 2, "hit 2")]


@pytest.mark.parametrize("pattern", ["a(", "[", "*a{2,1}", "", "a\nb"])
async def test_a_pattern_that_is_none_gets_a_sentence(
    source: GitSource, repository: Repository, repo: str, pattern: str
) -> None:
    sha = repository.commit("One", a_txt="a\n")
    with pytest.raises(Permanent) as caught:
        await source.search(repo, sha, pattern, [])
    assert caught.value.reason.isprintable()
    assert "pattern" in caught.value.reason or "cannot search" in caught.value.reason


async def test_a_pattern_that_looks_like_an_option_is_a_pattern(
    source: GitSource, repository: Repository, repo: str
) -> None:
    sha = repository.commit("One", a_txt="--open-files-in-pager=x\n")
    assert len(await source.search(repo, sha, "--open-files-in-pager=x", ["--", "-x", "a.txt"])) == 1


async def test_no_line_end_of_another_age_hides_a_hit(source: GitSource, repository: Repository, repo: str) -> None:
    texts = {"a.txt": "one\rhit\rtwo", "b.txt": "x\r\nhit\r\n", "c.txt": "hit \u2028 still\x0bhit\n"}
    for name, text in texts.items():
        (repository.path / name).write_bytes(text.encode())
    sha = repository.commit("One")
    hits = await source.search(repo, sha, "hit", [])
    assert [(hit.path, hit.line) for hit in hits] == [("a.txt", 1), ("b.txt", 2), ("c.txt", 1)]
