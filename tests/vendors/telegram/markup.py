"""Telegram's HTML, read as strictly as its server reads it (documented under "Formatting options").

Tags that the bot has no use for are refused like unknown ones. Of named entities the server knows four; any other
stays as it was written.
"""

import re
from dataclasses import dataclass

TAGS = frozenset({"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre", "blockquote"})
ALONE = frozenset({"code", "pre"})
"""Nothing is styled within these, nor are they within anything else; the server drops the other style in silence."""
MOST_ENTITIES = 100
LONGEST = 4096
LONGEST_CAPTION = 1024
_TOKEN = re.compile(r"<(?P<end>/?)(?P<tag>[A-Za-z0-9-]*)(?P<rest>[^>]*)(?P<close>>?)")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_ENTITY = re.compile(r"&(?:#x(?P<hex>[0-9a-fA-F]{1,6})|#(?P<number>[0-9]{1,7})|(?P<name>lt|gt|amp|quot));?")
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
    def dropped(self) -> int:
        """Styles that the server leaves out without a word: those beyond the hundredth, and those about fixed width."""
        fixed = [one for one in self.entities if one.tag in ALONE]
        crossed = sum(one is not other and _overlap(one, other) for one in fixed for other in self.entities)
        return max(0, len(self.entities) - MOST_ENTITIES) + crossed

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


def _overlap(one: Entity, other: Entity) -> bool:
    return one.offset < other.offset + other.length and other.offset < one.offset + one.length


def decoded(text: str) -> str:
    """Without entities, as far as the server knows them."""
    return _ENTITY.sub(_sign, text)


def _sign(found: re.Match[str]) -> str:
    if found["name"]:
        return _NAMED[found["name"]]
    code = int(found["hex"], 16) if found["hex"] else int(found["number"])
    return chr(code) if 0 < code < 0x110000 else found[0]


def parse(source: str) -> Parsed:
    """The text without its tags. Raises `MarkupError` with the server's own words."""
    text, entities = "", []
    opened: list[tuple[str, int]] = []
    at = 0
    for found in _TOKEN.finditer(source):
        text += decoded(source[at : found.start()])
        at = found.end()
        tag, place = found["tag"].lower(), len(source[: found.start()].encode())
        if not found["close"]:
            raise MarkupError(f"Unclosed start tag at byte offset {place}")
        if tag not in TAGS:
            raise MarkupError(f'Unsupported start tag "{tag}" at byte offset {place}')
        if not found["end"]:
            opened.append((tag, len(text)))
            continue
        if not opened:
            raise MarkupError(f"Unexpected end tag at byte offset {place}")
        if opened[-1][0] != tag:
            raise MarkupError(
                f'Unmatched end tag at byte offset {place}, expected "</{opened[-1][0]}>", found "</{tag}>"'
            )
        _, begun = opened.pop()
        if len(text) > begun:
            entities.append(Entity(tag, begun, len(text) - begun))
    if opened:
        raise MarkupError(f'Can\'t find end tag corresponding to start tag "{opened[-1][0]}"')
    return Parsed((text + decoded(source[at:])).rstrip(), tuple(entities))
