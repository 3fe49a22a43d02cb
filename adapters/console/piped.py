"""The console where input or output is no terminal: plain lines, one after another, no escape codes."""

import asyncio
import io
import os
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import TextIO

from adapters.console.render import Line, buttons, render, render_notice, text_of
from adapters.console.settings import Settings
from adapters.console.shown import Shown, asks
from adapters.console.text import plain, wrap
from bot.view.card import Light, RunCard
from bot.view.notice import Notice
from bot.view.sentences import SENTENCES, Say

WIDTH = 80


class Piped:
    """Reads a line, waits until the run that it began is over, reads the next one."""

    def __init__(self, settings: Settings, shown: Shown, ascii: bool) -> None:
        self._settings = settings
        self._shown = shown
        self._ascii = ascii
        self._milestones: dict[str, str] = {}
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")

    async def talk(self, handle: Callable[[str], Awaitable[bool]]) -> None:
        """Hand on each line until one says that it was the last, or there are no more."""
        loop = asyncio.get_running_loop()
        while line := await _line(loop, sys.stdin):
            words = line.strip()
            if not words:
                continue
            self._print([(("", f"> {plain(words, self._ascii)}"),)])
            if not await handle(words):
                break
            await self._shown.rest(self._settings.grace)
            for card in self._shown.let_go():
                await self.finish(card)

    async def draw(self, card: RunCard) -> None:
        """A line where something new begins."""
        milestone = "" if card.over else _milestone(card)
        if milestone and milestone != self._milestones.get(card.run):
            self._milestones[card.run] = milestone
            self._print(self._step(card))

    async def finish(self, card: RunCard) -> None:
        """The whole card, once."""
        self._shown.printed(card.run)
        self._shown.number_only(card)
        self._print([(), *render(card, WIDTH, self._ascii, self._shown.numbers), ()])

    def _step(self, card: RunCard) -> list[Line]:
        lines = wrap(plain(f"{card.state} …", self._ascii), WIDTH - 2)
        if not asks(card):
            return [(("", f"  {line}"),) for line in lines]
        self._shown.number_only(card)
        shown = buttons(card.buttons, WIDTH - 2, self._shown.numbers, self._ascii)
        return [*((("", f"  {line}"),) for line in lines), *((("", "  "), *line) for line in shown)]

    async def say(self, notice: Notice, about: str) -> None:
        """The notice, its rows and its log."""
        self._print(render_notice(notice, WIDTH, self._ascii, about))

    def _print(self, lines: list[Line]) -> None:
        try:
            print("\n".join(map(text_of, lines)), flush=True)
        except BrokenPipeError:
            # Nobody reads any more; the runs go on, and Python's own last flush must not complain either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _milestone(card: RunCard) -> str:
    """What has to change for a line of its own: the step, or what the run waits for; empty between two steps."""
    if card.light is Light.RUNNING:
        return next((row.name for row in card.steps if row.light is Light.RUNNING), "")
    return "" if card.state == SENTENCES[Say.AT_STARTING] else card.state


async def _line(loop: asyncio.AbstractEventLoop, source: TextIO) -> str:
    """The next line, empty at the end of input. A thread reads it, as a file cannot be waited for in the loop."""
    found: asyncio.Future[str] = loop.create_future()

    def read() -> None:
        try:
            text = source.readline()
        except (OSError, ValueError):
            text = ""  # the input was closed under us
        if not loop.is_closed():
            loop.call_soon_threadsafe(lambda: None if found.done() else found.set_result(text))

    # A daemon: on the way out nobody waits for a line that never comes.
    threading.Thread(target=read, name="console-line", daemon=True).start()
    return await found
