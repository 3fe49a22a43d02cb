"""The kind `http`: counters that the application keeps itself, told as JSON or on a page in Prometheus' text format.

Either one answer has both versions, by their ids; or each version is asked for its own, by the version override
header, and its answer must name it. A Worker's memory is no place for such counters: each of its many isolates has its
own, and which one answers is chance. They belong into a Durable Object, a container, or a service beside it.

The first answer is where counting begins, so it tells nothing yet; what each later one has more is the poll.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import httpx

from adapters.http import page
from adapters.http.client import MOST_BYTES, Answer, unanswered
from adapters.http.counters import Read, Unread, read, side, timed
from adapters.http.pinned import asked, bearer
from adapters.http.sources import PAGE, Counting, counting, problems
from adapters.http.version import named
from bot.domain.analysis.counts import Counts, Poll
from bot.domain.analysis.series import Reading, between
from bot.ports.clock import Clock
from bot.ports.errors import Permanent, Temporary
from bot.ports.metrics import Scope

PATIENCE = timedelta(seconds=5)
"""All sources are looked at together, so a slow one holds up what the others have found."""
UNCHANGED = datetime.min.replace(tzinfo=UTC)
"""When the weight was last set is not known here; whoever judges drops polls in whose time it was."""
NOTHING = Read(Counts(), {})

Key = tuple[str, str, str]
_T = TypeVar("_T")


class Endpoint:
    """`bot.ports.metrics.Metrics`."""

    def __init__(
        self, client: httpx.AsyncClient, clock: Clock, secrets: Mapping[str, str], patience: timedelta = PATIENCE
    ) -> None:
        self._client = client
        self._clock = clock
        self._secrets = secrets
        self._patience = patience.total_seconds()
        self._last: dict[Key, Reading] = {}

    async def count(self, scope: Scope, since: datetime) -> Poll | None:
        """See the port. Counts from its own last answer; None for the first, `Temporary` after counters that fell."""
        wanted = self._wanted(scope)
        sides = await self._sides(scope, wanted)
        baseline, canary = sides
        name = scope.source.name
        now = Reading(self._clock.now(), name, scope.weight, UNCHANGED, baseline.counts, canary.counts)
        key = (name, scope.baseline, scope.canary)
        before = self._last.get(key)
        self._last = {one: reading for one, reading in self._last.items() if one[0] != name} | {key: now}
        poll = between(before, now) if before else None
        if poll is None and before is not None and before.weight == now.weight and before.at < now.at:
            raise Temporary("a counter fell, so what is new in it is not known: counting goes on from here")
        if poll is None:
            return None
        return replace(
            poll, baseline=timed(poll.baseline, baseline.quantiles), canary=timed(poll.canary, canary.quantiles)
        )

    def _wanted(self, scope: Scope) -> Counting:
        if wrong := problems(scope.source.options, "http"):
            raise Permanent("; ".join(wrong))
        wanted = counting(scope.source.options)
        if wanted.token_env and not self._secrets.get(wanted.token_env):
            raise Permanent(f"there is no {wanted.token_env}: set it in the bot's environment")
        return wanted

    async def _sides(self, scope: Scope, wanted: Counting) -> tuple[Read, Read]:
        """Both sides' counters, baseline first."""
        if wanted.together:
            answer = await self._ask(scope, wanted, {})
            return _readable(lambda: _both([_read(answer, wanted, one) for one in _versions(scope)], wanted))
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._own(scope, wanted, one)) for one in _versions(scope)]
        told = [_told(task.result()) for task in tasks]
        return _readable(lambda: _both(told, wanted))

    async def _own(self, scope: Scope, wanted: Counting, version: str) -> Read | Temporary | None:
        """One version's counters, or why there are none: the other version is asked all the same."""
        try:
            answer = await self._ask(scope, wanted, {scope.subject.worker: version})
            return _readable(lambda: _named(answer, wanted, scope, version))
        except Temporary as trouble:
            return trouble

    async def _ask(self, scope: Scope, wanted: Counting, pins: Mapping[str, str]) -> Answer:
        url = wanted.url or scope.subject.environment.url.rstrip("/") + wanted.path
        accepted = "text/plain; version=0.0.4" if wanted.format == PAGE else "application/json"
        headers = {"Accept": accepted, **wanted.headers, **bearer(wanted.token_env, self._secrets)}
        try:
            async with asyncio.timeout(self._patience):
                answer = await asked(self._client, "GET", url, headers, pins)
        except TimeoutError:
            raise Temporary(f"the counters did not come within {self._patience:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as trouble:
            raise Temporary(f"the counters cannot be had: {unanswered(trouble).reason}") from trouble
        if answer.status != 200:
            raise Temporary(f"the counters cannot be had: status {answer.status}")
        return answer


def _versions(scope: Scope) -> Sequence[str]:
    return scope.baseline, scope.canary


def _named(answer: Answer, wanted: Counting, scope: Scope, version: str) -> Read | None:
    if named(answer, _versions(scope)) != version:
        raise Unread(f"the answer does not name version {version[:8]}, which was asked for")
    return _read(answer, wanted, version)


def _read(answer: Answer, wanted: Counting, version: str) -> Read | None:
    """What the answer says of that version; None where it does not know it."""
    if not answer.whole:
        raise Unread(f"the document is longer than {MOST_BYTES // 1024} KiB")
    if wanted.format == PAGE:
        return page.read(answer.body.decode("utf-8", "replace"), wanted, version)
    document = _parsed(answer)
    return side(document, wanted, version) if wanted.versions else read(document, wanted)


def _both(found: Sequence[Read | None], wanted: Counting) -> tuple[Read, Read]:
    """A version that nobody has met yet is not there: it has counted nothing. One of them must be."""
    if not any(found):
        of_page = f"no line of it is {wanted.requests}, for either version"
        raise Unread(of_page if wanted.format == PAGE else f"{wanted.versions} has neither version")
    baseline, canary = (one or NOTHING for one in found)
    return baseline, canary


def _parsed(answer: Answer) -> object:
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        raise Unread("the document is no JSON") from None


def _readable(how: Callable[[], _T]) -> _T:
    try:
        return how()
    except Unread as odd:
        raise Temporary(f"the counters cannot be read: {odd}") from odd
    except RecursionError:
        raise Temporary("the counters cannot be read: the document is nested too deeply") from None


def _told(found: Read | Temporary | None) -> Read | None:
    if isinstance(found, Temporary):
        raise found
    return found
