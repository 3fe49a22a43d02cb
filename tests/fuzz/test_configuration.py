"""Any outrider.toml and any environment come to settings, or to sentences with their places, and to nothing else.

A good document is changed as a tree (keys, values, types, structure), as text and as bytes. A few bad ones are given
to the program itself.
"""

import copy
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.settings import Problems, Settings, load
from bot.settings.variables import variables
from tests.fuzz.typing import HOSTILE
from tests.settings.reading import ENVIRON, fine

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / "outrider.example.toml").read_text("utf-8")
EXAMPLE_ENVIRON = {**ENVIRON, "STRIPE_KEY": "sk-not-a-real-one"}
FREELY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def loaded(content: bytes, environ: Mapping[str, str] = EXAMPLE_ENVIRON) -> Settings | Problems:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "outrider.toml"
        path.write_bytes(content)
        return load(environ, path, {"http": fine, "health": fine}, {"probes": fine})


def judge(content: bytes, environ: Mapping[str, str] = EXAMPLE_ENVIRON) -> Settings | Problems:
    """What it comes to, after every problem was looked at."""
    got = loaded(content, environ)
    if isinstance(got, Problems):
        assert got.found
        last = content.count(b"\n") + 1
        for one in got.found:
            if one.file == "outrider.toml":
                assert 0 < one.line <= last, one
            else:
                assert (one.file, one.line) == ("environment", 0), one
            said = str(one)
            assert said.isprintable(), ascii(said)
            assert one.what.strip(), one
            assert not one.what.endswith("."), said
            assert said.endswith((".", "?")), said
            assert len(said) < 600, said
    return got


def test_the_example_is_good() -> None:
    got = judge(EXAMPLE.encode())
    assert isinstance(got, Settings), str(got)


# ---- as bytes and as text


@FREELY
@given(st.data())
def test_changed_bytes(data: st.DataObject) -> None:
    content = bytearray(EXAMPLE.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.sampled_from([0, 1, 1, 5, 200]))
        content[at : at + length] = data.draw(st.binary(max_size=6))
    judge(bytes(content))


@FREELY
@given(st.data())
def test_lines_moved_doubled_and_lost(data: st.DataObject) -> None:
    lines = EXAMPLE.splitlines()
    numbers = st.integers(0, len(lines) - 1)
    for first, second in data.draw(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=6)):
        match data.draw(st.sampled_from(["swap", "double", "lose"])):
            case "swap":
                lines[first], lines[second] = lines[second], lines[first]
            case "double":
                lines[first] = lines[second]
            case _:
                lines[first] = ""
    judge("\n".join(lines).encode())


# ---- as a tree

Place = tuple[str | int, ...]
LEAVES: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.sampled_from(HOSTILE).filter(lambda text: "\ud800" not in text)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    | st.sampled_from(
        ["canary", "production", "ops", "5m", "0s", "999999999d", "http://h", "https://u:p@h/x", "[", "sat"]
    )
)
VALUES = LEAVES | st.lists(LEAVES, max_size=3) | st.dictionaries(st.text("ab-._é\n", max_size=3), LEAVES, max_size=3)


def places(part: Any, here: Place = ()) -> Iterator[Place]:
    items = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, inner in items:
        yield (*here, key)
        yield from places(inner, (*here, key))


def at(tree: Any, place: Place) -> Any:
    for key in place:
        tree = tree[key]
    return tree


PLACES = list(places(tomllib.loads(EXAMPLE)))
KEYS = sorted({str(place[-1]) for place in PLACES} | {"paht", "", "a b", "ü", "\x00", "\u202e"})


def change(tree: Any, place: Place, how: str, data: st.DataObject) -> None:
    """Change what stands at that place, if it still stands."""
    try:
        around, key = at(tree, place[:-1]), place[-1]
        value = around[key]
    except (KeyError, IndexError, TypeError):
        return
    match how:
        case "value":
            around[key] = data.draw(VALUES)
        case "lose":
            del around[key]
        case "rename" if isinstance(around, dict):
            around[data.draw(st.sampled_from(KEYS))] = around.pop(key)
        case "copy" if isinstance(around, dict):
            around[data.draw(st.sampled_from(KEYS))] = copy.deepcopy(value)
        case "wrap":
            around[key] = [value]
        case _:
            around[key] = copy.deepcopy(at(tree, data.draw(st.sampled_from(PLACES))[:1]))


