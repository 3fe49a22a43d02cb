"""What a person typed, word by word: the line made clean, and the reading of one word of each kind.

Nothing a person typed gets further than this without having a known form. A refusal of `BAD_WORD` says in
`kind` which form was missed: a `Kind`, `character` (one that cannot be seen, or that turns text around),
`line` (more than one) or `twice`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TypeAlias

from bot.domain.refusal import Code, Refusal
from bot.domain.spans import read_span
from bot.domain.targets import Estate, Strategy
from bot.domain.values import RunId
from bot.domain.verbs import Kind

LONGEST_LINE = 500
"""Characters of a command. The longest ref with the longest names fits."""
_SHOWN = 40
"""Characters of a word that a refusal repeats."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", re.ASCII)
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/+@#-]{0,199}", re.ASCII)
_NO_REF = re.compile(r"\.\.|//|/\.|@\{|[./]$|\.lock(/|$)")
_RELEASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{3,63}", re.ASCII)
_RUN = re.compile(r"#?([0-9a-hj-km-np-tv-z]{8})", re.ASCII)
_WEIGHT = re.compile(r"(\d{1,3})%?", re.ASCII)
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_LIKE_TIME = re.compile(r"\d+([dhms:]|[-T]\d|$)", re.ASCII | re.IGNORECASE)
_ADDRESSED = re.compile(r"^(?:<@[!&]?\w+(?:\|[^>]*)?>|@[\w.-]+)[,:]?(?:\s+|$)")
_JOINERS = "\u200c\u200d"
"""Used inside words of some scripts and inside emoji; they change no direction."""

Word: TypeAlias = str | int | datetime | tuple[str, ...]
"""What a word was read as: text, number, time or names."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the reading of a word may lean on: the estate's names, and the time it is."""

    estate: Estate
    now: datetime

    @property
    def targets(self) -> frozenset[str]:
        """Names of all targets."""
        return frozenset(target.name for target in self.estate.targets)

    @property
    def environments(self) -> frozenset[str]:
        """Names of all environments, of whichever target."""
        return frozenset(one.name for target in self.estate.targets for one in target.environments)

    @property
    def components(self) -> frozenset[str]:
        """Names of all components, of whichever target."""
        return frozenset(one.name for target in self.estate.targets for one in target.components)


def clean(text: str) -> str | Refusal:
    """The line without its addressee, its words one space apart; refused where it is no plain line."""
    line = text.strip(" \t\r\n")
    if len(line) > LONGEST_LINE:
        return Refusal(Code.TOO_LONG, {"limit": str(LONGEST_LINE)})
    if any(mark in line for mark in "\r\n\u2028\u2029\x0b\x0c\x85"):
        return Refusal(Code.BAD_WORD, {"word": shown(line.split()[0]) if line.split() else "", "kind": "line"})
    hidden = next((one for one in line if _hidden(one)), None)
    if hidden is not None:
        return Refusal(Code.BAD_WORD, {"word": f"U+{ord(hidden):04X}", "kind": "character"})
    return " ".join(_ADDRESSED.sub("", line, count=1).split())


def _hidden(one: str) -> bool:
    return unicodedata.category(one) in {"Cc", "Cf", "Cs"} and one not in _JOINERS + "\t"


def shown(word: str) -> str:
    """The word as a refusal may repeat it: not too long, and without what cannot be seen."""
    seen = "".join(one for one in word if not _hidden(one))
    return seen if len(seen) <= _SHOWN else seen[: _SHOWN - 1] + "…"


def like_time(word: str) -> bool:
    """True for a word that was probably meant as a time or a span, well formed or not."""
    return _LIKE_TIME.match(word) is not None


def same_name(word: str, names: Iterable[str]) -> str:
    """The one name that differs from the word in case alone (phones write capitals), else the word."""
    names = frozenset(names)
    found = [name for name in names if name.casefold() == word.casefold()]
    return found[0] if len(found) == 1 and word not in names else word


def bad_word(word: str, kind: str) -> Refusal:
    """The refusal of a word that has not the form of its kind."""
    return Refusal(Code.BAD_WORD, {"word": shown(word), "kind": kind})


def read(kind: Kind, word: str, known: Known) -> Word | Refusal:
    """The word's value as its kind has it, or why it is no word of that kind."""
    match kind:
        case Kind.ENVIRONMENT:
            return _name(word, kind, known.environments)
        case Kind.TARGET:
            return _name(word, kind, known.targets)
        case Kind.COMPONENTS:
            return _components(word, known.components)
        case Kind.TIME:
            return _until(word, known.now)
        case Kind.REASON:
            return word
        case Kind.REF | Kind.RELEASE | Kind.RUN | Kind.WEIGHT | Kind.STRATEGY:
            return _PLAIN[kind](word)


def _name(word: str, kind: Kind, names: frozenset[str]) -> Word | Refusal:
    return same_name(word, names) if _NAME.fullmatch(word) else bad_word(word, kind)


def _components(word: str, known: frozenset[str]) -> Word | Refusal:
    names = word.split(",")
    if not all(_NAME.fullmatch(name) for name in names):
        return bad_word(word, Kind.COMPONENTS)
    return tuple(dict.fromkeys(same_name(name, known) for name in names))


def _ref(word: str) -> Word | Refusal:
    fits = _REF.fullmatch(word) and not _NO_REF.search(word)
    return word if fits else Refusal(Code.BAD_REF, {"word": shown(word)})


def _release(word: str) -> Word | Refusal:
    return word if _RELEASE.fullmatch(word) else bad_word(word, Kind.RELEASE)


def _run(word: str) -> Word | Refusal:
    """Crockford's reading: case does not matter, and letters that look like digits are digits."""
    match = _RUN.fullmatch(word.lower().translate(str.maketrans("ilo", "110")))
    return RunId(match[1]) if match else bad_word(word, Kind.RUN)


def _weight(word: str) -> Word | Refusal:
    match = _WEIGHT.fullmatch(word)
    fits = match is not None and int(match[1]) <= 100
    return int(match[1]) if match and fits else Refusal(Code.BAD_WEIGHT, {"word": shown(word)})


def _strategy(word: str) -> Word | Refusal:
    return Strategy.DIRECT.value if word.casefold() == Strategy.DIRECT else bad_word(word, Kind.STRATEGY)


_PLAIN: Mapping[Kind, Callable[[str], Word | Refusal]] = MappingProxyType(
    {Kind.REF: _ref, Kind.RELEASE: _release, Kind.RUN: _run, Kind.WEIGHT: _weight, Kind.STRATEGY: _strategy}
)


def _until(word: str, now: datetime) -> Word | Refusal:
    try:
        when = _time(word, now)
    except (ValueError, OverflowError):
        when = None
    if when is None or when <= now:
        return Refusal(Code.BAD_TIME, {"word": shown(word)})
    return when


def _time(word: str, now: datetime) -> datetime:
    """A span from now, the next time the clock shows this, or a date; in UTC where no zone is said."""
    span = read_span(word)
    if span is not None:
        return now + span
    clock = _CLOCK.fullmatch(word)
    if clock:
        today = now.astimezone(UTC).replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
        return today if today > now else today + timedelta(days=1)
    when = datetime.fromisoformat(word.upper())
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
