"""The terminal as a chat platform: the `Chat` port, in a real terminal or between pipes.

`listen` returns when the person leaves (`/quit`, Ctrl-D, the end of a pipe); whoever put the bot together then ends it.
"""

import asyncio
import sys
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from prompt_toolkit.utils import is_dumb_terminal

from adapters.console.completing import Words
from adapters.console.files import kept
from adapters.console.inbound import inbound
from adapters.console.piped import Piped
from adapters.console.settings import Settings
from adapters.console.shown import Shown
from adapters.console.terminal import Terminal
from bot.domain.commands import Intent, Origin
from bot.domain.values import Actor
from bot.ports.chat import Intake, Limits
from bot.view.card import RunCard
from bot.view.notice import Notice, Tone
from bot.view.sentences import Say

DemoWord = Callable[[str], Awaitable[str]]
"""What a word that only the demo has does; its docstring's first line is the help."""
LEAVING = frozenset({"/quit", "/exit", "quit", "exit"})


class Console:
    """`failed` says, of a piped session, that a run or a command did not succeed; a talk in a terminal never fails."""

    def __init__(self, settings: Settings, words: Words, demo: Mapping[str, DemoWord] | None = None) -> None:
        self._settings = settings
        self._demo = {word.removeprefix("/"): call for word, call in (demo or {}).items()}
        self._shown = Shown()
        self._refused = False
        verbs = {**words.verbs, **self._demo_help(), "quit": "leave"}
        ascii = not _can_draw()
        self._real = sys.stdin.isatty() and sys.stdout.isatty() and not is_dumb_terminal()
        self._face: Terminal | Piped = (
            Terminal(settings, self._shown, Words(verbs, words.targets, words.environments), ascii)
            if self._real
            else Piped(settings, self._shown, ascii)
        )

    @property
    def platform(self) -> str:
        """Its name in the configuration."""
        return "console"

    @property
    def limits(self) -> Limits:
        """A terminal takes everything, but nobody reads faster than this."""
        return Limits(
            max_text=100_000,
            max_buttons=9,
            min_edit_interval=timedelta(milliseconds=200),
            tick=timedelta(seconds=1) if self._real else None,
        )

    @property
    def failed(self) -> bool:
        """True where a piped session should end with status 1: a run or a command did not succeed, or not yet."""
        return not self._real and (self._refused or self._shown.failed or self._shown.unfinished)

    async def draw(self, address: str, card: RunCard, known: str, key: str) -> str:
        """Show the card; its reference is the run's id."""
        final = self._shown.take(card, posted=not known)
        await self._face.draw(card)
        if final is not None:
            await self._face.finish(final)
        return card.run

    async def say(self, address: str, thread: str, notice: Notice, key: str) -> None:
        """Say the notice; where several runs are under way, in the name of its own. Of a file, where it lies."""
        await self._face.say(await self._kept(notice), self._shown.about(thread))
        final = self._shown.tell(thread) if notice.code.startswith("ended_") else None
        if final is not None:
            await self._face.finish(final)

    async def _kept(self, notice: Notice) -> Notice:
        if notice.document is None or self._settings.files is None:
            return notice
        path = await asyncio.to_thread(kept, self._settings.files, notice.document)
        return replace(notice, rows=(*notice.rows, ("file", path))) if path else notice

    async def listen(self, intake: Intake) -> None:
        """Bring what is typed until the person leaves."""

        async def handle(text: str) -> bool:
            return await self._handle(text, intake)

        await self._face.talk(handle)

    async def probe(self) -> None:
        """Always heard: whoever types sits at the very program that reads."""

    async def _handle(self, text: str, intake: Intake) -> bool:
        """Do what the line says; False where it was the last one."""
        word, _, rest = text.partition(" ")
        if word.lower() in LEAVING:
            return False
        if word.removeprefix("/").lower() in self._demo:
            await self._answer(await self._demo_word(word.removeprefix("/").lower(), rest))
            return True
        intent = self._intent(text)
        await intake.keep(intent)
        for notice in await intake(intent):
            if notice.run:
                self._shown.begin(notice.run)
            if notice.code != Say.BEGUN:
                await self._answer(notice)
        if word.removeprefix("/").lower() == "help" and self._demo:
            rows = tuple((f"/{name}", does) for name, does in self._demo_help().items())
            await self._answer(Notice("demo_words", "In this demo there are also:", rows=rows))
        return True

    def _intent(self, text: str) -> Intent:
        actor = Actor(self.platform, self._settings.account, shown=self._settings.account)
        origin = Origin(self.platform, self._settings.address)
        return inbound(text, actor, origin, f"console:{uuid.uuid4().hex}", self._shown.pressable)

    async def _answer(self, notice: Notice) -> None:
        self._refused = self._refused or notice.tone is Tone.BAD
        await self._face.say(notice, "")

    async def _demo_word(self, word: str, rest: str) -> Notice:
        try:
            return Notice("demo_answer", await self._demo[word](rest.strip()))
        except Exception as error:  # whatever a demo word trips over, a person gets a sentence and no traceback
            return Notice("demo_failed", f"/{word} did not work: {str(error) or type(error).__name__}", Tone.BAD)

    def _demo_help(self) -> dict[str, str]:
        docs = {word: call.__doc__ or "a word of this demo" for word, call in self._demo.items()}
        return {word: doc.strip().splitlines()[0] for word, doc in docs.items()}


def _can_draw() -> bool:
    """True where the output's encoding has the signs that cards are drawn with."""
    try:
        "✓✗●○◌–…▌█░│▸→".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
