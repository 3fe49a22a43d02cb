"""What the keys of gates say together and cannot both mean."""

import re
import warnings
from collections.abc import Iterator
from functools import cache
from zoneinfo import available_timezones

from bot.domain.closest import closest
from bot.settings.lines import Path
from bot.settings.problems import Wrong, quoted
from bot.settings.raw import Raw, members, table, text, texts
from bot.settings.shape import KINDS_OF_GATE
from bot.settings.words import words

_CLASS = re.compile(r"\[:[a-z]+:\]")
_BROKEN = ("missing ), unterminated subpattern", "unbalanced parenthesis", "unterminated character set")


def gate_wrongs(place: Path, target: Raw) -> Iterator[Wrong]:
    """Everything that is wrong in the gates of a target."""
    for at, gate in members(target.get("gates")):
        here: Path = (*place, "gates", at)
        yield from _kind(here, gate)
        yield from _command_and_pattern(here, gate)
        yield from _zone((*here, "calendar", "zone"), text(table(gate.get("calendar")).get("zone")))
        yield from _nothing_to_look_at(here, gate, target)


def _kind(here: Path, gate: Raw) -> Iterator[Wrong]:
    kinds = [kind for kind in KINDS_OF_GATE if kind in gate]
    if not kinds:
        yield Wrong(here, "the gate says no kind", f"Add one of {', '.join(KINDS_OF_GATE)}.")
    elif len(kinds) > 1:
        yield Wrong(here, f"the gate has {len(kinds)} kinds: {', '.join(kinds)}", "Write a gate for each of them.")
    for key, kind in (("deadline", "run"), ("paths", "forbid")):
        if key in gate and kind not in gate:
            yield Wrong((*here, key), f'it belongs to a gate with "{kind}"', "Leave it out.")


def _command_and_pattern(here: Path, gate: Raw) -> Iterator[Wrong]:
    run, forbid = text(gate.get("run")), text(gate.get("forbid"))
    if run and not words(run):
        yield Wrong((*here, "run"), "its quotes do not close, or it is empty", "Write it as in a shell.")
    if forbid and not _closes(forbid):
        yield Wrong(
            (*here, "forbid"), f"{quoted(forbid)} has a bracket that does not close", "Close it, or put \\ before it."
        )
    for key in ("paths", "branches"):
        bad = [one for one in texts(gate.get(key)) if one.startswith("-")]
        if bad:
            yield Wrong((*here, key), f"{quoted(bad[0])} begins with a hyphen", "Leave the hyphen out.")


def _closes(pattern: str) -> bool:
    """False for brackets that do not close. All else is for git: its expressions are not Python's."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns of sets that are fine in git's syntax.
            re.compile(_CLASS.sub("a", pattern))
    except re.error as error:
        return not str(error.msg).startswith(_BROKEN)
    except (OverflowError, RecursionError):
        return False
    return True


def _zone(path: Path, zone: str) -> Iterator[Wrong]:
    if zone and zone not in _zones():
        near = closest(zone, _zones())
        fix = f"Did you mean {quoted(near)}?" if near else "Write it like Europe/Berlin or UTC."
        yield Wrong(path, f"there is no time zone {quoted(zone)}", fix)


@cache
def _zones() -> frozenset[str]:
    """Read from the disk, once."""
    return frozenset(available_timezones())


def _nothing_to_look_at(here: Path, gate: Raw, target: Raw) -> Iterator[Wrong]:
    components = [one for _, one in members(target.get("components"))]
    for kind, key in (("migrations", "d1"), ("secrets", "required_secrets")):
        if gate.get(kind) is True and components and not any(texts(one.get(key)) for one in components):
            yield Wrong(
                (*here, kind), f'no component of the target has "{key}"', "Name them there, or remove the gate."
            )
