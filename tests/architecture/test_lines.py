"""What no line of the project may say: a package registry's host, a path of one machine, work put off."""

import re

import pytest

from tests.architecture.project import File, text_files

# Written in pieces, as this file is a part of the project too.
NAMES = [
    ("pypi", "org"),
    ("pythonhosted", "org"),
    ("npmjs", "org"),
    ("npmjs", "com"),
    ("deb", "debian", "org"),
]
REGISTRIES = [".".join(name) for name in NAMES]
FORBIDDEN = {
    "names a package registry: the person's own settings do": "|".join(map(re.escape, REGISTRIES)),
    "names a path of one machine": r"(?<![\w.:*}/-])/(?:root|work|home/\w+|Users/\w+)(?![\w-])",
    "puts work off: do it or open an issue": r"\b(?:TO" r"DO|FIX" r"ME)\b",
}


def forbidden_lines(file: File) -> list[str]:
    return [
        f"{file.at(number)}: {why}"
        for why, pattern in FORBIDDEN.items()
        if re.search(pattern, file.text)
        for number, line in enumerate(file.lines, 1)
        if re.search(pattern, line)
    ]


def test_no_line_says_what_none_may() -> None:
    assert [complaint for file in text_files() for complaint in forbidden_lines(file)] == []


@pytest.mark.parametrize(
    "line",
    [
        "index-url = https://" + REGISTRIES[0] + "/simple",
        '"resolved": "https://registry.' + REGISTRIES[2] + '/a/-/a-1.0.0.tgz"',
        "cd /ro" + "ot/.cache",
        "open('/wor" + "k/a')",
        "HOME=/ho" + "me/ana",
        "# TO" + "DO: later",
    ],
)
def test_such_a_line_is_found(line: str) -> None:
    assert len(forbidden_lines(File("a", "fine\n" + line + "\n"))) == 1


@pytest.mark.parametrize("line", ["/workers/scripts", "https://a.test/work", "/var/lib/outrider", "/home", "TODOS"])
def test_a_line_that_only_looks_like_one_is_not_found(line: str) -> None:
    assert forbidden_lines(File("a", line + "\n")) == []
