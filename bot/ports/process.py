"""Commands of the machine: gates, builds, git and wrangler run through here and nowhere else."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

Lines = Callable[[str], None]
"""Takes one line of output, without its line end, stripped of terminal codes and already redacted."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that ended. `status` is the exit status, negative for a signal; `out` is standard output, whole up to
    one MiB, redacted; `tail` the last 40 lines of both outputs, redacted and without terminal codes.
    """

    status: int
    out: str = ""
    tail: tuple[str, ...] = ()
    took: float = 0.0
    """Seconds."""


class Processes(Protocol):
    """Runs commands in process groups of their own."""

    async def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        deadline: timedelta,
        lines: Lines | None = None,
        stdin: bytes = b"",
        cookie: str = "",
    ) -> Ran:
        """Run to the end and report, whatever the exit status was.

        No shell is involved. The child gets exactly `env` (plus PATH, HOME, LANG of the bot's choosing where absent)
        and `stdin`, never a terminal. The whole group is ended (TERM, then KILL) at the deadline, which raises
        `Doubtful`, and on cancellation, before the cancellation goes on; it also dies with the bot. `cookie` marks
        the group so that `ended` finds it again after a restart. A program that is not there raises `Permanent`.
        """
        ...

    async def ended(self, cookie: str) -> None:
        """End what is left of that cookie from an earlier life of the bot, and return once nothing is."""
        ...
