"""Folders of a kind share their file names, and an adapter's file is named after the port that it supplies.

A folder counts once it holds more than its `__init__.py`.
"""

from collections.abc import Mapping

from bot.settings.platforms import chat_platforms
from tests.architecture.project import python_files

Folders = Mapping[str, frozenset[str]]

CHATS = frozenset(one.name for one in chat_platforms())
CHAT_FILES = frozenset({"inbound.py", "render.py", "client.py", "platform.py", "settings.py"})


def uneven_chats(adapters: Folders) -> list[str]:
    return [
        f"adapters/{name} lacks {', '.join(sorted(CHAT_FILES - files))}, which every chat platform has"
        for name, files in adapters.items()
        if name in CHATS and not files >= CHAT_FILES
    ]


def without_port(adapters: Folders, ports: frozenset[str]) -> list[str]:
    """A chat platform's port is spread over the files that all of them share."""
    return [
        f"adapters/{name} has no file named after a port of bot/ports: {', '.join(sorted(ports))}"
        for name, files in adapters.items()
        if name not in CHATS and not files & ports
    ]


def folders(parent: str) -> Folders:
    """The Python files of each folder right below this one; a folder with `__init__.py` alone is left out."""
    found: dict[str, set[str]] = {}
    for file in python_files(parent):
        name, *rest = file.path.removeprefix(f"{parent}/").split("/")
        if rest and rest != ["__init__.py"]:
            found.setdefault(name, set()).add("/".join(rest))
    return {name: frozenset(files) for name, files in found.items()}


def test_chat_platforms_have_the_same_files() -> None:
    assert uneven_chats(folders("adapters")) == []


def test_every_adapter_supplies_a_port_in_a_file_of_its_name() -> None:
    ports = folders("bot").get("ports", frozenset())
    assert without_port(folders("adapters"), ports) == []


def test_a_chat_platform_that_lacks_a_file_is_found() -> None:
    slack = CHAT_FILES - {"render.py"}
    complaints = uneven_chats({"slack": slack, "telegram": CHAT_FILES, "git": frozenset({"source.py"})})
    assert complaints == ["adapters/slack lacks render.py, which every chat platform has"]


def test_an_adapter_without_a_port_is_found() -> None:
    adapters = {"git": frozenset({"clone.py"}), "sql": frozenset({"journal.py"}), "slack": CHAT_FILES}
    complaints = without_port(adapters, frozenset({"source.py", "journal.py"}))
    assert complaints == ["adapters/git has no file named after a port of bot/ports: journal.py, source.py"]
