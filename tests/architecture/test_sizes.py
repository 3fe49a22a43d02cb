"""Modules of 300 lines and functions of 40 at most; the docstring of a function does not count against it."""

import ast

from tests.architecture.project import File, python_files, text_files

MODULE_LINES = 300
FUNCTION_LINES = 40
SOURCES = (".py", ".ts", ".js", ".mjs")


def long_modules(file: File) -> list[str]:
    lines = len(file.lines)
    return [f"{file.path}: {lines} lines, {MODULE_LINES} at most"] if lines > MODULE_LINES else []


def long_functions(file: File) -> list[str]:
    found = []
    for node in ast.walk(file.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = _lines(node)
            if lines > FUNCTION_LINES:
                where = file.at(node.lineno)
                found.append(f"{where}: {node.name} has {lines} lines, {FUNCTION_LINES} at most")
    return found


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    whole = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node) is None:
        return whole
    docstring = node.body[0]
    return whole - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def test_modules_are_short() -> None:
    sources = (file for file in text_files() if file.path.endswith(SOURCES))
    assert [complaint for file in sources for complaint in long_modules(file)] == []


def test_functions_are_short() -> None:
    assert [complaint for file in python_files() for complaint in long_functions(file)] == []


def test_a_module_of_301_lines_is_found() -> None:
    assert long_modules(File("a.py", "x = 1\n" * 300)) == []
    assert long_modules(File("a.py", "x = 1\n" * 301)) == ["a.py: 301 lines, 300 at most"]


def test_a_function_of_41_lines_is_found() -> None:
    fits = "def f():\n" + "    '''One\n    two.'''\n" + "    x = 1\n" * 39
    assert long_functions(File("a.py", fits)) == []
    assert long_functions(File("a.py", fits + "    x = 2\n")) == ["a.py:1: f has 41 lines, 40 at most"]


def test_a_long_method_of_an_inner_class_is_found() -> None:
    text = "class A:\n  class B:\n    async def f(self):\n" + "      x = 1\n" * 40
    assert long_functions(File("a.py", text)) == ["a.py:3: f has 41 lines, 40 at most"]
