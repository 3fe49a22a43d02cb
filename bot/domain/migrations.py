"""May these migrations be applied: numbered in sequence, and nothing lost that nobody has agreed to lose.

What destroys: `DROP TABLE`, `ALTER TABLE … DROP` and `… RENAME` (the release before still asks for the old
name), `TRUNCATE`, and `DELETE` without a condition. An index, a view or a trigger may be dropped, as they
hold no data. A file agrees for itself with a comment of its own, and says why:

    -- outrider: destructive-ok the column was copied to accounts in 0012

SQL is read by words, not by patterns over text: comments, strings and quoted names are one piece each, so
that what they contain is never taken for a statement, nor a statement for what they contain. The forms are
SQLite's.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.values import Mark, Verdict

NAMED = 3
"""Problems that the reason spells out; the rest is counted."""

_NUMBER = re.compile(r"(\d+)_")
_AGREED = re.compile(r"--\s*outrider:\s*destructive-ok\b[ \t]*(.*)", re.DOTALL)
_PIECE = re.compile(
    r"""
    (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<quoted>'[^']*(?:''[^']*)*'|"[^"]*(?:""[^"]*)*"|`[^`]*(?:``[^`]*)*`|\[[^\]]*\])
    | (?P<unclosed>['"`\[])
    | (?P<word>\w[\w$]*)
    | (?P<sign>\S)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A word (upper case), a quoted name or string, a sign or a comment. `line` counts from 1."""

    kind: str
    text: str
    line: int


def stays(database: str) -> str:
    """What a rollback of versions does to a database: nothing."""
    return f"migrations of {database} stay applied"


def judge_migrations(pending: Sequence[str], files: Mapping[str, str]) -> Verdict:
    """PASS where every pending migration may be applied, else FAIL with file and line of what stands in the
    way.

    `files` are all migrations of the checkout, name -> SQL; `pending` are the names of those that the
    database has not seen. A pending one that is not in the checkout is ERROR: it cannot be looked at.
    """
    absent = [name for name in pending if name not in files]
    if absent:
        return Verdict(Mark.ERROR, f"pending but not in the checkout: {', '.join(absent)}")
    found = [
        *_misnumbered(pending, files),
        *(one for name in pending for one in _destroys(name, files[name])),
    ]
    if not found:
        return Verdict(Mark.PASS)
    more = len(found) - NAMED
    return Verdict(Mark.FAIL, "; ".join(found[:NAMED]) + (f"; and {more} more" if more > 0 else ""))


def _misnumbered(pending: Sequence[str], files: Mapping[str, str]) -> Iterator[str]:
    """Names without a number, numbers used twice or left out, and a pending one below an applied one."""
    numbers = {name: int(match[1]) for name in sorted(files) if (match := _NUMBER.match(name))}
    yield from (f"{name} has no number: call it like 0001_{name}" for name in sorted(files.keys() - numbers.keys()))
    ordered = sorted(numbers, key=lambda name: (numbers[name], name))
    for before, after in itertools.pairwise(ordered):
        if numbers[after] == numbers[before]:
            yield f"{before} and {after} have the same number"
        elif numbers[after] > numbers[before] + 1:
            yield f"there is no migration between {before} and {after}: number them without a gap"
    applied = [name for name in ordered if name not in pending]
    late = [name for name in ordered if name in pending and applied and numbers[name] < numbers[applied[-1]]]
    yield from (f"{name} comes before {applied[-1]}, which is applied already: give it a new number" for name in late)


def _destroys(name: str, sql: str) -> Iterator[str]:
    """What in one file destroys, as `file line n: what`; nothing where the file agrees and says why."""
    read = list(pieces(sql))
    reasons = [match[1].strip() for one in read if one.kind == "comment" and (match := _AGREED.match(one.text))]
    yield from (f"{name} line {one.line}: a quote is never closed" for one in read if one.kind == "unclosed")
    if any(reasons):
        return
    hint = "say why after destructive-ok" if reasons else "agree with a comment `-- outrider: destructive-ok why`"
    for statement in _statements(read):
        for line, what in _losses(statement):
            yield f"{name} line {line}: {what} ({hint})"


def pieces(sql: str) -> Iterator[Piece]:
    """The text in pieces, in order, white space left out; ends at a quote that is never closed."""
    line, at = 1, 0
    for match in _PIECE.finditer(sql):
        line, at = line + sql.count("\n", at, match.start()), match.start()
        kind = match.lastgroup or "sign"
        yield Piece(kind, match[0].upper() if kind == "word" else match[0], line)
        if kind == "unclosed":
            return


def _statements(read: Sequence[Piece]) -> Iterator[list[Piece]]:
    """What stands between semicolons, without comments. The body of a trigger comes out statement by
    statement.
    """
    statement: list[Piece] = []
    for one in read:
        if one.text == ";" and one.kind == "sign":
            yield statement
            statement = []
        elif one.kind != "comment":
            statement.append(one)
    yield statement


def _losses(statement: Sequence[Piece]) -> Iterator[tuple[int, str]]:
    """Line and name of each destructive thing in one statement."""
    words = [one.text if one.kind == "word" else "" for one in statement]
    if words[:1] == ["TRUNCATE"]:
        yield statement[0].line, "TRUNCATE"
    yield from _altered(statement, words)
    for at, pair in enumerate(itertools.pairwise(words)):
        if pair == ("DROP", "TABLE"):
            yield statement[at].line, "DROP TABLE"
        if pair == ("DELETE", "FROM") and not _has_condition(statement[at:]):
            yield statement[at].line, "DELETE without WHERE"


def _altered(statement: Sequence[Piece], words: Sequence[str]) -> Iterator[tuple[int, str]]:
    """`ALTER TABLE name` or `ALTER TABLE schema.name`, and then the verb: names may be any word, verbs may
    not.
    """
    if words[:2] != ["ALTER", "TABLE"]:
        return
    at = 5 if [one.text for one in statement[3:4]] == ["."] else 3
    verb = words[at] if at < len(words) else ""
    if verb == "DROP":
        yield statement[at].line, "DROP COLUMN"
    elif verb == "RENAME":
        yield statement[at].line, "ALTER … RENAME"


def _has_condition(deletion: Sequence[Piece]) -> bool:
    """True where a WHERE of its own (not one inside brackets) says more than "always"."""
    depth = 0
    for at, one in enumerate(deletion):
        depth += {"(": 1, ")": -1}.get(one.text, 0) if one.kind == "sign" else 0
        if depth == 0 and one.kind == "word" and one.text == "WHERE":
            return "".join(rest.text for rest in deletion[at + 1 :]) not in ("", "1", "TRUE", "1=1", "1==1")
    return False
