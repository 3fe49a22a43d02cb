"""The kind `cloudflare`: Cloudflare's own analytics of the Worker, by version, minutes after the fact.

- Errors are invocations whose `status` is an error: exceptions, limits, failures of the platform. A 5xx that the
  Worker returns itself is a success to Cloudflare, and the data set has no response status: nothing here can count it.
  The kinds `tail` and `probes` do.
- Rows come late. A window is asked for by absolute time once it has been over for `lag`, and asked for again for a
  while; what it has more by then is counted once. After a restart of the bot earlier windows are not asked again.
- What comes back is an estimate from a sample (one in `avg.sampleInterval`, which need not be whole). Estimates taken
  at face value would be evidence that nobody has, so both sides are thinned to what was seen.
- Latencies are quantiles, in microseconds; a histogram is drawn through them.
- The bot's own probes are in it: analytics do not say who asked.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.cloudflare.client import Client
from adapters.cloudflare.sources import Asked, problems, read
from bot.domain.analysis.counts import Counts, Poll
from bot.domain.analysis.histogram import Histogram
from bot.domain.analysis.series import Window, alike, counted, news
from bot.ports.clock import Clock
from bot.ports.errors import Permanent, Temporary
from bot.ports.metrics import Scope

SHORTEST = timedelta(seconds=15)
"""A window is at least so long: Cloudflare allows 300 questions in five minutes to a person and all of theirs."""
SECOND = timedelta(seconds=1)
PATIENCE = 5.0
"""Seconds that a question may take: a slow source holds up what the others have found in the same look."""
AGAIN = 4
"""So many of the last windows are asked for again each time."""
MOST_ROWS = 1000
FINE = frozenset({"success", "clientDisconnected", "responseStreamDisconnected"})
SHARES = {"P25": 0.25, "P50": 0.5, "P75": 0.75, "P90": 0.9, "P99": 0.99, "P999": 0.999}
MICROSECONDS = 1_000_000

Key = tuple[str, str, str, int]
Row = Mapping[str, Any]


class Analytics:
    """`bot.ports.metrics.Metrics`."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[Key, Mapping[datetime, Window]] = {}

    async def count(self, scope: Scope, since: datetime) -> Poll | None:
        """See the port. None until a whole new window is closed."""
        if wrong := problems(scope.source.options, "cloudflare"):
            raise Permanent("; ".join(wrong))
        if not scope.subject.worker:
            raise Permanent(f"the Worker of {scope.subject.component.name} has no known name, so it cannot be asked")
        asked = read(scope.source.options)
        key = (scope.source.name, scope.baseline, scope.canary, scope.weight)
        known = self._known.get(key, {})
        begin = max([_up(since), *(one.at for one in known.values())])
        end, whole = _end(scope, self._clock.now() - asked.lag)
        if end - begin < (SECOND if whole else SHORTEST):
            return None
        spans = [*((one.since, one.at) for one in known.values()), (begin, end)]
        windows = await self._ask(scope, asked, spans)
        polls, known = news(scope.source.name, known, windows)
        # Another pair of versions or weight begins anew; what was known of the one before is of no use.
        self._known = {one: each for one, each in self._known.items() if one[0] != scope.source.name}
        self._known[key] = dict(sorted(known.items())[-AGAIN:])
        return polls[-1] if polls else None

    async def _ask(self, scope: Scope, asked: Asked, spans: Sequence[tuple[datetime, datetime]]) -> list[Window]:
        try:
            async with asyncio.timeout(PATIENCE):
                data = await self._client.query(_question(asked.clock, spans), {"script": scope.subject.worker})
        except TimeoutError:
            raise Temporary(f"Cloudflare's analytics did not answer within {PATIENCE:g} s.") from None
        try:
            found = data["viewer"]["accounts"][0]
            answers = [found[f"w{at}"] for at in range(len(spans))]
            return [_window(span, scope, rows, asked.clock) for span, rows in zip(spans, answers, strict=True)]
        except (KeyError, IndexError, TypeError, ValueError) as odd:
            raise Temporary("Cloudflare's analytics answered in a shape that is not theirs.") from odd


def _question(clock: str, spans: Sequence[tuple[datetime, datetime]]) -> str:
    """All windows in one question, each under a name of its own."""
    quantiles = " ".join(f"{clock}Time{name}" for name in SHARES)
    fields = f"sum {{ requests }} avg {{ sampleInterval }} quantiles {{ {quantiles} }}"
    parts = [
        f"w{at}: workersInvocationsAdaptive(limit: {MOST_ROWS}, filter: {{scriptName: $script,"
        f' datetime_geq: "{_stamp(begin)}", datetime_lt: "{_stamp(end)}"}})'
        f" {{ {fields} dimensions {{ scriptVersion status }} }}"
        for at, (begin, end) in enumerate(spans)
    ]
    head = "query Counts($account: string!, $script: string!)"
    return f"{head} {{ viewer {{ accounts(filter: {{accountTag: $account}}) {{ {' '.join(parts)} }} }} }}"


def _window(span: tuple[datetime, datetime], scope: Scope, rows: Iterable[Row], clock: str) -> Window:
    sides: dict[str, list[Row]] = {scope.baseline: [], scope.canary: []}
    for row in rows:
        sides.get(row["dimensions"]["scriptVersion"], []).append(row)
    (baseline, rough), (canary, coarse) = (_side(sides[one], clock) for one in (scope.baseline, scope.canary))
    return Window(*span, scope.weight, *alike(baseline, canary, rough, coarse))


def _side(rows: Sequence[Row], clock: str) -> tuple[Counts, float]:
    """One version's estimates, and the coarsest interval that they were sampled at."""
    total, interval = Counts(), 1.0
    for row in rows:
        requests = round(row["sum"]["requests"])
        quantiles = {share: row["quantiles"][f"{clock}Time{name}"] for name, share in SHARES.items()}
        drawn = Histogram.through({one: took / MICROSECONDS for one, took in quantiles.items() if took}, requests)
        errors = 0 if row["dimensions"]["status"] in FINE else requests
        total = total.merged(counted(requests, errors, drawn))
        interval = max(interval, float(row["avg"]["sampleInterval"] or 1))
    return total, interval


def _end(scope: Scope, complete: datetime) -> tuple[datetime, bool]:
    """Up to when is counted, and whether that is the weight's end: what is left of it is asked for, however short."""
    whole = scope.until is not None and complete >= scope.until
    end = scope.until if scope.until is not None and whole else complete
    return end.replace(microsecond=0), whole


def _up(moment: datetime) -> datetime:
    """The next whole second: analytics know no fractions."""
    return moment if moment.microsecond == 0 else moment.replace(microsecond=0) + timedelta(seconds=1)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
