"""Taking secrets out of text: every configured value in the shapes it travels in, and tokens known by their
look.

Rules. Spans are looked for in the text as it came, all of them, and replaced together where they overlap: no
order of replacing can leave half of a secret behind. Values shorter than `SHORTEST` are not looked for: six
characters stand in ordinary words, numbers and commit names too often, and a log full of holes hides what
went wrong without hiding anything worth guessing. Text comes line by line, so each line of a secret with
several lines counts for itself, and what a program broke to the width of a page is looked for in lines put together.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

MARK = "[redacted]"
SHORTEST = 6
_CUT_TOKEN = 512
"""How much of a token known by its look may stand at a cut, see `Redactor.clean_cut`."""

_LOOKS = tuple(
    re.compile(pattern)
    for pattern in (
        r"xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{10,}",  # Slack: bot, user, refresh tokens
        r"xapp-[A-Za-z0-9-]{10,}",  # Slack: app-level token
        r"(?<=hooks\.slack\.com/services/)[A-Za-z0-9/]{16,}",  # Slack: incoming webhook
        r"(?<!\d)\d{6,12}:[A-Za-z0-9_-]{35,}",  # Telegram: bot id and its key
        r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{23,30}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}",  # Discord: bot token
        r"gh[a-z]_[A-Za-z0-9]{20,}",  # GitHub: personal, OAuth, app and refresh tokens
        r"github_pat_[A-Za-z0-9_]{20,}",  # GitHub: fine-grained token
        r"(?i:(?<=bearer ))(?=[^\s\"']*\d)[A-Za-z0-9._~+/=-]{12,}",  # a digit tells it from prose
        r"(?i:(?<=authorization: basic ))[A-Za-z0-9+/=_-]{4,}",
        r"(?<=://)[^\s/?#\"'<>]{0,512}:[^\s/?#\"'<>]{0,512}(?=@)",  # scheme://name:password@host
        r"(?i:(?<=https://)|(?<=http://))[^\s/?#\"'<>:@]{1,512}(?=@)",  # https://token@host
    )
)


@dataclass(frozen=True, slots=True, repr=False)
class Redactor:
    """Knows the secrets; `clean` is all it does. Printing it prints none of them."""

    secrets: Iterable[str]
    _shapes: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        known = frozenset(self.secrets)
        shapes = {shape for secret in known for shape in _shapes(secret)}
        object.__setattr__(self, "secrets", known)
        object.__setattr__(self, "_shapes", tuple(sorted(shapes, key=lambda shape: (-len(shape), shape))))

    def __repr__(self) -> str:
        return "Redactor(…)"

    def clean(self, text: str) -> str:
        """The text with `[redacted]` in place of every secret; the very text where there is none."""
        spans = sorted((*self._known(text), *_looks(text)))
        return _without(text, spans) if spans else text

    def clean_lines(self, lines: Sequence[str]) -> tuple[str, ...]:
        """The lines, each clean, and without what goes on in the line below: programs break long lines of output."""
        text = "".join(lines)
        spans = sorted(self._known(text))
        found, start = [], 0
        for line in lines:
            end = start + len(line)
            inside = [(max(a, start) - start, min(b, end) - start) for a, b in spans if a < end and b > start]
            found.append(self.clean(_without(line, inside) if inside else line))
            start = end
        return tuple(found)

    def clean_cut(self, text: str) -> str:
        """As `clean`, for the start of a longer text: drops what could be half of a secret at the cut."""
        longest = max((len(shape) for shape in self._shapes), default=0)
        return self.clean(text)[: -max(longest, _CUT_TOKEN)]

    def _known(self, text: str) -> Iterator[tuple[int, int]]:
        for shape in self._shapes:
            start = text.find(shape)
            while start >= 0:
                yield start, start + len(shape)
                start = text.find(shape, start + 1)


def _looks(text: str) -> Iterator[tuple[int, int]]:
    return (found.span() for look in _LOOKS for found in look.finditer(text))


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with the mark in place of each run of overlapping spans, which come sorted."""
    kept: list[str] = []
    done = 0
    for start, end in spans:
        if start > done or not kept:
            kept += [text[done:start], MARK]
        done = max(done, end)
    return "".join((*kept, text[done:]))


def _shapes(secret: str) -> Iterator[str]:
    """Every shape that a secret is looked for in: whole, and line by line."""
    parts = {secret, *(line.strip() for line in secret.splitlines())}
    for part in parts:
        if len(part.strip()) >= SHORTEST and part not in MARK:
            yield from _escaped(part)
            yield from _encoded(part)


def _escaped(part: str) -> Iterator[str]:
    """As it is, in a URL, in JSON."""
    urls = {quote(part, safe="", errors="replace"), quote(part, errors="replace")}
    urls.add(quote_plus(part, errors="replace"))
    yield part
    yield from urls
    yield from (re.sub("%..", lambda code: code[0].lower(), one) for one in urls)
    for ascii_only in (True, False):
        inside = json.dumps(part, ensure_ascii=ascii_only)[1:-1]
        yield from (inside, inside.replace("/", "\\/"))


def _encoded(part: str) -> Iterator[str]:
    """In base 64: alone, and inside something longer, where each of three alignments has its own middle."""
    raw = part.encode(errors="replace")
    for lead, dropped in ((0, 0), (1, 2), (2, 3)):
        text = base64.b64encode(b"\0" * lead + raw).decode()
        whole_digits = (lead + len(raw)) * 8 // 6
        for middle in (text[dropped:whole_digits], *([text] if lead == 0 else [])):
            if len(middle) >= SHORTEST:
                yield from (middle, middle.replace("+", "-").replace("/", "_"))
