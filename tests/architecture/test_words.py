"""One word for each thing: names that would be a second word for something of the vocabulary are not used.

Only names that the project defines count. A vendor's word may stand in a vendor's folder, so adapters are
held to the shorter list. Words with another good meaning (build, tag, session, message, error) are left to
the reader.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePath

import pytest

from tests.architecture.project import File, python_files

# No class or module anywhere in bot/ or adapters/ may end in one of these: they say nothing of what it does.
EMPTY = {
    "base": "shared code has a name of its own",
    "common": "say what it is about",
    "helper": "say what it does",
    "helpers": "say what it does",
    "job": "Run",
    "manager": "say what it does",
    "misc": "say what it is about",
    "service": "Target or Component, or say what it does",
    "util": "say what it does",
    "utils": "say what it does",
}
# In the pure parts and the ports no name may contain one of these.
SECOND = {
    "backup": "Snapshot",
    "job": "Run",
    "jobs": "Run",
    "percent": "Weight",
    "percentage": "Weight",
    "phase": "Step",
    "precheck": "Gate",
    "revert": "Rollback",
    "stage": "Environment or Step",
    "task": "Run",
    "tier": "Environment",
    "user": "Person or Actor",
}


def empty_names(file: File) -> list[str]:
    names = [(1, PurePath(file.path).stem)]
    names += [(node.lineno, node.name) for node in ast.walk(file.tree) if isinstance(node, ast.ClassDef)]
    return [
        f"{file.at(line)}: {name}: {EMPTY[_words(name)[-1]]}"
        for line, name in names
        if _words(name) and _words(name)[-1] in EMPTY
    ]


def second_words(file: File) -> list[str]:
    return [
        f"{file.at(line)}: {name}: say {SECOND[word]}"
        for line, name in _defined(file.tree)
        for word in _words(name)
        if word in SECOND
    ]


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]


def _defined(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of every class, function, argument, field and variable."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield node.lineno, name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                yield node.lineno, name
            case _:
                pass


def test_names_say_what_a_thing_is() -> None:
    assert [complaint for file in python_files("bot", "adapters") for complaint in empty_names(file)] == []


def test_the_vocabulary_has_no_second_words() -> None:
    files = python_files("bot/domain", "bot/view", "bot/ports")
    assert [complaint for file in files for complaint in second_words(file)] == []


@pytest.mark.parametrize(
    "file",
    [
        File("bot/utils.py", ""),
        File("bot/app/http_helpers.py", ""),
        File("a.py", "class RunManager: pass"),
        File("a.py", "def f():\n    class HTTPService: pass"),
    ],
)
def test_an_empty_name_is_found(file: File) -> None:
    assert len(empty_names(file)) == 1
    assert empty_names(File("a.py", "class Utility: pass\nclass JobTitle: pass")) == []


@pytest.mark.parametrize(
    "text",
    [
        "class DeployStage: pass",
        "def user_of(run): pass",
        "def f(canary_percentage): pass",
        "class A:\n    tier: str",
        "backup = 1",
        "PHASE_COUNT = 3",
        "async def revert(): pass",
    ],
)
def test_a_second_word_is_found(text: str) -> None:
    assert len(second_words(File("a.py", text))) == 1
    assert second_words(File("a.py", "stages.user(job=percent.tier)\nclass Staged: pass")) == []
