"""The console in a real terminal: cards of runs under way stay above the input line and are redrawn in place.

Everything that is final (what was typed, notices, a run's last card) is printed above them and stays in the terminal's
own scrollback. The application is not full-screen, so scrolling, searching and copying are the terminal's.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from prompt_toolkit.application import Application, run_in_terminal
from prompt_toolkit.application.current import set_app
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.input import create_input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import (
    BufferControl,
    CompletionsMenu,
    ConditionalContainer,
    Dimension,
    Float,
    FloatContainer,
    FormattedTextControl,
    HSplit,
    Layout,
    Window,
)
from prompt_toolkit.layout.processors import AppendAutoSuggestion, BeforeInput
from prompt_toolkit.output import ColorDepth, create_output
from prompt_toolkit.renderer import print_formatted_text
from prompt_toolkit.styles import Style

from adapters.console.completing import Completing, Words, hint
from adapters.console.render import Line, Numbers, brief, buttons, render, render_notice, tight
from adapters.console.settings import Settings
from adapters.console.shown import Shown
from adapters.console.text import columns, cut, plain
from bot.view.card import RunCard
from bot.view.notice import Notice

WIDEST = 100
"""Lines longer than that are hard to read, however wide the terminal is."""
AGAIN = "Ctrl-C again leaves"
Draw = Callable[[RunCard, int, bool, Numbers], list[Line]]
STYLE = Style.from_dict(
    {
        "passed": "ansigreen",
        "failed": "ansired",
        "running": "ansicyan",
        "waiting": "ansiyellow",
        "unsure": "ansiyellow",
        "skipped": "ansibrightblack",
        "dim": "ansibrightblack",
        "log": "ansibrightblack",
        "title": "bold",
        "state": "bold",
        "subject": "",
        "button": "reverse",
        "primary": "ansigreen reverse",
        "danger": "ansired reverse",
        "canary": "ansiyellow",
        "baseline": "ansibrightblack",
        "typed": "bold",
        "prompt": "ansicyan bold",
        "auto-suggestion": "ansibrightblack",
    }
)


class Terminal:
    """One application for the whole session; lines are handled one after another behind it."""

    def __init__(self, settings: Settings, shown: Shown, words: Words, ascii: bool) -> None:
        self._shown = shown
        self._ascii = ascii
        self._words = words
        self._typed: asyncio.Queue[str | None] = asyncio.Queue()
        self._interrupted = False
        self._buffer = Buffer(
            completer=Completing(words),
            history=_history(settings),
            auto_suggest=AutoSuggestFromHistory(),
            multiline=False,
            accept_handler=self._accept,
            on_text_changed=self._forget_interrupt,
        )
        self._app: Application[None] = Application(
            layout=self._layout(),
            key_bindings=self._keys(),
            style=STYLE,
            erase_when_done=True,
            input=create_input(),
            output=create_output(),
            color_depth=None if settings.color else ColorDepth.DEPTH_1_BIT,
        )

    async def talk(self, handle: Callable[[str], Awaitable[bool]]) -> None:
        """Hand on each line until one says that it was the last, or the person leaves."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._handle_all(handle))
            try:
                await self._app.run_async()
            except EOFError:
                pass  # the terminal went away
            finally:
                self._typed.put_nowait(None)

    async def draw(self, card: RunCard) -> None:
        """Live cards are redrawn."""
        self._app.invalidate()

    async def finish(self, card: RunCard) -> None:
        """The card goes into the scrollback; its buttons stay above the input line."""
        lines = render(card, self._width, self._ascii, numbers={})
        await self._show([(), *lines], lambda: self._shown.printed(card.run))

    async def say(self, notice: Notice, about: str) -> None:
        """The notice, above the cards."""
        await self._show(render_notice(notice, self._width, self._ascii, about))

    async def _handle_all(self, handle: Callable[[str], Awaitable[bool]]) -> None:
        while (text := await self._typed.get()) is not None:
            await self._show([(), (("prompt", self._prompt), ("typed", plain(text, self._ascii)))])
            if not await handle(text):
                break
        if self._app.is_running and not self._app.is_done:
            self._app.exit()

    def _accept(self, buffer: Buffer) -> bool:
        if buffer.text.strip():
            self._typed.put_nowait(buffer.text.strip())
        return False

    def _forget_interrupt(self, buffer: Buffer) -> None:
        self._interrupted = False

    # ---- the screen

    @property
    def _width(self) -> int:
        return min(WIDEST, self._app.output.get_size().columns)

    @property
    def _prompt(self) -> str:
        return "> " if self._ascii else "▸ "

    async def _show(self, lines: Sequence[Line], then: Callable[[], None] = lambda: None) -> None:
        """Print above the cards; `then` is called before they are drawn again."""
        text = FormattedText([span for line in lines for span in (*_styled(line), ("", "\n"))])

        def show() -> None:
            print_formatted_text(self._app.output, text, STYLE, color_depth=self._app.color_depth)
            then()

        with set_app(self._app):
            await run_in_terminal(show)

    def _layout(self) -> Layout:
        cards = Window(FormattedTextControl(self._cards), dont_extend_height=True, wrap_lines=False)
        typed = Window(
            BufferControl(self._buffer, [BeforeInput(self._prompt, style="class:prompt"), AppendAutoSuggestion()]),
            height=self._input_height,
            dont_extend_height=True,
        )
        below = Window(FormattedTextControl(self._hint), height=1, dont_extend_height=True)
        menu = Float(CompletionsMenu(max_height=8), xcursor=True, ycursor=True)
        body = HSplit([ConditionalContainer(cards, Condition(lambda: bool(self._shown_lines()))), typed, below])
        return Layout(FloatContainer(body, [menu]), focused_element=typed)

    def _input_height(self) -> Dimension:
        """One line; more while completions are listed, so that they have room."""
        return Dimension(min=9) if self._buffer.complete_state else Dimension.exact(1)

    def _hint(self) -> FormattedText:
        words = AGAIN if self._interrupted else hint(self._buffer.text, self._words)
        size = self._app.output.get_size().columns
        return FormattedText([("class:dim", cut(plain(f"  {words}", self._ascii), size - 1))])

    def _cards(self) -> FormattedText:
        lines = self._shown_lines()
        spans = [span for line in lines for span in (("", "\n"), *_styled(line))]
        return FormattedText(spans[1:])

    def _shown_lines(self) -> list[Line]:
        """The cards of runs under way as large as there is room for, then the buttons of ended ones."""
        room = self._app.output.get_size().rows - 3
        below: list[Line] = self._standing() or ([()] if self._shown.live else [])
        for draw in (render, tight):
            whole = [*self._live(draw), *below]
            if len(whole) <= room:
                return whole
        return [*self._live(brief), *below][: max(1, room)]

    def _live(self, draw: Draw) -> list[Line]:
        numbers = self._shown.numbers
        return [line for card in self._shown.live for line in ((), *draw(card, self._width, self._ascii, numbers))]

    def _standing(self) -> list[Line]:
        lines: list[Line] = []
        for card in self._shown.standing:
            title = cut(plain(card.title, self._ascii), self._width // 2)
            room = self._width - columns(title) - 2
            for at, line in enumerate(buttons(card.buttons, room, self._shown.numbers, self._ascii)):
                lines.append((("dim", title if at == 0 else " " * columns(title)), ("", "  "), *line))
        return [(), *lines, ()] if lines else []

    # ---- the keys

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()

        @keys.add("c-c")
        def interrupt(event: KeyPressEvent) -> None:
            if self._interrupted and not self._buffer.text:
                event.app.exit()
                return
            self._buffer.reset()
            self._interrupted = True

        @keys.add("c-d", filter=Condition(lambda: not self._buffer.text))
        def leave(event: KeyPressEvent) -> None:
            event.app.exit()

        @keys.add("tab")
        def complete(_: KeyPressEvent) -> None:
            if self._buffer.complete_state:
                self._buffer.complete_next()
            else:
                self._buffer.start_completion(insert_common_part=True)

        return keys


def _history(settings: Settings) -> History:
    return FileHistory(str(settings.history)) if settings.history else InMemoryHistory()


def _styled(line: Line) -> list[tuple[str, str]]:
    return [(f"class:{style}" if style else "", text) for style, text in line]
