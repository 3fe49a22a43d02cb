"""What is wrong with a configuration: all of it at once, each with its place and what to do.

A rule says *what* is wrong at a *path*; `Problem` adds the file and the line.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.domain.closest import closest
from bot.settings.lines import Path, line_of
from bot.settings.tokens import masked


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something wrong at a path of outrider.toml: what it is, and what to do about it. Two sentences' halves."""

    path: Path
    what: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong, with its place. `line` counts from 1; 0 where there is none, as for an environment variable."""

    file: str
    line: int
    where: str
    what: str
    fix: str

    def __str__(self) -> str:
        """`outrider.toml:12: targets.shop.room: no room is called "opps". Did you mean "ops"?`"""
        place = f"{self.file}:{self.line}" if self.line else self.file
        said = f"{self.where}: {self.what}" if self.where else self.what
        return f"{place}: {said}." + (f" {self.fix}" if self.fix else "")


@dataclass(frozen=True, slots=True)
class Problems:
    """Everything that is wrong, in the order of files and lines."""

    found: tuple[Problem, ...]

    def __str__(self) -> str:
        """One problem a line."""
        return "\n".join(map(str, self.found))


def placed(wrongs: Iterable[Wrong], file: str, lines: Mapping[Path, int]) -> list[Problem]:
    """The problems in the order of their lines, each said once."""
    found = [Problem(file, line_of(lines, one.path), dotted(one.path), one.what, one.fix) for one in wrongs]
    return sorted(dict.fromkeys(found), key=lambda one: (one.line, one.where))


def dotted(path: Path) -> str:
    """The path as people write it: `targets.shop.gates[2].run`, members of arrays counted from 1."""
    shown = ""
    for part in path:
        if isinstance(part, int):
            shown += f"[{part + 1}]"
        else:
            bare = re.fullmatch(r"[A-Za-z0-9_-]+", part)
            shown += f".{part if bare else quoted(part)}"
    return masked(shown.removeprefix("."))


def quoted(value: object) -> str:
    """A value as a sentence may repeat it: no secrets, on one line, without invisible characters, not too long."""
    text = str(value).lower() if isinstance(value, bool) else masked(str(value))
    text = text if text.isprintable() else ascii(text)[1:-1]
    return f'"{text if len(text) <= 60 else text[:59] + "…"}"'


def unknown(path: Path, what: str, word: str, known: Iterable[str]) -> Wrong:
    """A name that is not one of the known ones, with the one that was probably meant."""
    known = sorted(known)
    near = closest(word, known)
    listed = f"Known: {', '.join(known)}." if known else "There is none yet."
    return Wrong(path, f"{what} {quoted(word)}", f"Did you mean {quoted(near)}?" if near else listed)


def shape_wrongs(error: ValidationError, schema: Mapping[str, Any]) -> Iterator[Wrong]:
    """What pydantic found, in our words."""
    for one in error.errors(include_url=False):
        yield _worded(one, schema)


def _worded(error: ErrorDetails, schema: Mapping[str, Any]) -> Wrong:
    path: Path = error["loc"]
    context = error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            return unknown(path, "there is no key", str(path[-1]), _keys(schema, path[:-1]))
        case "missing":
            near = difflib.get_close_matches(str(path[-1]), [str(key) for key in error["input"]], n=1)
            fix = f"Did you mean it by {quoted(near[0])}?" if near else f"Add {quoted(path[-1])}."
            return Wrong(path[:-1], f"{quoted(path[-1])} is missing", fix)
        case "literal_error":
            wanted = str(context["expected"]).replace("'", '"').replace("True", "true")
            return Wrong(path, f"{quoted(error['input'])} is not possible here", f"Write {wanted}.")
        case "value_error":
            what, _, fix = str(context["error"]).partition(": ")
            return Wrong(path, f"{quoted(error['input'])} {what}", f"{fix[:1].upper()}{fix[1:]}." if fix else "")
        case "string_pattern_mismatch":
            return _no_pattern(path, error["input"], str(context["pattern"]))
        case kind:
            return Wrong(path, _PLAIN.get(kind, error["msg"]), _fix(kind, error["input"], context))


def _no_pattern(path: Path, value: object, pattern: str) -> Wrong:
    path = path[:-1] if path[-1:] == ("[key]",) else path
    fixes = {"^/": 'Begin it with "/".'}
    fix = fixes.get(pattern, "Use letters, digits, dots, hyphens and underscores, a letter or digit first.")
    return Wrong(path, f"{quoted(value)} does not have the form of what belongs here", fix)


_PLAIN = {
    "string_type": "text is needed here",
    "int_type": "a whole number is needed here",
    "bool_type": "true or false is needed here",
    "list_type": "a list is needed here",
    "dict_type": "a table is needed here",
    "model_type": "a table is needed here",
    "string_too_short": "nothing stands here",
    "too_short": "nothing stands here",
    "float_type": "a number is needed here",
    "greater_than": "the number is too small",
    "greater_than_equal": "the number is too small",
    "less_than_equal": "the number is too large",
}


def _fix(kind: str, value: object, context: Mapping[str, Any]) -> str:
    match kind:
        case "string_type":
            plain = isinstance(value, int | float) and not isinstance(value, bool)
            return f"Put it in quotes: {quoted(value)}." if plain else "Put it in quotes."
        case "list_type":
            return f"Put it in brackets: [{quoted(value)}]." if isinstance(value, str) else "Put it in brackets."
        case "greater_than":
            return f"It has to be more than {context['gt']:g}."
        case "greater_than_equal":
            return f"{context['ge']} is the least."
        case "less_than_equal":
            return f"{context['le']} is the most."
        case "bool_type" | "int_type" | "float_type":
            return "Write it without quotes." if isinstance(value, str) else ""
        case _:
            return ""


def _keys(schema: Mapping[str, Any], path: Sequence[str | int]) -> list[str]:
    """The keys that a table may have, looked up in the JSON Schema."""
    part: Mapping[str, Any] = schema
    for step in path:
        inner = part.get("items") if isinstance(step, int) else part.get("properties", {}).get(step)
        if inner is None:
            inner = next(iter(part.get("patternProperties", {}).values()), {})
        part = _resolved(inner, schema)
    return list(part.get("properties", {}))


def _resolved(part: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    name = str(part.get("$ref", "")).rpartition("/")[2]
    return {**part, **schema["$defs"][name]} if name else part
