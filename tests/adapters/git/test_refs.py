import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.git.refs import MAX_LENGTH, is_full_hash, is_hash, problem, shown

HOSTILE = [
    "",
    "-",
    "--upload-pack=touch /tmp/x",
    "-uall",
    "--env",
    "$(x) y",
    "a;b c",
    "main\nmain",
    "main\0",
    "a\tb",
    "a\u202eb",
    "a\u2066b",
    "a\u200bb",
    "a\u00a0b",
    "a\u2028b",
    "a\x1b[31m",
    "a\x7f",
    "main..other",
    "main@{1}",
    "@",
    "a^",
    "a~1",
    "a:b",
    "a?b",
    "a*",
    "a[b]",
    "a\\b",
    "/a",
    "a/",
    "a//b",
    ".a",
    "a/.b",
    "a.lock",
    "a.lock/b",
    "a.",
    "x" * (MAX_LENGTH + 1),
    "\ud800",
]


@pytest.mark.parametrize("ref", HOSTILE)
def test_what_is_no_ref_is_told_why(ref: str) -> None:
    assert problem(ref)


@pytest.mark.parametrize(
    "ref",
    [
        "main",
        "feature/a-b_c",
        "v1.2.3",
        "1a2b3c4",
        "a@b",
        "ünï",
        "a;b",
        "$(x)",
        "a'b",
        "dependabot/npm/x-1.0",
    ],
)
def test_what_git_takes_may_be_asked_for(ref: str) -> None:
    assert problem(ref) == ""


@settings(max_examples=150, deadline=None)
@example("a@{b")
@example("@")
@example("a..b")
@given(st.text(alphabet="ab./@{~^:?*[\\- \t-\x7fé$;'", min_size=1, max_size=8))
def test_nothing_passes_that_git_would_not_take(ref: str) -> None:
    if problem(ref) == "":
        argv = ["git", "check-ref-format", f"refs/heads/{ref}"]
        assert subprocess.run(argv, check=False).returncode == 0


@given(st.text(max_size=300))
def test_any_text_has_an_answer_and_can_be_shown(ref: str) -> None:
    if problem(ref) == "":
        assert not ref.startswith("-")
        assert ref.isprintable()
    assert shown(ref).isprintable()
    assert len(shown(ref)) <= 61


def test_hashes_have_4_to_40_digits() -> None:
    assert [is_hash(one) for one in ("abc", "abcd", "ABCD", "g123", "a" * 40, "a" * 41)] == [
        False,
        True,
        True,
        False,
        True,
        False,
    ]
    assert [is_full_hash(one) for one in ("a" * 40, "A" * 40, "a" * 39, f"{'a' * 40}\n")] == [
        True,
        False,
        False,
        False,
    ]
