"""Pieces of Slack's rich text: literal text with styles, in which nothing a person wrote can become markup. Pure.

Limits (docs.slack.dev, block-kit reference): 50 blocks in a message, header 150 characters, button text 75, 25 buttons
in a row of actions, 10 elements in a context. All text of a message together is refused from about 13,200 characters
on (`msg_blocks_too_long`, not documented), so everything here is cut well below that.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

Piece = dict[str, Any]
Block = dict[str, Any]

HEADER = 150
BUTTON = 75
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def tame(text: str) -> str:
    """The text in one line, without control characters and without those that turn text around."""
    line = " ".join(text.split())
    return "".join(one for one in line if one not in _TURNING and unicodedata.category(one) not in {"Cc", "Cs"})


def cut(text: str, most: int) -> str:
    """The text, tame, in at most that many characters; where it was longer it ends in an ellipsis."""
    line = tame(text)
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def escaped(text: str) -> str:
    """Text for the places that know markup: the three characters that Slack's mentions and links are made of."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def said(text: str, **style: bool) -> Piece:
    """Literal text; `bold`, `code`, `italic`."""
    return {"type": "text", "text": text, "style": style} if style else {"type": "text", "text": text}


def emoji(name: str) -> Piece:
    """An emoji by its name."""
    return {"type": "emoji", "name": name}


def section(pieces: Sequence[Piece]) -> Piece:
    """Pieces of one paragraph."""
    return {"type": "rich_text_section", "elements": list(pieces)}


def lines(rows: Iterable[Sequence[Piece]]) -> Piece:
    """A paragraph with a line for each row."""
    pieces: list[Piece] = []
    for row in rows:
        pieces += [said("\n"), *row] if pieces else row
    return section(pieces)


def quoted(log: Sequence[str], most: int = 300) -> Piece:
    """Lines of output in a fixed-width block."""
    return {"type": "rich_text_preformatted", "elements": [said("\n".join(_line(one, most) for one in log) or " ")]}


def _line(text: str, most: int) -> str:
    """Like `cut`, but the spaces of output are kept."""
    line = "".join(one if unicodedata.category(one) not in {"Cc", "Cs"} else " " for one in text.rstrip())
    line = "".join(one for one in line if one not in _TURNING)
    return line if len(line) <= most else line[: most - 1] + "…"


def rich(*elements: Piece) -> Block:
    """A block of rich text."""
    return {"type": "rich_text", "elements": list(elements)}


def header(text: str) -> Block:
    """The line on top."""
    return {"type": "header", "text": {"type": "plain_text", "text": cut(text, HEADER) or "–", "emoji": False}}


def context(texts: Iterable[str]) -> Block:
    """Small print, literal."""
    shown = [cut(one, 250) for one in texts]
    return {
        "type": "context",
        "elements": [{"type": "plain_text", "text": one, "emoji": False} for one in shown if one][:10],
    }


def weigh(value: object) -> int:
    """Characters of all the text in a block."""
    match value:
        case dict():
            own = value.get("text") if isinstance(value.get("text"), str) else ""
            more = value.get("title") if isinstance(value.get("title"), str) else ""
            return len(own or "") + len(more or "") + sum(weigh(one) for one in value.values())
        case list():
            return sum(weigh(one) for one in value)
        case _:
            return 0
