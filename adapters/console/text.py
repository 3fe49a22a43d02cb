"""Text that may stand on a terminal: harmless, and measured in columns.

Whatever a person, a commit or a program wrote is made harmless first: no control characters (so no escape
sequences), no invisible and no direction-changing ones. Joiners, variation selectors and skin tones go too, because
terminals disagree about the width of what they join; without them every terminal agrees, and columns stay columns.
"""

import unicodedata
from collections.abc import Iterator

from wcwidth import wcwidth

MOST_MARKS = 2
"""Combining marks kept on one letter; more would only grow into the lines above and below."""
_SPACES = {ord(sign): " " for sign in "\t\n\r\v\f\x85\u00a0\u2028\u2029"}
_DROPPED = {ord(sign): None for sign in "\ufe0e\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"}
_ASCII = str.maketrans(
    {"→": "->", "←": "<-", "…": "...", "–": "-", "—": "-", "·": "-", "“": '"', "”": '"', "‘": "'", "’": "'", "×": "x"}
)


def plain(text: str, ascii: bool = False) -> str:
    """The text in one line, harmless; with `ascii`, in ASCII alone."""
    tame = "".join(_tame(text.translate(_SPACES).translate(_DROPPED)))
    if ascii:
        folded = unicodedata.normalize("NFKD", tame.translate(_ASCII))
        letters = "".join(sign for sign in folded if not unicodedata.combining(sign))
        return letters.encode("ascii", "replace").decode("ascii")
    return tame


def _tame(text: str) -> Iterator[str]:
    marks = 0
    for sign in text:
        kind = unicodedata.category(sign)
        if kind == "Cf":
            continue
        if kind[0] == "C" or wcwidth(sign) < 0:
            yield "\ufffd"
        marks = marks + 1 if kind[0] == "M" else 0
        if kind[0] != "C" and wcwidth(sign) >= 0 and marks <= MOST_MARKS:
            yield sign


def columns(text: str) -> int:
    """How many columns the text takes, at most, on any terminal."""
    return sum(max(0, wcwidth(sign)) for sign in text)


def cut(text: str, most: int, ellipsis: str = "…") -> str:
    """The text in at most that many columns; where it was longer it ends in the ellipsis."""
    if columns(text) <= most:
        return text
    room = most - columns(ellipsis)
    return _head(text, room).rstrip() + ellipsis if room >= 0 else ""


def _head(text: str, room: int) -> str:
    taken = 0
    for at, sign in enumerate(text):
        taken += max(0, wcwidth(sign))
        if taken > room:
            return text[:at]
    return text


def pad(text: str, wanted: int) -> str:
    """The text with spaces behind it, so that it takes that many columns at least."""
    return text + " " * max(0, wanted - columns(text))


def wrap(text: str, most: int) -> list[str]:
    """The text in lines of at most that many columns, broken at spaces where there are any; at least one line."""
    lines: list[str] = []
    rest = text.strip()
    while columns(rest) > most:
        head = _head(rest, most) or rest[:1]
        space = head.rfind(" ") if rest[len(head) : len(head) + 1] != " " else len(head)
        at = space if space > most // 3 else len(head)
        lines.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    return [*lines, rest] if rest or not lines else lines
