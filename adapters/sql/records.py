"""Events, heads and intents as records, and back: the only place that knows how they look when they are stored.

A record is `{"type": class name, "v": version, field: value, …}`. Old journals are read for ever:
- a field that the class has no more, or not yet, is ignored; an optional one that is missing takes its
  default;
- a change that this does not cover raises the class's number in `VERSIONS` and adds a step to `UPGRADES`,
  which takes a record of one version to the next (and may rename it). Steps are never changed or removed.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, TypeAlias, get_args

from pydantic import TypeAdapter, ValidationError

from bot.domain import board, events
from bot.domain.board_events import BoardEvent
from bot.domain.commands import Intent
from bot.ports.errors import Permanent

Record: TypeAlias = dict[str, Any]
"""What JSON can hold, under names."""
Upgrades: TypeAlias = Mapping[tuple[str, int], Callable[[Record], Record]]
"""(type, version) -> the step that takes such a record to its next version."""

EVENTS: Mapping[str, type[Any]] = {cls.__name__: cls for cls in (*get_args(events.Event), *get_args(BoardEvent))}
VERSIONS: Mapping[str, int] = {}
"""Type -> current version, where it is not 1."""
UPGRADES: Upgrades = {}


_INTENTS: Mapping[str, type[Any]] = {cls.__name__: cls for cls in get_args(Intent)}
_CLASSES: Mapping[str, type[Any]] = {**EVENTS, **_INTENTS, board.Head.__name__: board.Head}


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(_CLASSES[name])


def to_record(event: events.Event | BoardEvent) -> Record:
    """The record of an event, at the current version."""
    return _dump(event)


def from_record(record: Mapping[str, Any]) -> events.Event | BoardEvent:
    """The event of a record of any version ever written. Raises `Permanent` for one that never was."""
    current = upgraded(record)
    if current["type"] not in EVENTS:
        raise Permanent(
            f"The journal holds an event {current['type']} that is new to this Outrider: start a newer one."
        )
    event: events.Event | BoardEvent = _load(current)
    return event


def head_to_record(head: board.Head) -> Record:
    """The record of a head, at the current version."""
    return _dump(head)


def head_from_record(record: Mapping[str, Any], order: int) -> board.Head:
    """The head of a record of any version; `order` is the journal's own."""
    head: board.Head = _load(upgraded(record))
    return replace(head, order=order)


def intent_to_record(intent: Intent) -> Record:
    """The record of what was asked for, at the current version."""
    return _dump(intent)


def intent_from_record(record: Mapping[str, Any]) -> Intent:
    """The intent of a record of any version. Raises `Permanent` for one that never was."""
    current = upgraded(record)
    if current["type"] not in _INTENTS:
        raise Permanent(
            f"The journal holds an intent {current['type']} that is new to this Outrider: start a newer one."
        )
    intent: Intent = _load(current)
    return intent


def upgraded(
    record: Mapping[str, Any], upgrades: Upgrades = UPGRADES, versions: Mapping[str, int] = VERSIONS
) -> Record:
    """The record at the current version, step by step. Raises `Permanent` for one from the future."""
    current = dict(record)
    while (step := upgrades.get((current["type"], current["v"]))) is not None:
        before = current["v"]
        current = step(current)
        current["v"] = before + 1
    known = versions.get(current["type"], 1)
    if current["v"] > known:
        raise Permanent(
            f"The journal holds {current['type']} in version {current['v']}, this Outrider knows {known}: "
            "start a newer one."
        )
    return current


def _dump(value: Any) -> Record:
    name = type(value).__name__
    fields: Record = _adapter(name).dump_python(value, mode="json")
    return {"type": name, "v": VERSIONS.get(name, 1), **fields}


def _load(record: Record) -> Any:
    fields = {name: value for name, value in record.items() if name not in ("type", "v")}
    try:
        return _adapter(record["type"]).validate_python(fields)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise Permanent(
            f"The journal's record of {record['type']} cannot be read ({where}): restore a copy of it."
        ) from error
