"""What a server's commands may look like, and what a person can make of them ("Application Commands")."""

import re
from collections.abc import Iterator, Mapping, Sequence

from tests.vendors.discord.rules import Problem
from tests.vendors.discord.state import Json

NAME = re.compile(r"[-_'\w]{1,32}")
STRING, INTEGER = 3, 4
LONGEST = 6000
Word = str | int


def command_problems(commands: Sequence[Json]) -> list[Problem]:
    """Why the list cannot be taken."""
    found: list[Problem] = []
    if len(commands) > 100:
        found.append(("", "Maximum number of application commands reached (100)"))
    if len({one.get("name") for one in commands}) != len(commands):
        found.append(("name", "Application command names must be unique"))
    for at, one in enumerate(commands):
        found += _command(str(at), one)
    return found


def _command(where: str, command: Json) -> Iterator[Problem]:
    options = command.get("options") or []
    yield from _named(where, command)
    if len(options) > 25:
        yield where, "Must be 25 or fewer in length."
    if _size(command) > 8000:
        yield where, "Command exceeds maximum size (8000)"
    if [one.get("required", False) for one in options] != sorted(one.get("required", False) for one in options)[::-1]:
        yield where, "Required options must be placed before non-required options"
    if len({one.get("name") for one in options}) != len(options):
        yield where, "Option names must be unique"
    for at, one in enumerate(options):
        yield from _option(f"{where}.options[{at}]", one)


def _named(where: str, one: Json) -> Iterator[Problem]:
    name = str(one.get("name", ""))
    if not NAME.fullmatch(name) or name != name.lower():
        yield where, f"name {name!r}: String value did not match validation regex."
    if not 1 <= len(str(one.get("description", ""))) <= 100:
        yield where, "description: Must be between 1 and 100 in length."


def _option(where: str, one: Json) -> Iterator[Problem]:
    yield from _named(where, one)
    choices = one.get("choices") or []
    words = [str(choice[name]) for choice in choices for name in ("name", "value")]
    if len(choices) > 25 or any(not 1 <= len(word) <= 100 for word in words):
        yield where, "choices: 25 at most, 1 to 100 characters each"
    if len({choice["name"] for choice in choices}) != len(choices):
        yield where, "choices: names must be unique"
    if not 1 <= option_length(one) <= LONGEST:
        yield where, "max_length: Must be between 1 and 6000."
    if choices and one.get("autocomplete"):
        yield where, "autocomplete may not be set to true if choices are present."
    if one.get("type") not in {STRING, INTEGER}:
        yield where, "this stand-in knows texts and whole numbers only"


def option_length(option: Json) -> int:
    """Characters that a text may have there."""
    return int(option.get("max_length", LONGEST))


def _size(command: Json) -> int:
    own = len(str(command.get("name"))) + len(str(command.get("description")))
    values = sum(len(str(one.get("name"))) + len(str(one.get("value"))) for one in command.get("choices") or [])
    return own + values + sum(map(_size, command.get("options") or []))


def filled(command: Json, words: Mapping[str, Word]) -> list[Json]:
    """The options as the person's client sends them. Raises ValueError where it would not let them be sent."""
    known = {one["name"]: one for one in command.get("options") or []}
    missing = [name for name, one in known.items() if one.get("required") and name not in words]
    if missing or set(words) - set(known):
        raise ValueError(f"missing: {missing}; unknown: {set(words) - set(known)}")
    return [{"name": name, "type": known[name]["type"], "value": _allowed(known[name], words[name])} for name in words]


def _allowed(option: Json, word: Word) -> Word:
    allowed = [choice["value"] for choice in option.get("choices") or []]
    if allowed and word not in allowed:
        raise ValueError(f"{word!r} is none of {allowed}")
    if option["type"] == INTEGER and (
        not isinstance(word, int) or not option["min_value"] <= word <= option["max_value"]
    ):
        raise ValueError(f"{word!r} is no number that fits")
    if len(str(word)) > option_length(option):
        raise ValueError(f"{word!r} is too long")
    return word
