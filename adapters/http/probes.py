"""The kind `probes`: the bot's own requests to both versions, side by side, each proven by its answer.

They are the only source that sees a version which has no traffic of its own. What they cannot see is what only users
do. Nobody waits for a version that is slow: what is not answered soon after the last request was sent is counted by a
later call, once it is answered or was waited for long enough.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Patience:
    """How long answers are waited for."""

    burst: timedelta = timedelta(seconds=1)
    """All answers, after the last request was sent: what is open then is left to a later call."""
    probe: timedelta = timedelta(seconds=8)
    """One answer: without it by then the probe is an error."""


Key = tuple[str, str, str]
Probe = asyncio.Task[tuple[str, Sample]]
"""Comes to the version that was asked, and what it said."""


class Probes:
    """`bot.ports.metrics.Metrics`. The requests live in `group`, and are done a few seconds after the last count."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        clock: Clock,
        secrets: Mapping[str, str],
        group: asyncio.TaskGroup,
        patience: Patience,
    ) -> None:
        self._patience = patience
        self._client = client
        self._clock = clock
        self._secrets = secrets
        self._group = group
        self._open: dict[Key, set[Probe]] = {}
        self._running: set[Probe] = set()

    async def count(self, scope: Scope, since: datetime) -> Poll | None:
        """See the port. None at a weight of 100: there is no baseline to be asked."""
        wanted = self._wanted(scope)
        if scope.weight >= 100:
            return None
        begun = self._clock.now()
        key = scope.source.name, scope.baseline, scope.canary
        # What was sent to another pair of versions is of no use any more.
        sent = self._open.get(key, set())
        self._open = {one: each for one, each in self._open.items() if one[0] != scope.source.name} | {key: sent}
        await self._burst(scope, wanted, sent, _number(wanted.rate, begun - since))
        done, _ = await asyncio.wait(sent, timeout=self._patience.burst.total_seconds())
        sent -= done
        seen = [task.result() for task in done]
        baseline, canary = ([sample for side, sample in seen if side == one] for one in key[1:])
        if not sent:
            _complain(baseline, canary)
        at = max(self._clock.now(), begun + timedelta(microseconds=1))
        return Poll(begun, at, scope.source.name, scope.weight, _counts(baseline), _counts(canary))

    def stop(self) -> None:
        """Wait for no answer any more."""
        for task in self._running:
            task.cancel()

    def _wanted(self, scope: Scope) -> Probing:
        options = scope.source.options
        if wrong := problems(options, "probes"):
            raise Permanent("; ".join(wrong))
        if not scope.subject.worker:
            raise Permanent(f"the Worker of {scope.subject.component.name} has no known name, so it cannot be asked")
        wanted = probing(options)
        if wanted.token_env and not self._secrets.get(wanted.token_env):
            raise Permanent(f"there is no {wanted.token_env}: set it in the bot's environment")
        return wanted

    async def _burst(self, scope: Scope, wanted: Probing, sent: set[Probe], number: int) -> None:
        """Both sides at once each time, in turns as to which goes first; none waits for another's answer."""
        sides = (scope.baseline, scope.canary)
        for at in range(number):
            if at:
                await self._clock.sleep(BURST / number)
            for version in sides if at % 2 else sides[::-1]:
                probe = self._group.create_task(self._probe(scope, wanted, version))
                self._running.add(probe)
                probe.add_done_callback(self._running.discard)
                sent.add(probe)

    async def _probe(self, scope: Scope, wanted: Probing, version: str) -> tuple[str, Sample]:
        place = scope.subject.environment
        url = place.url.rstrip("/") + (wanted.path or place.health.path)
        headers = {**wanted.headers, **bearer(wanted.token_env, self._secrets)}
        began, limit = self._clock.elapsed(), self._patience.probe.total_seconds()
        try:
            async with asyncio.timeout(limit):
                answer = await asked(self._client, wanted.method, url, headers, {scope.subject.worker: version})
        except TimeoutError:
            return version, unheard(Verdict(Mark.FAIL, f"no answer within {limit:g} s"), True, limit)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as trouble:
            return version, unheard(unanswered(trouble), _connected(trouble), self._clock.elapsed() - began)
        except Exception as trouble:
            # Whatever it is, it says nothing of the version, and raised in its task it would end all others.
            return version, Sample(False, why=f"it could not be asked ({type(trouble).__name__})")
        known = (scope.baseline, scope.canary)
        return version, answered(answer, version, known, wanted.status, self._clock.elapsed() - began)


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


def _complain(baseline: Sequence[Sample], canary: Sequence[Sample]) -> None:
    """A side of which nothing could be counted gives nothing to compare: say why."""
    for samples, word in ((baseline, "baseline"), (canary, "canary")):
        if not any(one.counted for one in samples):
            why, _ = Counter(one.why for one in samples).most_common(1)[0]
            raise Temporary(f"no probe could be counted for the {word}: {why}")
