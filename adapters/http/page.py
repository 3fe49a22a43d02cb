"""An application's own page in Prometheus' text format, read for one version. Pure.

A sample is found by a selector as in Prometheus' query language: a name, and what its labels have to be. All samples
that a selector finds are added up. A counter that nothing is found of has counted nothing: applications tell of a
labelled one only once it was raised. What has to be found is requests, of one version at least.

The format is that of Prometheus' page "Exposition formats"; OpenMetrics differs in what is not read here (comments,
times of samples, exemplars). Read by hand, as it is one line a sample, and the usual library starts collectors of its
own when it is imported.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite

from adapters.http.counters import BUCKET, Read, Unread
from adapters.http.selectors import NAME, QUOTED, Sample, labels, selector
from adapters.http.sources import UNITS, VERSION, Counting
from bot.domain.analysis.series import counted

_SAMPLE = re.compile(rf'({NAME})\s*(?:\{{((?:[^"}}]|{QUOTED})*)\}})?\s+(\S+)')


def samples(text: str) -> Iterator[Sample]:
    """Every sample of the page; `Unread` where a line is none."""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _SAMPLE.match(line.strip())
        known = labels(found[2] or "") if found else None
        if found is None or known is None or any(operator != "=" for _, operator, _ in known):
            raise Unread(f"line {number} of the page is no sample")
        yield Sample(found[1], {name: value for name, _, value in known}, _number(found[3], number))


def _number(text: str, line: int) -> float:
    try:
        return float(text)
    except ValueError:
        raise Unread(f"line {line} of the page has no number") from None


def read(text: str, wanted: Counting, version: str) -> Read | None:
    """The version's counters since they began; None where the page has no requests of it (yet)."""
    every = list(samples(text))
    requests = _found(every, wanted.requests, version)
    if not requests:
        return None
    extra = {name: _sum(_found(every, one, version), one) for name, one in wanted.extra.items()}
    if wanted.buckets:
        extra |= _bounds(_found(every, wanted.buckets, version), wanted)
    errors = _sum(_found(every, wanted.errors, version), wanted.errors)
    return Read(counted(_sum(requests, wanted.requests), errors, None, extra), {})


def _found(every: Sequence[Sample], text: str, version: str) -> Sequence[Sample]:
    wanted = selector(text.replace(VERSION, version))
    return [one for one in every if wanted is not None and wanted.finds(one)]


def _sum(found: Sequence[Sample], text: str) -> int:
    total = sum(one.value for one in found)
    if not isfinite(total) or total < 0:
        raise Unread(f"{text} is no count")
    return round(total)


def _bounds(found: Sequence[Sample], wanted: Counting) -> Mapping[str, int]:
    """How many took at most so long, as counters by the bound in seconds."""
    by_bound: dict[str, list[Sample]] = {}
    for one in found:
        try:
            bound = float(one.labels["le"]) * UNITS[wanted.unit]
        except (KeyError, ValueError):
            raise Unread(f"{wanted.buckets} finds a sample whose label le is no number") from None
        by_bound.setdefault(f"{BUCKET}{bound!r}", []).append(one)
    return {name: _sum(each, wanted.buckets) for name, each in by_bound.items()}
