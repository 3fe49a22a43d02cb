"""Any value of a type of the domain's, for properties."""

import dataclasses
import types
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from bot.domain.analysis.counts import Counts, Poll
from bot.domain.analysis.histogram import Histogram
from tests.adapters.sql.samples import START

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


_small = st.integers(0, 10**6)
_counters = st.dictionaries(st.text(max_size=9), _small, max_size=2)
_histograms = st.builds(Histogram, st.dictionaries(st.integers(-97, 85), st.integers(1, 10**6), max_size=4))
_counts = st.builds(
    lambda good, bad, latency, extra: Counts(good + bad, bad, latency, extra), _small, _small, _histograms, _counters
)
_polls = st.builds(
    lambda since, spent, name, weight, baseline, canary: Poll(since, since + spent, name, weight, baseline, canary),
    _PLAIN[datetime],
    st.timedeltas(timedelta(microseconds=1), timedelta(hours=1)),
    st.text(max_size=9),
    st.integers(0, 100),
    _counts,
    _counts,
)
_VALID: Mapping[Any, st.SearchStrategy[Any]] = {Histogram: _histograms, Counts: _counts, Poll: _polls}
"""Values that refuse what cannot be."""


def of(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type, as the domain writes types; floats and spans within what a deploy can meet."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    if hint in _VALID:
        return _VALID[hint]
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
