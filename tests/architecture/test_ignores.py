"""Every silenced complaint of a tool has its reason beside it, or in a comment on the line above."""

import re

import pytest

from tests.architecture.project import File, python_files

IGNORE = re.compile(r"#\s*(?:noqa\b|type:\s*ignore|fmt:\s*(?:off|skip)|pragma:)(?P<after>.*)$")
CODES = re.compile(r"^(?:\s*:\s*[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*|\[[\w, -]+\])?")
COMMENT = re.compile(r"^\s*#\s*\w+ \w+")


def unexplained_ignores(file: File) -> list[str]:
    found = []
    above = ""
    for number, line in enumerate(file.lines, 1):
        match = IGNORE.search(line)
        if match and not _has_reason(match["after"]) and not COMMENT.match(above):
            found.append(f"{file.at(number)}: an ignore without its reason")
        above = line
    return found


def _has_reason(after: str) -> bool:
    return len(re.findall(r"\w+", CODES.sub("", after))) >= 2


def test_every_ignore_has_its_reason() -> None:
    assert [complaint for file in python_files() for complaint in unexplained_ignores(file)] == []


@pytest.mark.parametrize("ignore", ["noqa", "noqa: S603", "noqa: S603, E501", "type: ignore[arg-type]"])
def test_an_ignore_without_a_reason_is_found(ignore: str) -> None:
    bare = f"\nx = 1  # {ignore}\n"
    explained = f"\nx = 1  # {ignore}  # the library has no types\n"
    explained_above = f"# The library has no types.\nx = 1  # {ignore}\n"
    assert unexplained_ignores(File("a.py", bare)) == ["a.py:2: an ignore without its reason"]
    assert unexplained_ignores(File("a.py", explained)) == []
    assert unexplained_ignores(File("a.py", explained_above)) == []
