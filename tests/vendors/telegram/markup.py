"""Telegram's HTML, read as strictly as its server reads it (documented under "Formatting options")."""

import html
import re
from dataclasses import dataclass

TAGS = frozenset({"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre", "blockquote", "span", "a"})
MOST_ENTITIES = 100
LONGEST = 4096
LONGEST_CAPTION = 1024
_TOKEN = re.compile(r"<(?P<end>/?)(?P<tag>[A-Za-z0-9-]*)(?P<rest>[^>]*)(?P<close>>?)")
_TOUCHABLE = re.compile(r"@[A-Za-z0-9_]+|(?<![\w/<>])/[A-Za-z0-9_]+(?![/\w])")


class MarkupError(Exception):
    """`str` is the sentence of the server."""


@dataclass(frozen=True)
class Entity:
    """A styled part of the text; offset and length in characters."""

    tag: str
    offset: int
    length: int


@dataclass(frozen=True)
class Parsed:
    """What people see, and how it is styled."""

    text: str
    entities: tuple[Entity, ...] = ()

    @property
    def units(self) -> int:
        """UTF-16 units."""
        return len(self.text.encode("utf-16-le")) // 2

    @property
    def touchable(self) -> list[str]:
        """Mentions and commands that an app would make touchable: none is looked for in fixed width."""
        fixed = [one for one in self.entities if one.tag in {"code", "pre"}]
        return [
            found[0]
            for found in _TOUCHABLE.finditer(self.text)
            if not any(one.offset <= found.start() < one.offset + one.length for one in fixed)
        ]


def parse(source: str) -> Parsed:
    """The text without its tags. Raises `MarkupError` with the server's own words."""
    text, entities = "", []
    opened: list[tuple[str, int]] = []
    at = 0
    for found in _TOKEN.finditer(source):
        text += html.unescape(source[at : found.start()])
        at = found.end()
        tag, place = found["tag"].lower(), len(source[: found.start()].encode())
        if not found["close"]:
            raise MarkupError(f"Unclosed start tag at byte offset {place}")
        if tag not in TAGS:
            raise MarkupError(f'Unsupported start tag "{tag}" at byte offset {place}')
        if not found["end"]:
            opened.append((tag, len(text)))
            continue
        if not opened or opened[-1][0] != tag:
            raise MarkupError(f'Unmatched end tag at byte offset {place}, expected "</{tag}>"')
        _, begun = opened.pop()
        if len(text) > begun:
            entities.append(Entity(tag, begun, len(text) - begun))
    if opened:
        raise MarkupError(f'Can\'t find end tag corresponding to start tag "{opened[-1][0]}"')
    return Parsed((text + html.unescape(source[at:])).rstrip(), tuple(entities))
