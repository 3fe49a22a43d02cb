"""Text that may stand in a Telegram message: harmless, escaped, measured as Telegram measures it. Pure.

Telegram counts UTF-16 units of what is left once the tags are read, and 100 entities at most. What it would make
touchable by itself is kept from it: an `@name` would notify somebody, and a touched `/command` would be sent in the
name of whoever touched it. A word joiner, which nobody sees, stands between sign and word; `inbound` takes it out
of what is copied back.
"""

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

JOINER = "\u2060"
_KEPT = "\u200c\u200d"
"""Used inside words of some scripts and inside emoji; they change no direction."""
_TOUCHABLE = re.compile(r"@(?=\w)|(?<![\w/<])/(?=\w)")


@dataclass(frozen=True, slots=True)
class Span:
    """Text in one style: an HTML tag, or none."""

    text: str
    tag: str = ""


Line = tuple[Span, ...]


def plain(text: str) -> str:
    """The text in one line: no control characters, no invisible or direction-changing ones, no lone surrogates."""
    return " ".join("".join(_tame(one) for one in text).split())


def verbatim(line: str) -> str:
    """A line of output: as `plain`, but its spaces stay."""
    return "".join(_tame(one) for one in line.expandtabs(4)).rstrip()


def _tame(one: str) -> str:
    if one.isspace():
        return " "
    kind = unicodedata.category(one)
    if kind == "Cf":
        return one if one in _KEPT else ""
    return "\ufffd" if kind in {"Cc", "Cs", "Cn"} else one


def units(text: str) -> int:
    """Its length as Telegram counts it."""
    return sum(2 if ord(one) > 0xFFFF else 1 for one in text)


def cut(text: str, most: int) -> str:
    """The text in at most that many units; where it was longer it ends in an ellipsis."""
    if units(text) <= most:
        return text
    taken = 0
    for at, one in enumerate(text):
        taken += units(one)
        if taken > most - 1:
            return f"{text[:at].rstrip()}…"
    return text


def length(lines: Sequence[Line]) -> int:
    """Units of these lines in a message, line ends included."""
    return sum(units(_safe(span)) for line in lines for span in line) + len(lines)


def to_html(lines: Sequence[Line]) -> str:
    """The lines as Telegram's HTML."""
    return "\n".join("".join(_tagged(span) for span in line) for line in lines)


def _tagged(span: Span) -> str:
    text = html.escape(_safe(span), quote=False)
    return f"<{span.tag}>{text}</{span.tag}>" if span.tag and text else text


def _safe(span: Span) -> str:
    """Nothing touchable; in fixed width Telegram looks for nothing."""
    return span.text if span.tag in {"code", "pre"} else _TOUCHABLE.sub(lambda found: found[0] + JOINER, span.text)
