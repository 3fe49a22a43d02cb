"""Somebody at a real terminal: the console runs on a pseudo-terminal, and pyte shows what is on the screen."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pexpect
import pyte

ROOT = Path(__file__).parents[3]
DEADLINE = 20.0


class Person:
    """Types, looks, and resizes the window. Waiting is for something on the screen, with a deadline."""

    def __init__(self, rows: int, columns: int, env: Mapping[str, str], command: Sequence[str]) -> None:
        self.raw = ""
        self.screen = pyte.HistoryScreen(columns, rows, history=2000)
        # The terminal answers when the program asks where the cursor is.
        self.screen.write_process_input = self._answer  # type: ignore[method-assign]  # pyte's own way to do it
        self._stream = pyte.Stream(self.screen)
        self._child = pexpect.spawn(
            sys.executable,
            ["-m", *command],
            cwd=str(ROOT),
            env={"TERM": "xterm-256color", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **env},
            dimensions=(rows, columns),
            encoding="utf-8",
            echo=False,
        )

    def _answer(self, data: str) -> None:
        self._child.send(data)

    def look(self) -> list[str]:
        """The screen as it is now."""
        with contextlib.suppress(pexpect.TIMEOUT, pexpect.EOF):
            text = self._child.read_nonblocking(65_536, timeout=0.05)
            self.raw += text
            self._stream.feed(text)
        return [line.rstrip() for line in self.screen.display]

    def wait(self, holds: Callable[[list[str]], bool], deadline: float = DEADLINE) -> list[str]:
        """The screen once that holds; fails with the screen as it is after so many seconds."""
        end = time.monotonic() + deadline
        while not holds(lines := self.look()):
            if time.monotonic() > end:
                raise AssertionError("not seen in time:\n" + "\n".join(lines))
        return lines

    def see(self, text: str, deadline: float = DEADLINE) -> list[str]:
        """The screen once that text stands on it."""
        return self.wait(lambda lines: any(text in line for line in lines), deadline)

    def type(self, text: str, enter: bool = True) -> None:
        """Type a line."""
        self._child.send(text + ("\r" if enter else ""))

    def resize(self, rows: int, columns: int) -> None:
        """Drag the window's corner."""
        self.screen.resize(rows, columns)
        self._child.setwinsize(rows, columns)

    def scrollback(self) -> list[str]:
        """Everything that went off the top, and the screen."""
        above = ["".join(line[at].data for at in range(self.screen.columns)) for line in self.screen.history.top]
        return [line.rstrip() for line in (*above, *self.screen.display)]

    def status(self) -> int | None:
        """The exit status, once the program has ended."""
        with contextlib.suppress(pexpect.TIMEOUT):
            self._child.expect(pexpect.EOF, timeout=DEADLINE)
        self._stream.feed(str(self._child.before))
        self._child.close()
        status: int | None = self._child.exitstatus
        return status

    def leave(self) -> None:
        """Close the terminal, whatever runs in it."""
        self._child.close(force=True)


@contextlib.contextmanager
def person(
    rows: int = 30,
    columns: int = 80,
    env: Mapping[str, str] | None = None,
    args: Sequence[str] = (),
    module: str = "tests.adapters.console.session",
) -> Iterator[Person]:
    """Somebody at a terminal of that size, in which that module runs."""
    one = Person(rows, columns, env or {}, [module, *args])
    try:
        yield one
    finally:
        one.leave()
