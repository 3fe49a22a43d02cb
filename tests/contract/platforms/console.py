"""The terminal for the contract suite: between pipes, as its stand-in."""

import io
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from types import MappingProxyType

from adapters.console.client import Console
from adapters.console.completing import Words
from adapters.console.inbound import inbound
from adapters.console.render import numbered, render, render_notice, text_of
from adapters.console.settings import Settings
from bot.domain.commands import Intent, Origin
from bot.domain.values import Actor
from bot.ports.chat import Limits
from bot.view.card import RunCard
from bot.view.notice import Notice
from tests.contract.platform import Link, Platform, Seen

SETTINGS = Settings(grace=0.0)
WIDTH = 80
YOU = Actor("console", SETTINGS.account, shown=SETTINGS.account)
HERE = Origin("console", SETTINGS.address)


@contextmanager
def pipes() -> Iterator[tuple[int, io.StringIO]]:
    """Standard input and output lead here; the standard library redirects only the latter by itself."""
    reading, writing = os.pipe()
    before, said = sys.stdin, io.StringIO()
    with open(reading, encoding="utf-8") as source, redirect_stdout(said):
        sys.stdin = source
        try:
            yield writing, said
        finally:
            sys.stdin = before
            os.close(writing)


@dataclass
class ConsoleLink:
    """The client between two pipes."""

    chat: Console
    keys: int
    said: io.StringIO
    address: str = SETTINGS.address

    def showing(self, words: str) -> int:
        return self.said.getvalue().count(words)

    async def press(self, reference: str, card: RunCard, token: str) -> None:
        await self.type(str(numbered(card)[token]))

    async def type(self, text: str) -> None:
        os.write(self.keys, f"{text}\n".encode())

    async def delete(self, reference: str) -> None:
        raise AssertionError("nothing is deleted from a terminal")

    async def deafen(self) -> None:
        raise AssertionError("a terminal that does not read has ended")


class ForConsole:
    """The terminal."""

    name = "console"
    environ: Mapping[str, str] = MappingProxyType({})
    lasting = True

    @property
    def limits(self) -> Limits:
        with pipes():
            return Console(SETTINGS, Words()).limits

    def card(self, card: RunCard) -> Seen:
        shown = numbered(card)
        lines = [text_of(line) for line in render(card, WIDTH, numbers=shown)]
        assert all("\x1b" not in line and "\n" not in line for line in lines)
        text = "\n".join(lines)
        tokens = tuple(one for one, number in shown.items() if f"[{number}]" in text)
        return Seen(text, len(text), tokens)

    def notice(self, notice: Notice) -> Seen:
        text = "\n".join(text_of(line) for line in render_notice(notice, WIDTH))
        return Seen(text, len(text))

    def pressed(self, token: str) -> Intent | None:
        return inbound("[2]", YOU, HERE, "console:1", {1: "other:k3v9x2mq", 2: token})

    def typed(self, text: str) -> Intent | None:
        return inbound(text, YOU, HERE, "console:1", {})

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Link]:
        with pipes() as (keys, said):
            yield ConsoleLink(Console(replace(SETTINGS), Words()), keys, said)


PLATFORM: Platform = ForConsole()
