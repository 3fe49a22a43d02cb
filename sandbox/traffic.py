"""What came through the edge: counts for each version since the last reset, and the rows behind the analytics.

Rows are kept by second, version and status; each holds the latencies of its requests, in milliseconds.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from sandbox.store import Store

_KEPT = 10_000
_KEPT_IN_ROW = 500


@dataclass
class Count:
    """One version's traffic. `errors`: uncaught exceptions and failures of the platform, not a 5xx of the Worker's."""

    requests: int = 0
    errors: int = 0
    statuses: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    milliseconds: list[float] = field(default_factory=list)

    def listed(self) -> dict[str, Any]:
        """As plain values."""
        times = sorted(self.milliseconds)
        shown = {f"p{q}": quantile(times, q / 100) for q in (50, 90, 99)}
        return {
            "requests": self.requests,
            "errors": self.errors,
            "statuses": dict(self.statuses),
            "milliseconds": shown,
        }


@dataclass
class _Row:
    requests: int = 0
    errors: int = 0
    milliseconds: list[float] = field(default_factory=list)


class Traffic:
    """Counts in memory; rows go to the store when `flush` is called."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._counts: dict[tuple[str, str], Count] = defaultdict(Count)
        self._rows: dict[tuple[int, str, str, str], _Row] = defaultdict(_Row)

    def record(self, at: float, script: str, version: str, status: int, outcome: str, milliseconds: float) -> None:
        """One request; `outcome` in the analytics' words: success, scriptThrewException, clientDisconnected, …"""
        bad = outcome not in ("success", "clientDisconnected")
        count = self._counts[script, version]
        row = self._rows[int(at), script, version, outcome]
        for one in (count, row):
            one.requests += 1
            one.errors += bad
        count.statuses[status] += 1
        if len(count.milliseconds) < _KEPT:
            count.milliseconds.append(milliseconds)
        if len(row.milliseconds) < _KEPT_IN_ROW:
            row.milliseconds.append(milliseconds)

    def flush(self) -> None:
        """Writes the rows gathered since the last time."""
        rows = [
            (*key, row.requests, row.errors, ",".join(f"{one:.2f}" for one in row.milliseconds))
            for key, row in self._rows.items()
        ]
        self._rows.clear()
        if rows:
            self._store.add_invocations(rows)

    def listed(self) -> dict[str, dict[str, Any]]:
        """Script → version → counts."""
        scripts: dict[str, dict[str, Any]] = defaultdict(dict)
        for (script, version), count in self._counts.items():
            scripts[script][version] = count.listed()
        return dict(scripts)

    def reset(self) -> None:
        """Forgets the counts."""
        self._counts.clear()


def quantile(ordered: list[float], share: float) -> float:
    """Of a sorted list, by nearest rank; 0 of an empty one."""
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
