"""A Worker's deployments as the REST API tells them, newest first; the first one is live.

Reading back. After a change the list is read until the change shows, for a few seconds: it may be told by
another machine than the one that took the change. After a lost answer or a killed wrangler a request may
still be on its way, so the list is read until it has stayed the same for `SETTLE`.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.cloudflare.client import NO_WORKER, Client, Declined
from adapters.cloudflare.marks import carries, signed_by_outrider
from bot.domain.values import Live, Share
from bot.ports.clock import Clock
from bot.ports.deployer import Act
from bot.ports.errors import Doubtful, Temporary

PAUSE = timedelta(seconds=1)
SETTLE = 3
"""Readings in a row, one pause apart, that must be the same."""
LONGEST_SETTLE = 30
"""Readings after which a list that keeps changing is given up."""
SHOWS_WITHIN = 8
"""Readings, one pause apart, in which a change must show."""
Lives = Sequence[Live]


class Deployments:
    """Reads them; changes nothing."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def read(self, component: str, worker: str) -> Lives:
        """All that the API lists; empty where the Worker was never deployed."""
        try:
            result = await self._client.get(self._client.script(worker, "deployments"))
        except Declined as declined:
            if NO_WORKER.isdisjoint(declined.codes):
                raise
            return ()
        return parse(component, result)

    async def settled(self, component: str, worker: str) -> Lives:
        """The list once it has stopped changing."""
        before = await self.read(component, worker)
        same = 1
        for _ in range(LONGEST_SETTLE):
            if same >= SETTLE:
                return before
            await self._clock.sleep(PAUSE)
            now = await self.read(component, worker)
            same = same + 1 if now == before else 1
            before = now
        raise Doubtful(f"What is live of {worker} keeps changing.")

    async def showing(self, act: Act, worker: str, goal: Live) -> Lives:
        """The list once the act's deployment is in it or its goal is live, or else the last reading."""
        lives = await self.read(goal.component, worker)
        for _ in range(SHOWS_WITHIN - 1):
            if any(carries(live.message, act) for live in lives) or any(map(goal.same_traffic, lives[:1])):
                break
            await self._clock.sleep(PAUSE)
            lives = await self.read(goal.component, worker)
        return lives

    async def made_by(self, act: Act, worker: str, lives: Lives) -> Live | None:
        """The act's own deployment.

        The upload that makes a Worker (or changes its Durable Objects) deploys by itself, and only its
        version is sure to have the message: so a live version that nobody else claims is asked for its own.
        """
        own = next((live for live in lives if carries(live.message, act)), None)
        if own or not lives or lives[0].version is None or signed_by_outrider(lives[0].message):
            return own
        return lives[0] if carries(await self._message(worker, lives[0].version), act) else None

    async def _message(self, worker: str, version: str) -> str:
        result = await self._client.get(self._client.script(worker, "versions", version))
        return _annotation(result if isinstance(result, dict) else {}, "workers/message")


def parse(component: str, result: Any) -> Lives:
    """The API's list; raises `Temporary` for a shape that nobody knows."""
    try:
        return tuple(_live(component, one) for one in result["deployments"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Temporary("Cloudflare's list of deployments has an unknown shape.") from error


def _live(component: str, one: Mapping[str, Any]) -> Live:
    return Live(
        component=component,
        shares=_shares(one["versions"]),
        deployment=str(one["id"]),
        author=str(one.get("author_email") or one.get("source") or ""),
        message=_annotation(one, "workers/message"),
        since=_time(one.get("created_on")),
    )


def _shares(versions: Sequence[Mapping[str, Any]]) -> tuple[Share, ...]:
    """Whole numbers that sum to what they summed to: the dashboard allows fractions."""
    shares = [Share(str(one["version_id"]), round(float(one["percentage"]))) for one in versions]
    if len(shares) == 2:
        shares[1] = Share(shares[1].version, 100 - shares[0].weight)
    return tuple(shares)


def _annotation(one: Mapping[str, Any], name: str) -> str:
    annotations = one.get("annotations")
    return str(annotations.get(name) or "") if isinstance(annotations, dict) else ""


def _time(text: Any) -> datetime | None:
    if not isinstance(text, str):
        return None
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return at if at.tzinfo else at.replace(tzinfo=UTC)
