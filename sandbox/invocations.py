"""The data set `workersInvocationsAdaptive`, from the rows that the edge wrote: pure.

Groups by the dimensions that are asked for; sums, averages and quantiles only where they are. Times are microseconds.
Sampled rows are scaled, as the vendor's are: with a sample interval of n every n-th request is kept and counts n times.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sandbox.clock import parse, stamp
from sandbox.graphql import BadQuery, Field
from sandbox.store import InvocationRow
from sandbox.traffic import quantile

Json = dict[str, Any]
_STEPS = {
    "datetime": 1,
    "datetimeMinute": 60,
    "datetimeFiveMinutes": 300,
    "datetimeFifteenMinutes": 900,
    "datetimeHour": 3600,
}
_DIMENSIONS = frozenset({*_STEPS, "date", "scriptName", "scriptVersion", "status"})
_QUANTILES = {"P25": 0.25, "P50": 0.5, "P75": 0.75, "P90": 0.9, "P95": 0.95, "P99": 0.99, "P999": 0.999}
_OPERATORS = ("", "_in", "_neq", "_notin", "_geq", "_leq", "_gt", "_lt", "_like")
_MOST_ROWS = 10_000
_LONGEST = 31 * 86_400.0


@dataclass(frozen=True)
class Span:
    """What the filter says about time and place."""

    script: str
    since: float
    until: float


def span(found: Field) -> Span:
    """The script and the time asked for; `BadQuery` where the query is not bounded, as the vendor refuses it."""
    wanted: Json = found.arguments.get("filter") or {}
    if "limit" not in found.arguments:
        raise BadQuery("workersInvocationsAdaptive needs a limit")
    if int(found.arguments["limit"]) > _MOST_ROWS:
        raise BadQuery(f"limit must be at most {_MOST_ROWS}")
    begin = next((wanted[f"datetime{one}"] for one in ("_geq", "_gt") if f"datetime{one}" in wanted), None)
    if begin is None:
        raise BadQuery("the filter needs datetime_geq: an unbounded query is refused")
    end = next((wanted[f"datetime{one}"] for one in ("_leq", "_lt") if f"datetime{one}" in wanted), None)
    since, until = parse(begin), parse(end) if end else parse(begin) + _LONGEST
    if until - since > _LONGEST:
        raise BadQuery("a query cannot cover more than a month")
    return Span(str(wanted.get("scriptName", "")), since, until)


def answer(found: Field, script: str, rows: list[InvocationRow], interval: int) -> list[Json]:
    """The groups, in the order of their dimensions or of `orderBy`, no more than `limit`."""
    dimensions = (found.child("dimensions") or Field("", "")).below
    for one in dimensions:
        if one.name not in _DIMENSIONS:
            raise BadQuery(f'unknown field "{one.name}" in dimensions')
    groups: dict[tuple[str, ...], list[InvocationRow]] = defaultdict(list)
    for row in rows:
        if _passes(row, script, found.arguments.get("filter") or {}):
            groups[tuple(_dimension(one.name, row, script) for one in dimensions)].append(row)
    made = [_group(found, dimensions, key, groups[key], interval) for key in sorted(groups)]
    return _ordered(made, found)[: int(found.arguments["limit"])]


def sampled(rows: list[InvocationRow], interval: int) -> list[InvocationRow]:
    """The rows as a sample of every n-th request of a version and status tells them; each kept one counts n times."""
    seen: dict[tuple[str, str], int] = defaultdict(int)
    kept = []
    for second, version, status, requests, errors, latencies in rows:
        before = seen[version, status]
        seen[version, status] += requests
        count = (seen[version, status] // interval - before // interval) * interval
        if count:
            kept.append((second, version, status, count, count if errors else 0, latencies))
    return kept


def _passes(row: InvocationRow, script: str, wanted: Json) -> bool:
    return all(_meets(row, script, name, value) for name, value in wanted.items())


def _meets(row: InvocationRow, script: str, name: str, value: Any) -> bool:
    for operator in sorted(_OPERATORS, key=len, reverse=True):
        dimension = name.removesuffix(operator) if operator else name
        if name.endswith(operator) and dimension in _DIMENSIONS:
            return _compare(_dimension(dimension, row, script), operator, value)
    raise BadQuery(f'unknown filter "{name}"')


def _compare(mine: str, operator: str, value: Any) -> bool:
    if operator in ("_in", "_notin"):
        return (mine in value) == (operator == "_in")
    theirs = stamp(int(parse(value)))[:19] + "Z" if "T" in str(value) else str(value)
    return {
        "": mine == theirs,
        "_neq": mine != theirs,
        "_geq": mine >= theirs,
        "_leq": mine <= theirs,
        "_gt": mine > theirs,
        "_lt": mine < theirs,
        "_like": str(value).strip("%") in mine,
    }[operator]


def _dimension(name: str, row: InvocationRow, script: str) -> str:
    if name in _STEPS:
        step = _STEPS[name]
        return stamp(row[0] // step * step)[:19] + "Z"
    return {"date": stamp(row[0])[:10], "scriptName": script, "scriptVersion": row[1], "status": row[2]}[name]


def _group(
    found: Field, dimensions: list[Field], key: tuple[str, ...], rows: list[InvocationRow], interval: int
) -> Json:
    times = sorted(float(one) * 1000 for row in rows for one in row[5].split(",") if one)
    requests, errors = sum(row[3] for row in rows), sum(row[4] for row in rows)
    sums = {
        "requests": requests,
        "errors": errors,
        "subrequests": 0,
        "wallTime": sum(times),
        "duration": 0.0,
        "cpuTimeUs": sum(times),
        "responseBodySize": 0,
        "clientDisconnects": sum(row[3] for row in rows if "client" in row[2]),
    }
    values: dict[str, Json] = {
        "dimensions": {one.name: value for one, value in zip(dimensions, key, strict=True)},
        "sum": sums,
        "avg": {"sampleInterval": float(interval)},
        "min": {"wallTime": times[0] if times else 0},
        "max": {"wallTime": times[-1] if times else 0},
        "quantiles": _quantiles(times),
    }
    return {one.key: {leaf.key: _leaf(values, one.name, leaf.name) for leaf in one.below} for one in found.below}


def _quantiles(times: list[float]) -> Json:
    """The processor's time is not measured here: it is given as the whole."""
    kinds = ("cpuTime", "wallTime", "duration", "responseBodySize")
    return {f"{kind}{name}": quantile(times, share) for kind in kinds for name, share in _QUANTILES.items()}


def _leaf(values: dict[str, Json], block: str, name: str) -> Any:
    if block not in values or name not in values[block]:
        raise BadQuery(f'unknown field "{name}" in {block}')
    return values[block][name]


def _ordered(groups: list[Json], found: Field) -> list[Json]:
    """By `orderBy: [name_ASC | name_DESC]`, of a dimension that is asked for."""
    orders: Any = found.arguments.get("orderBy") or []
    for order in reversed(orders if isinstance(orders, list) else [orders]):
        name, _, direction = str(order).rpartition("_")
        below = found.child("dimensions")
        leaf = below.child(name) if below else None
        if below is None or leaf is None:
            raise BadQuery(f'cannot order by "{name}", which is not among the dimensions')
        block, key = below.key, leaf.key
        groups = sorted(groups, key=lambda one: str(one[block][key]), reverse=direction == "DESC")
    return groups
