"""The project's own files, as the checks of this folder read them."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = ("bot", "adapters", "sandbox", "tests")


@dataclass(frozen=True)
class File:
    """A file of the project: its path from the root, and its text."""

    path: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    def at(self, line: int) -> str:
        """Where to look, in the form that editors and terminals open."""
        return f"{self.path}:{line}"


def text_files() -> Iterator[File]:
    """Every text file that git tracks or would track."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for path in sorted(set(listed.stdout.split("\0")) - {""}):
        text = _text(ROOT / path)
        if text is not None:
            yield File(path, text)


def python_files(*folders: str) -> Iterator[File]:
    """Every Python file below these folders of the project; below all of its code where none is named."""
    wanted = tuple(f"{folder}/" for folder in folders or CODE)
    return (file for file in text_files() if file.path.endswith(".py") and file.path.startswith(wanted))


def _text(path: Path) -> str | None:
    """None for what has no text of its own: a binary file, a link, a file deleted but still tracked."""
    if path.is_symlink() or not path.is_file():
        return None
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None
