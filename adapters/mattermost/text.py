"""Text that may stand in a Mattermost message: harmless, and nothing but what it says. Pure.

Messages are Markdown. Its signs are escaped with a backslash; what Mattermost makes touchable by itself (@names,
#hashtags, ~channels, :emoji:, addresses) has an invisible word joiner between sign and word, because escapes do
not stop it. `inbound` takes the joiner out of what is copied back.
"""

import re
import unicodedata
from collections.abc import Sequence

JOINER = "\u2060"
_KEPT = "\u200c\u200d"
"""Used inside words of some scripts and inside emoji; they change no direction."""
_SIGNS = re.compile(r"[\\`*_\[\]|<>]")
_FIRST = re.compile(r"^(\d*)([#+-]|(?<=\d)[.)])")
"""What makes a heading or a list of a line that begins with it."""
_TOUCHABLE = re.compile(r"[@#~](?=[\w~@#])|:(?=//|[\w+-]+:)|(?<=\bwww)\.|(?<=\bmailto):", re.IGNORECASE)


def plain(text: str) -> str:
    """The text in one line: no control characters, no invisible or direction-changing ones, no lone surrogates."""
    tame = text if text.isascii() and text.isprintable() else "".join(_tame(one) for one in text)
    return " ".join(tame.split())


def verbatim(line: str) -> str:
    """A line of output: as `plain`, but its spaces stay, and it cannot end the block that it stands in."""
    return "".join(_tame(one) for one in line.expandtabs(4)).rstrip().replace("```", f"``{JOINER}`")


def _tame(one: str) -> str:
    if one.isspace():
        return " "
    kind = unicodedata.category(one)
    if kind == "Cf":
        return one if one in _KEPT else ""
    return "\ufffd" if kind in {"Cc", "Cs", "Cn"} else one


def cut(text: str, most: int) -> str:
    """The text, in one line, in at most that many characters; where it was longer it ends in an ellipsis."""
    line = plain(text)
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def literal(text: str, most: int) -> str:
    """The text so that it is read as it stands; at most twice as long as `most`."""
    joined = _TOUCHABLE.sub(lambda found: found[0] + JOINER, cut(text, most))
    return _FIRST.sub(r"\1\\\2", _SIGNS.sub(lambda found: "\\" + found[0], joined))


def bold(text: str, most: int) -> str:
    """The same, set off."""
    found = literal(text, most)
    return f"**{found}**" if found else ""


def block(lines: Sequence[str], most: int) -> list[str]:
    """Lines of output in a fixed-width block; none where there is nothing to read."""
    shown = [verbatim(one)[:most] for one in lines]
    return ["```text", *shown, "```"] if any(shown) else []
