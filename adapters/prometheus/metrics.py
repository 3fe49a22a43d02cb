"""The port `Metrics` by a Prometheus server: the kind `prometheus`.

Design notes.
- The server's query API is asked, not the application's own `/metrics` page. A Worker's page is useless (each of its
  isolates has counters of its own, and chance decides which one answers), and whoever has pages worth reading has a
  server that reads them: from every instance, with resets seen at every scrape. It also holds what is pushed to it from
  elsewhere (a tail Worker, an exporter of the analytics), and Mimir, Thanos and VictoriaMetrics speak the same API.
- Each side is one query with `$version` and `$window` in it, asked for a fixed moment: `increase(...[$window])` is what
  came in that window and nothing else, so a window counts once, whenever it is asked for. Resets are Prometheus' work.
- `increase` estimates the window's edges from the scrapes inside it. So the window has to hold two scrapes at least,
  and the first increments of a series that has just begun are missing, on both sides alike where both began.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from math import isnan

import httpx

from adapters.prometheus.client import Series, query
from adapters.prometheus.options import UNITS, VERSION, WINDOW, Asked, problems, read
from adapters.prometheus.settings import Settings
from bot.domain.analysis.bounds import below
from bot.domain.analysis.counts import Counts, Poll
from bot.domain.analysis.series import counted
from bot.ports.clock import Clock
from bot.ports.errors import Permanent, Temporary
from bot.ports.metrics import Metrics, Scope

PATIENCE = 5.0
"""Seconds that one query may take: a slow source holds up what the others have found in the same look."""
REQUESTS, ERRORS, BUCKETS = "requests", "errors", "buckets"

Answers = Mapping[str, Sequence[Series]]


class Prometheus:
    """`bot.ports.metrics.Metrics`."""

    def __init__(self, client: httpx.AsyncClient, clock: Clock, secrets: Mapping[str, str]) -> None:
        self._client = client
        self._clock = clock
        self._secrets = secrets

    async def count(self, scope: Scope, since: datetime) -> Poll | None:
        """See the port. All that is complete since then at once; None until that is a whole window."""
        asked = self._asked(scope)
        begin = since if since.microsecond == 0 else since.replace(microsecond=0) + timedelta(seconds=1)
        complete = self._clock.now() - asked.lag
        end = min(scope.until or complete, complete).replace(microsecond=0)
        if end - begin < asked.window:
            return None
        baseline, canary = await self._sides(asked, (scope.baseline, scope.canary), end, end - begin)
        if not baseline[REQUESTS] and not canary[REQUESTS]:
            raise Temporary("the query for requests finds no series of either version: look at its labels")
        return Poll(begin, end, scope.source.name, scope.weight, _counts(baseline, asked), _counts(canary, asked))

    def _asked(self, scope: Scope) -> Asked:
        if wrong := problems(scope.source.options):
            raise Permanent("; ".join(wrong))
        asked = read(scope.source.options)
        if asked.token_env and not self._secrets.get(asked.token_env):
            raise Permanent(f"there is no {asked.token_env}: set it in the bot's environment")
        return asked

    async def _sides(self, asked: Asked, versions: tuple[str, str], at: datetime, span: timedelta) -> Sequence[Answers]:
        """Every query of both sides, side by side."""
        texts = {REQUESTS: asked.requests, ERRORS: asked.errors, BUCKETS: asked.buckets} | {
            _extra(name): text for name, text in asked.extra.items()
        }
        window = f"{span.total_seconds():.0f}s"
        tasks = {}
        async with asyncio.TaskGroup() as group:
            for version in versions:
                for name, text in texts.items():
                    filled = text.replace(VERSION, version).replace(WINDOW, window)
                    tasks[version, name] = group.create_task(self._ask(asked, filled, at))
        return [{name: _told(tasks[version, name].result()) for name in texts} for version in versions]

    async def _ask(self, asked: Asked, text: str, at: datetime) -> Sequence[Series] | Temporary | Permanent:
        """The answer, or why there is none: an exception would end the other questions with a group of errors."""
        if not text:
            return ()
        headers = {"Authorization": f"Bearer {self._secrets[asked.token_env]}"} if asked.token_env else {}
        try:
            async with asyncio.timeout(PATIENCE):
                return await query(self._client, asked.url, text, at, headers)
        except TimeoutError:
            return Temporary(f"the Prometheus server did not answer within {PATIENCE:g} s")
        except (Temporary, Permanent) as trouble:
            return trouble


@asynccontextmanager
async def metrics(clock: Clock, settings: Settings) -> AsyncIterator[Mapping[str, Metrics]]:
    """What counts for sources of the kind `prometheus`, on a client that lives as long as the context."""
    trust = ssl.create_default_context()
    if settings.ca_file:
        trust.load_verify_locations(settings.ca_file)
    agent = {"User-Agent": "outrider"}
    async with httpx.AsyncClient(verify=trust, trust_env=False, timeout=PATIENCE, headers=agent) as client:
        yield {"prometheus": Prometheus(client, clock, settings.secrets)}


def _counts(answers: Answers, asked: Asked) -> Counts:
    """One side. `increase` gives fractions, as it estimates: rounded, they are the nearest whole counts."""
    extra = {name: _sum(answers[_extra(name)]) for name in asked.extra}
    latency = below(_bounds(answers[BUCKETS], UNITS[asked.unit]))
    return counted(_sum(answers[REQUESTS]), _sum(answers[ERRORS]), latency, extra)


def _bounds(series: Sequence[Series], unit: float) -> Mapping[float, int]:
    """Upper bound in seconds -> how many took at most so long; series of one bound are added up."""
    found: dict[float, float] = {}
    for one in series:
        bound = _bound(one.labels) * unit
        found[bound] = found.get(bound, 0.0) + one.value
    return {bound: round(count) for bound, count in found.items()}


def _bound(labels: Mapping[str, str]) -> float:
    try:
        bound = float(labels["le"])
    except (KeyError, ValueError):
        bound = float("nan")
    if isnan(bound):
        raise Permanent("the query for buckets gives series without the label le: sum by (le)")
    return bound


def _sum(series: Sequence[Series]) -> int:
    return round(sum(one.value for one in series))


def _extra(name: str) -> str:
    """A counter's key among the answers, apart from those that every source has."""
    return f"extra {name}"


def _told(answer: Sequence[Series] | Temporary | Permanent) -> Sequence[Series]:
    if isinstance(answer, Temporary | Permanent):
        raise answer
    return answer
