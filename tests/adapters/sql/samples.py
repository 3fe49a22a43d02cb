"""Runs and events to write: arbitrary ones for properties, plain ones for everything else."""

import dataclasses
import types
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from bot.domain import events
from bot.domain.board import Head
from bot.domain.plan import Plan, RunKind, StepKind
from bot.domain.targets import Component, Environment, Target
from bot.domain.values import Actor, Outcome, RunId

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ANA = Actor("console", "ana", "ana")
PLACE = Environment("canary", "https://moltworker-canary.acme.workers.dev")
PLAN = Plan(
    RunKind.DEPLOY,
    Target("moltworker", "https://github.com/acme/moltworker", "ops", (Component("worker"),), (PLACE,)),
    PLACE,
    (Component("worker"),),
    (StepKind.CHECKOUT, StepKind.DEPLOY),
    ref="main",
)

EVENT_CLASSES: tuple[type[Any], ...] = (*get_args(events.Event), *get_args(events.BoardEvent))


def run(number: int) -> RunId:
    return RunId(f"{number:08x}")


def at(number: int) -> datetime:
    return START + timedelta(seconds=number)


def requested(number: int, key: str = "") -> events.RunRequested:
    return events.RunRequested(run(number), PLAN, ANA, at(number), key)


def ended(number: int, outcome: Outcome = Outcome.SUCCEEDED) -> events.RunEnded:
    return events.RunEnded(outcome, "", at(number + 1))


def head(
    number: int,
    outcome: Outcome | None = None,
    target: str = "moltworker",
    environment: str = "canary",
    kind: RunKind = RunKind.DEPLOY,
    key: str = "",
) -> Head:
    over = at(number + 1) if outcome else None
    return Head(run(number), kind, target, environment, ANA, at(number), key, outcome=outcome, ended_at=over)


_toml: st.SearchStrategy[Any] = st.recursive(
    st.text(max_size=9) | st.integers(-(2**60), 2**60) | st.booleans() | st.floats(-1e9, 1e9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
_PLAIN: Mapping[Any, st.SearchStrategy[Any]] = {
    Any: _toml,
    str: st.text(max_size=12),
    int: st.integers(-(2**40), 2**40),
    float: st.floats(0, 1e9),
    bool: st.booleans(),
    type(None): st.none(),
    time: st.times(),
    timedelta: st.timedeltas(timedelta(0), timedelta(days=400)),
    datetime: st.builds(lambda us: START + timedelta(microseconds=us), st.integers(-(2**50), 2**50)),
}


def of(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type, as the domain writes types; floats and spans within what a deploy can meet."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    if hasattr(hint, "__supertype__"):
        return of(hint.__supertype__)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        fields = get_type_hints(hint)
        return st.builds(hint, **{field.name: of(fields[field.name]) for field in dataclasses.fields(hint)})
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    return _of_generic(get_origin(hint), get_args(hint))


def _of_generic(origin: Any, args: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if origin in (Union, types.UnionType):
        return st.one_of(*map(of, args))
    if origin is Literal:
        return st.sampled_from(args)
    if origin is tuple and args[-1] is Ellipsis:
        return st.lists(of(args[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*map(of, args))
    assert origin is Mapping, f"no way to make {origin}"
    return st.dictionaries(of(args[0]), of(args[1]), max_size=2)
