"""The line of every key of a TOML document."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings.lines import Path, key_lines, line_of

DOCUMENT = '''# a comment with [a.header] = 1
top = 1

[people.ana]
roles = ["deployer", # one
  'approver',
]
"quoted key".sub = """
[not.a.header]
x = 1 \\""" still inside"""
[[targets.x.gates]]
name = 'one ] } , #'
calendar = {zone = "UTC", closed = ["fri", "sat"]}

[[targets.x.gates]]
name = "two"
[targets.x.gates.deep]
key = 2026-11-21 07:32:00
[[targets.x.gates.list]]
a = 1
[[targets.x.gates.list]]
b.c = [[1], {d = [2]}]
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("people",), 4),
        (("people", "ana"), 4),
        (("people", "ana", "roles"), 5),
        (("people", "ana", "roles", 0), 5),
        (("people", "ana", "roles", 1), 6),
        (("people", "ana", "quoted key", "sub"), 8),
        (("targets", "x", "gates", 0), 11),
        (("targets", "x", "gates", 0, "name"), 12),
        (("targets", "x", "gates", 0, "calendar", "closed", 1), 13),
        (("targets", "x", "gates", 1), 15),
        (("targets", "x", "gates", 1, "deep", "key"), 18),
        (("targets", "x", "gates", 1, "list", 1, "b", "c", 1, "d", 0), 22),
    ],
)
def test_a_key_is_found_on_its_line(path: Path, line: int) -> None:
    tomllib.loads(DOCUMENT)
    assert key_lines(DOCUMENT)[path] == line
    assert key_lines(DOCUMENT.replace("\n", "\r\n"))[path] == line


def test_what_is_not_there_is_near_what_is() -> None:
    lines = key_lines(DOCUMENT)
    assert line_of(lines, ("people", "ana", "slack")) == 4
    assert line_of(lines, ("nowhere",)) == 1


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*path, key))
    if isinstance(value, list):
        for at, inner in enumerate(value):
            yield from paths(inner, (*path, at))


KEYS = st.sampled_from(["a", "b-1", '"c d"', "'e.f'", '"g\\"h"', "a.b", 'b . "c d"', '""', '"\\u00e9"'])
ATOMS = st.sampled_from(
    ["1", "1.5", "true", '"x # ] } ,"', "'y = 1'", '"""\n[z]\n\\""" q"""', "'''\n''w'''", '""""q""""', "2026-11-21"]
)
VALUES = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: "[ # c ]\n" + " ,\n".join(parts) + "\n]")
        | st.lists(inner, max_size=3).map(lambda parts: "[" + ",".join(parts) + "]")
        | st.lists(st.tuples(KEYS, inner), max_size=2).map(
            lambda pairs: "{" + ", ".join(f"{key} = {value}" for key, value in pairs) + "}"
        )
    ),
    max_leaves=6,
)
STATEMENTS = st.one_of(
    st.tuples(KEYS, VALUES).map(lambda pair: f"{pair[0]} = {pair[1]} # end"),
    KEYS.map(lambda key: f"[{key}]"),
    KEYS.map(lambda key: f"[[ {key} ]]"),
    st.sampled_from(["", "# [a]", "\t"]),
)


@given(st.lists(STATEMENTS, max_size=8).map("\n".join))
def test_every_key_of_any_document_has_a_line_that_holds_it(text: str) -> None:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    lines = key_lines(text)
    assert set(paths(document)) - {()} == set(lines)
    shown = text.split("\n")
    for path, line in lines.items():
        last = path[-1]
        if isinstance(last, str) and last.isalnum() and last.isascii():
            assert last in shown[line - 1]