def written(value: Any) -> str:
    """The value in TOML, tables inline; what TOML has no word for is left out by an empty table."""
    match value:
        case None:
            return "{}"
        case bool():
            return str(value).lower()
        case dict():
            return "{" + ", ".join(f"{quoted(key)} = {written(one)}" for key, one in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(written, value)) + "]"
        case str():
            return quoted(value)
        case _:
            return str(value)


def quoted(text: str) -> str:
    return '"' + "".join(one if one.isalnum() and one.isascii() else f"\\U{ord(one):08x}" for one in text) + '"'


def document(tree: Mapping[str, Any]) -> bytes:
    return "".join(f"{quoted(key)} = {written(value)}\n" for key, value in tree.items()).encode()


def test_a_tree_that_was_not_changed_is_good() -> None:
    got = judge(document(tomllib.loads(EXAMPLE)))
    assert isinstance(got, Settings), str(got)


@FREELY
@given(st.data())
def test_changed_keys_values_types_and_structure(data: st.DataObject) -> None:
    tree = tomllib.loads(EXAMPLE)
    for place in data.draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=4)):
        change(
            tree, place, data.draw(st.sampled_from(["value", "value", "lose", "rename", "copy", "wrap", "move"])), data
        )
    content = document(tree)
    tomllib.loads(content.decode())
    judge(content)


# ---- the environment


@FREELY
@given(
    st.dictionaries(
        st.sampled_from([*variables(), "OUTRIDER_CONFG", "STRIPE_KEY"]),
        st.sampled_from(HOSTILE)
        | st.text(max_size=20)
        | st.sampled_from(["https://u:p@[::1", "http://[", "0", "x" * 9000]),
        max_size=5,
    )
)
def test_any_environment(changes: Mapping[str, str]) -> None:
    got = judge(EXAMPLE.encode(), {**EXAMPLE_ENVIRON, **changes})
    hidden = {
        value for name, value in changes.items() if len(value) > 11 and name in variables() and variables()[name].secret
    }
    open_ones = " ".join(
        value for name, value in changes.items() if name not in variables() or not variables()[name].secret
    )
    said = str(got) if isinstance(got, Problems) else ""
    assert not [value for value in hidden if value in said and value not in open_ones]


# ---- the program itself


def line_of(text: str) -> int:
    """The line of the example in which that text stands first."""
    return EXAMPLE[: EXAMPLE.index(text)].count("\n") + 1


BAD = [
    (
        EXAMPLE.replace('room = "ops"', 'room = "opps"').replace('"approver"]', '"aprover"]', 1).encode(),
        [line_of('"approver"]'), line_of('room = "ops"')],
    ),
    (b"[targets\n", [1]),
    (b"\xff\xfe[targets]\n", [1]),
    (b"people = 3\nroms = 1\n[targets.x]\n", [1, 2, 3]),
]


def program(folder: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environ}
    return subprocess.run(
        [sys.executable, "-m", "bot", *words],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("word", ["run", "check"])
@pytest.mark.parametrize(("content", "lines"), BAD, ids=["names", "no TOML", "no UTF-8", "shape"])
def test_the_program_says_everything_at_once_and_ends_with_1(
    word: str, content: bytes, lines: list[int], tmp_path: Path
) -> None:
    (tmp_path / "outrider.toml").write_bytes(content)
    ran = program(tmp_path, word, PORT="eighty")
    assert ran.returncode == 1
    assert ran.stdout == ""
    said = ran.stderr.splitlines()
    assert 'environment: PORT: "eighty" is no port. Write a number from 1 to 65535.' in said
    found = {line.split(":")[1] for line in said if line.startswith("outrider.toml:")}
    assert {str(line) for line in lines} <= found
    assert all(line.startswith(("outrider.toml:", "environment: ")) for line in said), ran.stderr


def test_the_program_without_a_configuration_says_so(tmp_path: Path) -> None:
    ran = program(tmp_path, "run")
    assert ran.returncode == 1
    assert "outrider.toml: the configuration cannot be read (No such file or directory)." in ran.stderr
    assert "Traceback" not in ran.stderr


def test_the_schema_needs_no_configuration(tmp_path: Path) -> None:
    ran = program(tmp_path, "schema", PORT="eighty")
    assert ran.returncode == 0
    assert ran.stdout.startswith("{")
    assert ran.stderr == ""
