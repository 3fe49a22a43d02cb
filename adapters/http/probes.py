"""The kind `probes`: the bot's own requests to both versions, side by side, each proven by its answer.

They are the only source that sees a version which has no traffic of its own, and the fastest: an answer is counted
the moment it is there. What they cannot see is what only users do.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import httpx

from adapters.http.client import unanswered
from adapters.http.pinned import asked, bearer
from adapters.http.proof import Sample, answered, unheard
from adapters.http.sources import Probing, probing, problems
from bot.domain.analysis.counts import Counts, Poll
from bot.domain.analysis.histogram import Histogram
from bot.domain.values import Mark, Verdict
from bot.ports.clock import Clock
from bot.ports.errors import Permanent, Temporary
from bot.ports.metrics import Scope

BURST = timedelta(seconds=2)
"""The requests of one call are spread over this."""
LONGEST = timedelta(seconds=12)
"""However long nobody asked, one burst is not larger than what belongs to this time."""
PATIENCE = timedelta(seconds=8)
"""A probe without an answer by then is an error. With the burst it stays below the time that a look has."""


class Probes:
    """`bot.ports.metrics.Metrics`."""

    def __init__(
        self, client: httpx.AsyncClient, clock: Clock, secrets: Mapping[str, str], patience: timedelta = PATIENCE
    ) -> None:
        self._patience = patience.total_seconds()
        self._client = client
        self._clock = clock
        self._secrets = secrets

    async def count(self, scope: Scope, since: datetime) -> Poll | None:
        """See the port. None at a weight of 100: there is no baseline to be asked."""
        wanted = self._wanted(scope)
        if scope.weight >= 100:
            return None
        begun = self._clock.now()
        sides = (scope.baseline, scope.canary)
        seen = await self._burst(scope, wanted, sides, _number(wanted.rate, begun - since))
        at = max(self._clock.now(), begun + timedelta(microseconds=1))
        _complain(sides, seen)
        baseline, canary = (_counts(seen[side]) for side in sides)
        return Poll(begun, at, scope.source.name, scope.weight, baseline, canary)

    def _wanted(self, scope: Scope) -> Probing:
        options = scope.source.options
        if wrong := problems(options, "probes"):
            raise Permanent("; ".join(wrong))
        wanted = probing(options)
        if wanted.token_env and not self._secrets.get(wanted.token_env):
            raise Permanent(f"there is no {wanted.token_env}: set it in the bot's environment")
        return wanted

    async def _burst(
        self, scope: Scope, wanted: Probing, sides: tuple[str, str], number: int
    ) -> Mapping[str, list[Sample]]:
        """Both sides at once each time, in turns as to which goes first; none waits for another's answer."""
        seen: dict[str, list[Sample]] = {side: [] for side in sides}

        async def one(version: str) -> None:
            seen[version].append(await self._probe(scope, wanted, version, sides))

        async with asyncio.TaskGroup() as group:
            for at in range(number):
                if at:
                    await self._clock.sleep(BURST / number)
                for version in sides if at % 2 else sides[::-1]:
                    group.create_task(one(version))
        return seen

    async def _probe(self, scope: Scope, wanted: Probing, version: str, known: Sequence[str]) -> Sample:
        place = scope.subject.environment
        url = place.url.rstrip("/") + (wanted.path or place.health.path)
        headers = {**wanted.headers, **bearer(wanted.token_env, self._secrets)}
        began = self._clock.elapsed()
        try:
            async with asyncio.timeout(self._patience):
                answer = await asked(self._client, wanted.method, url, headers, {scope.subject.worker: version})
        except TimeoutError:
            late = Verdict(Mark.FAIL, f"no answer within {self._patience:g} s")
            return unheard(late, True, self._patience)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as trouble:
            return unheard(unanswered(trouble), _connected(trouble), self._clock.elapsed() - began)
        return answered(answer, version, known, wanted.status, self._clock.elapsed() - began)


def _connected(trouble: Exception) -> bool:
    """False where the request can have reached no version."""
    return isinstance(trouble, httpx.TransportError) and not isinstance(
        trouble, httpx.ConnectError | httpx.UnsupportedProtocol | httpx.LocalProtocolError | httpx.ProxyError
    )


def _number(rate: float, waited: timedelta) -> int:
    """How many to each version: what the rate gives for the time since the last ones, this burst's own included."""
    span = min(max(waited, timedelta(0)) + BURST, LONGEST)
    return max(1, round(rate * span.total_seconds()))


def _counts(samples: Sequence[Sample]) -> Counts:
    counted = [one for one in samples if one.counted]
    errors = sum(one.error for one in counted)
    return Counts(len(counted), errors, Histogram.of(one.seconds for one in counted))


def _complain(sides: tuple[str, str], seen: Mapping[str, Sequence[Sample]]) -> None:
    """A side of which nothing could be counted gives nothing to compare: say why."""
    for side, word in zip(sides, ("baseline", "canary"), strict=True):
        if not any(one.counted for one in seen[side]):
            why, _ = Counter(one.why for one in seen[side]).most_common(1)[0]
            raise Temporary(f"no probe could be counted for the {word}: {why}")
