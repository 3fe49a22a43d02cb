"""What the contract suite needs of a chat adapter: one small object for each, in `platforms/<name>.py`."""

import ast
import importlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from bot.domain.commands import Intent
from bot.ports.chat import Chat, Limits
from bot.view.card import RunCard
from bot.view.notice import Notice

ADAPTERS = Path(__file__).parents[2] / "adapters"
PLATFORMS = "tests.contract.platforms"


@dataclass(frozen=True)
class Seen:
    """One rendered card or notice: what people read, its length as the platform counts it, and what buttons carry."""

    text: str
    length: int
    tokens: tuple[str, ...] = ()


class Link(Protocol):
    """An adapter's client with its platform's stand-in behind it, and the people in one conversation there."""

    @property
    def chat(self) -> Chat:
        """The client."""
        ...

    @property
    def address(self) -> str:
        """The conversation."""
        ...

    def showing(self, words: str) -> int:
        """In how many of the bot's messages these words stand now."""
        ...

    async def press(self, reference: str, card: RunCard, token: str) -> None:
        """Somebody presses that button of the card with this reference."""
        ...

    async def type(self, text: str) -> None:
        """Somebody gives this command (`/deploy canary`) in the way that is the platform's own."""
        ...

    async def delete(self, reference: str) -> None:
        """Somebody deletes the message. Never called where the platform is `lasting`."""
        ...

    async def deafen(self) -> None:
        """What words come in by goes dead without a word: open, nothing comes, nothing is answered. What is opened
        later is well. Never called where the platform is `lasting`.
        """
        ...


class Platform(Protocol):
    """A chat adapter, for the suite."""

    @property
    def name(self) -> str:
        """Its folder's, and the platform's in the configuration."""
        ...

    @property
    def limits(self) -> Limits:
        """Those that its client states."""
        ...

    @property
    def environ(self) -> Mapping[str, str]:
        """Variables that turn it on, as somebody sets them; none for what the command line opens."""
        ...

    @property
    def lasting(self) -> bool:
        """True where what was shown can neither be changed nor deleted (a terminal's scrollback)."""
        ...

    def card(self, card: RunCard) -> Seen:
        """Render it, and have the strict stand-in take it; an AssertionError says what it does not take."""
        ...

    def notice(self, notice: Notice) -> Seen:
        """Likewise."""
        ...

    def pressed(self, token: str) -> Intent | None:
        """What `inbound` makes of the platform's own payload for a press on a button with this token."""
        ...

    def typed(self, text: str) -> Intent | None:
        """What `inbound` makes of the platform's own payload for this command."""
        ...

    def opened(self) -> AbstractAsyncContextManager[Link]:
        """The client against a fresh stand-in."""
        ...


def names() -> list[str]:
    """Every chat adapter: the folders of adapters/ that turn payloads into intents and cards into payloads."""
    return sorted(
        folder.name
        for folder in ADAPTERS.iterdir()
        if (folder / "inbound.py").exists() and (folder / "render.py").exists()
    )


def described(name: str) -> bool:
    """Whether the suite has been told how to reach the adapter."""
    return (Path(__file__).parent / "platforms" / f"{name}.py").exists()


def platform(name: str) -> Platform:
    """The adapter's object."""
    return cast(Platform, importlib.import_module(f"{PLATFORMS}.{name}").PLATFORM)


def imports(name: str) -> Iterator[str]:
    """Every module that the adapter's files import, by its full name."""
    for file in sorted((ADAPTERS / name).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
