"""A notice: one sentence that stands for itself, with rows or log lines below it where they help."""

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """How a notice should look."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something said once. `code` names the sentence, so that a test can count it without reading it."""

    code: str
    text: str
    tone: Tone = Tone.PLAIN
    rows: tuple[tuple[str, ...], ...] = ()
    """A small table: cells of short text; the first cell of a row is its name."""
    log: tuple[str, ...] = ()
    """Lines of output, shown in a fixed-width block."""
    private: bool = False
    """Only for the one who asked, where the platform can."""
