"""The pages that a newcomer reads, in the parts that the tests look at."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "CHANGELOG.md", *sorted(str(page.relative_to(ROOT)) for page in ROOT.glob("docs/*.md")))
READMES = sorted(
    str(page.relative_to(ROOT)) for folder in ("adapters", "examples") for page in ROOT.glob(f"{folder}/*/README.md")
)


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def section(title: str, page: str = "README.md") -> str:
    """What stands below a heading, up to the next one of its rank; the heading has to be there once."""
    parts = re.split(rf"^## {re.escape(title)}\n", text(page), flags=re.MULTILINE)
    assert len(parts) == 2, f"{page} has no one section {title!r}"
    return re.split(r"^## ", parts[1], flags=re.MULTILINE)[0]


def blocks(language: str, part: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", part, flags=re.MULTILINE | re.DOTALL)


def rows(part: str) -> list[list[str]]:
    """Cells of the tables' rows, without their heads."""
    lines = [line for line in part.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    rules = {at for at, row in enumerate(cells) if all(re.fullmatch(r"-+", cell) for cell in row)}
    return [row for at, row in enumerate(cells) if at not in rules and at + 1 not in rules]


def spoken(part: str) -> list[str]:
    """What stands between single backticks."""
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"^```.*?^```$", "", part, flags=re.MULTILINE | re.DOTALL))
