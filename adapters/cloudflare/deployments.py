"""A Worker's deployments as the REST API tells them, newest first; the first one is live.

Reading back. After a change the list is read until the change shows, for a few seconds: it may be told by
another machine than the one that took the change. After a lost answer or a killed wrangler a request may
still be on its way, so the list is read until it has stayed the same for `SETTLE`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from adapters.cloudflare.client import NO_WORKER, Client, Declined
from adapters.cloudflare.marks import carries
from adapters.cloudflare.settling import PAUSE, SHOWS_WITHIN, settled
from bot.domain.values import Live, Share
from bot.ports.clock import Clock
from bot.ports.deployer import Act
from bot.ports.errors import Temporary

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
        lives = parse(component, result)
        return (await self._signed(worker, lives[0], result), *lives[1:]) if lives else lives

    async def settled(self, component: str, worker: str) -> Lives:
        """The list once it has stopped changing."""
        return await settled(lambda: self.read(component, worker), self._clock, f"What is live of {worker}")

    async def showing(self, act: Act, worker: str, goal: Live) -> Lives:
        """The list once the act's deployment is in it or its goal is live, or else the last reading."""
        lives = await self.read(goal.component, worker)
        for _ in range(SHOWS_WITHIN - 1):
            if made_by(act, lives) or any(map(goal.same_traffic, lives[:1])):
                break
            await self._clock.sleep(PAUSE)
            lives = await self.read(goal.component, worker)
        return lives

    async def _signed(self, worker: str, live: Live, result: Any) -> Live:
        """What is live, with its version's message where an upload deployed by itself.

        That is so when a Worker is made, or has containers, or changes its Durable Objects: only the version
        is then sure to have the message. Whatever else moves traffic speaks for itself, or says nothing.
        """
        by_upload = annotation(result["deployments"][0], "workers/triggered_by") in {"", "upload"}
        if live.message or live.version is None or not by_upload:
            return live
        return replace(live, message=await self._message(worker, live.version))

    async def _message(self, worker: str, version: str) -> str:
        result = await self._client.get(self._client.script(worker, "versions", version))
        return annotation(result if isinstance(result, dict) else {}, "workers/message")


def made_by(act: Act, lives: Lives) -> Live | None:
    """The act's own deployment."""
    return next((live for live in lives if carries(live.message, act)), None)


def told(lives: Lives) -> str:
    """What is live, who brought it there, and what they said."""
    if not lives or not lives[0].shares:
        return "nothing"
    live = lives[0]
    by = f" by {live.author}" if live.author else ""
    return f"{spoken(live.shares)}{by}" + (f" ({live.message!r})" if live.message else "")


def spoken(shares: Sequence[Share]) -> str:
    """The shares for a person."""
    return ", ".join(f"{share.version[:8]} at {share.weight} %" for share in shares)


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
        message=annotation(one, "workers/message"),
        since=_time(one.get("created_on")),
    )


def _shares(versions: Sequence[Mapping[str, Any]]) -> tuple[Share, ...]:
    """Whole numbers that sum to what they summed to: the dashboard allows fractions.

    A fraction is never rounded to nothing or to all: 0 % gets no traffic, and 0.4 % gets some.
    """
    shares = [Share(str(one["version_id"]), _whole(float(one["percentage"]))) for one in versions]
    if len(shares) == 2:
        shares[1] = Share(shares[1].version, 100 - shares[0].weight)
    return tuple(shares)


def _whole(weight: float) -> int:
    return round(weight) if weight in {0.0, 100.0} else min(max(round(weight), 1), 99)


def annotation(one: Mapping[str, Any], name: str) -> str:
    """A note that a version or a deployment carries; empty where it has none of that name."""
    annotations = one.get("annotations")
    return str(annotations.get(name) or "") if isinstance(annotations, dict) else ""


def _time(text: Any) -> datetime | None:
    if not isinstance(text, str):
        return None
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return at if at.tzinfo else at.replace(tzinfo=UTC)
