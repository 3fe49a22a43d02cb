"""Nothing in `bot/` knows a chat platform by its name: a further one is one folder, and no line of `bot/` changes."""

import re
import subprocess
import sys
from collections.abc import Iterable

import pytest

from bot.settings.platforms import chat_platforms
from bot.settings.variables import variables
from tests.architecture.project import ROOT, File, text_files

TERMINAL = "console"
"""Not a vendor's: it is where the command line runs, which opens it by its name (`run`, `demo`)."""
MAY_NAME_IT = {TERMINAL: ("bot/__main__.py", "bot/demo/__init__.py")}
EVERYBODYS_TOKENS = "bot/domain/redaction.py"
"""Takes out what looks like any vendor's token, hosts of theirs included, whether or not there is an adapter."""
LIBRARIES = ("discord", "slack_bolt", "slack_sdk", "telegram", "prompt_toolkit")


def names() -> list[str]:
    return [one.name for one in chat_platforms()]


def named(file: File, platforms: Iterable[str]) -> list[str]:
    """Lines that name one of them, comments and docstrings included."""
    return [
        f"{file.at(number)}: {platform}"
        for platform in platforms
        if file.path not in MAY_NAME_IT.get(platform, ())
        for number, line in enumerate(file.lines, 1)
        if re.search(platform, line, re.IGNORECASE)
    ]


def test_the_platforms_are_found() -> None:
    assert {"console", "discord", "slack", "telegram"} <= set(names())


def test_bot_names_no_platform() -> None:
    files = [one for one in text_files() if one.path.startswith("bot/") and one.path != EVERYBODYS_TOKENS]
    assert len(files) > 50
    assert [line for file in files for line in named(file, names())] == []


@pytest.mark.parametrize("line", ["# Slack does", 'if name == "telegram":', "class DiscordSettings:", "console = 1"])
def test_a_name_is_found(line: str) -> None:
    assert len(named(File("bot/app/feed.py", f"\n{line}\n"), ["console", "discord", "slack", "telegram"])) == 1


def test_a_statement_says_what_it_needs_by_variables_of_its_own() -> None:
    stated = [(one.name, variable) for one in chat_platforms() for variable in one.variables]
    assert [f"{name}: {variable.name}" for name, variable in stated if not _prefixed(name, variable.name)] == []
    assert len({variable.name for _, variable in stated}) == len(stated)
    for one in chat_platforms():
        own = {variable.name for variable in one.variables}
        assert {name for names in one.needs for name in names} <= own, one.name
        assert bool(one.needs) == (one.open is not None), f"{one.name}: what turns it on?"
        assert bool(one.about) == bool(own), one.name
    assert {variable.name for _, variable in stated} <= set(variables())


def _prefixed(platform: str, variable: str) -> bool:
    return variable.startswith(f"{platform.upper()}_")


def test_reading_the_statements_loads_no_library() -> None:
    asked = f"""
import sys
from bot.settings.platforms import chat_platforms
chat_platforms()
print(*[one for one in sys.modules if one.startswith({LIBRARIES!r})])
"""
    ran = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []
