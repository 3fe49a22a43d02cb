"""Nothing is patched, and no task runs without an owner: not in the tests and the sandbox either.

ruff holds `bot` and `adapters` to the same; its list also has the clock and the environment, which the tests
and the sandbox may read.
"""

import ast

import pytest

from tests.architecture.project import File, python_files

FORBIDDEN = {
    "unittest.mock": "write a typed fake of our own port, or a server that speaks the protocol",
    "mock": "write a typed fake of our own port, or a server that speaks the protocol",
    "monkeypatch.setattr": "hand the thing in as an argument",
    "monkeypatch.setitem": "hand the thing in as an argument",
    "asyncio.create_task": "use a TaskGroup",
    "asyncio.ensure_future": "use a TaskGroup",
}


def forbidden_uses(file: File) -> list[str]:
    return [
        f"{file.at(line)}: {name}: {FORBIDDEN[name]}"
        for node in ast.walk(file.tree)
        for line, name in _used(node)
        if name in FORBIDDEN
    ]


def _used(node: ast.AST) -> list[tuple[int, str]]:
    """The dotted names that this piece of code imports, or reaches as `module.name`."""
    match node:
        case ast.Import(names=names):
            return [(node.lineno, alias.name) for alias in names]
        case ast.ImportFrom(module=str(module), names=names):
            return [(node.lineno, module), *((node.lineno, f"{module}.{alias.name}") for alias in names)]
        case ast.Attribute(value=ast.Name(id=module), attr=name):
            return [(node.lineno, f"{module}.{name}")]
        case _:
            return []


def test_nothing_is_patched_and_every_task_has_an_owner() -> None:
    assert [complaint for file in python_files() for complaint in forbidden_uses(file)] == []


@pytest.mark.parametrize(
    "text",
    [
        "import unittest.mock",
        "from unittest import mock",
        "from unittest.mock import AsyncMock",
        "from mock import patch",
        "def test(monkeypatch):\n    monkeypatch.setattr(bot, 'now', 1)",
        "import asyncio\nasyncio.create_task(f())",
        "from asyncio import ensure_future",
    ],
)
def test_a_patch_or_a_stray_task_is_found(text: str) -> None:
    assert len(forbidden_uses(File("a.py", text))) == 1
    assert forbidden_uses(File("a.py", "import unittest\ngroup.create_task(f())\n")) == []
