"""An application's own document of counters, read for one version. Pure.

Where something stands is said by JSON pointers (RFC 6901). Counters only ever grow; buckets are counts below a bound,
as Prometheus has them, and are carried as counters until the difference of two readings is known.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite, isnan
from typing import Any

from adapters.http.sources import UNITS, Counting
from bot.domain.analysis.bounds import below
from bot.domain.analysis.counts import Counts
from bot.domain.analysis.histogram import Histogram
from bot.domain.analysis.series import counted

BUCKET = "le "
"""Beginning of the counters that are buckets; the bound in seconds follows. No pointer's name has a space."""
QUANTILE = re.compile(r"p(\d{1,2})(\d*)")


class Unread(Exception):
    """What is wrong with the document, in one sentence."""


@dataclass(frozen=True, slots=True)
class Read:
    """One version's counters since they began, and the quantiles of the moment (share -> seconds)."""

    counts: Counts
    quantiles: Mapping[float, float]


def read(document: object, wanted: Counting) -> Read:
    """What the document says; `Unread` where it is not what the options say."""
    extra = {name: _number(document, pointer) for name, pointer in wanted.extra.items()}
    if wanted.buckets:
        for name, count in _table(document, wanted.buckets).items():
            bound = _float(name, wanted.buckets) * UNITS[wanted.unit]
            extra[f"{BUCKET}{bound!r}"] = _whole(count, f"{wanted.buckets}/{name}")
    counts = counted(_number(document, wanted.requests), _number(document, wanted.errors), None, extra)
    return Read(counts, _quantiles(document, wanted))


def side(document: object, wanted: Counting, version: str) -> Read | None:
    """The same for one version of a document with both; None where it has no such version (yet)."""
    table = _table(document, wanted.versions)
    return read(table[version], wanted) if version in table else None


def timed(grown: Counts, quantiles: Mapping[float, float]) -> Counts:
    """What came on top of an earlier reading, its buckets or quantiles made into latencies."""
    bounds = {name.removeprefix(BUCKET): count for name, count in grown.extra.items() if name.startswith(BUCKET)}
    extra = {name: count for name, count in grown.extra.items() if not name.startswith(BUCKET)}
    drawn = below({float(bound): count for bound, count in bounds.items()})
    return replace(grown, extra=extra, latency=drawn if bounds else Histogram.through(quantiles, grown.requests))


def _quantiles(document: object, wanted: Counting) -> Mapping[float, float]:
    if not wanted.quantiles:
        return {}
    found = {}
    for name, took in _table(document, wanted.quantiles).items():
        share = QUANTILE.fullmatch(name)
        if share is not None and took is not None:
            found[float(f"0.{share[1]:0>2}{share[2]}")] = _float(took, wanted.quantiles) * UNITS[wanted.unit]
    if not found:
        raise Unread(f"{wanted.quantiles} has none of p50, p90, p99")
    return {share: seconds for share, seconds in found.items() if share > 0}


def _at(document: Any, pointer: str) -> Any:
    """What the pointer points to."""
    found = document
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            raise Unread(f"the document has no {pointer}")
    return found


def _number(document: object, pointer: str) -> int:
    return _whole(_at(document, pointer), pointer)


def _whole(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value < 0:
        raise Unread(f"{where} is no count")
    return round(value)


def _float(value: object, where: str) -> float:
    try:
        found = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else float("nan")
    except ValueError:
        found = float("nan")
    if isnan(found) or found < 0:
        raise Unread(f"{where} has {str(value)[:20]!r}, which is no time")
    return found


def _table(document: object, pointer: str) -> Mapping[str, Any]:
    found = _at(document, pointer)
    if not isinstance(found, dict):
        raise Unread(f"{pointer or 'the document'} is no table")
    return found
