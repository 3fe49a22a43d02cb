"""Text as Discord shows it: nothing that somebody else wrote is read as markup, a mention or a link. Pure.

What Discord reads as markup anywhere in a line gets a backslash in front; what it reads so only at the beginning of a
line gets one there. A log stands in a block, where only the block's own end has to be broken.
"""

import re
import unicodedata

_ANYWHERE = re.compile(r"([\\*_~`|<>\[\]@])")
_SHORTCODE = re.compile(r":(?=[\w+~-]+:|//)")
"""The colon that begins an emoji's name, and the one that makes an address a link."""
_AT_START = re.compile(r"^(\d*)([#+.-])")
"""Headings, small print, lists with and without numbers."""
_ESCAPE_CODES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_JOINER = "\u200d"
"""Holds the parts of one emoji together."""
_BREAK = "\u200b"
ELLIPSIS = "…"


def length(text: str) -> int:
    """Characters as Discord counts them: UTF-16 units, at most."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def plain(text: str) -> str:
    """One line without terminal codes and without characters that cannot be seen or that turn text around."""
    words = " ".join(_ESCAPE_CODES.sub("", text).split())
    return "".join(one for one in words if one == _JOINER or unicodedata.category(one) not in {"Cc", "Cf", "Cs"})


def cut(text: str, most: int) -> str:
    """The text, at most so many characters, with a sign where something was left out."""
    if length(text) <= most:
        return text
    kept = text[: max(0, most - 1)]
    while kept and length(kept) > most - 1:
        kept = kept[:-1]
    return kept + ELLIPSIS if most > 0 else ""


def said(text: str, most: int = 1000) -> str:
    """Somebody's words inside a line: cut first, so that no backslash loses what it stands for."""
    safe = _SHORTCODE.sub(r"\\:", _ANYWHERE.sub(r"\\\1", cut(plain(text), most)))
    return _AT_START.sub(r"\1\\\2", safe)


def code(text: str, most: int = 100) -> str:
    """A short word in fixed width; a backtick in it would end it."""
    word = cut(plain(text), most).replace("`", "'")
    return f"`{word}`" if word else ""


def block(lines: list[str]) -> str:
    """Lines of output in fixed width."""
    clean = [plain_log(line).replace("```", f"`{_BREAK}`{_BREAK}`") for line in lines]
    return "```\n" + "\n".join(clean) + "\n```"


def plain_log(line: str) -> str:
    """A line of output with its own spaces, and without what a terminal would obey."""
    kept = _ESCAPE_CODES.sub("", line.rstrip()).expandtabs(4)
    return "".join(one for one in kept if unicodedata.category(one) not in {"Cc", "Cf", "Cs"})
