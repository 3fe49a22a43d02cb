"""A Worker's versions as the REST API tells them, newest first: those that can still be deployed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.cloudflare.client import NO_WORKER, Client, Declined
from adapters.cloudflare.deployments import annotation
from adapters.cloudflare.marks import carries
from adapters.cloudflare.settling import PAUSE, SHOWS_WITHIN, settled
from bot.ports.clock import Clock
from bot.ports.deployer import Act
from bot.ports.errors import Temporary

NO_VERSION = 100146
DEPLOYABLE = 100
"""How many of the newest versions Cloudflare lets a deployment name."""


@dataclass(frozen=True, slots=True)
class Version:
    """One upload, or one change of secrets."""

    id: str
    number: int = 0
    """Versions of a Worker are counted from 1; 0 where the API did not say."""
    message: str = ""
    by: str = ""
    """What made it, as the API calls it: `version_upload`, `upload`, `secret`, …"""


class Versions:
    """Reads them; changes nothing."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def read(self, worker: str) -> Sequence[Version]:
        """The newest `DEPLOYABLE`; empty where there is no such Worker."""
        try:
            path = self._client.script(worker, "versions")
            result = await self._client.get(path, {"deployable": "true"})
        except Declined as declined:
            if NO_WORKER.isdisjoint(declined.codes):
                raise
            return ()
        try:
            found = [_version(one) for one in result["items"]]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise Temporary("Cloudflare's list of versions has an unknown shape.") from error
        return tuple(sorted(found, key=lambda one: one.number, reverse=True))

    async def made_by(self, act: Act, worker: str) -> Version | None:
        """The newest version that the act uploaded, once the list has stopped changing."""
        found = await settled(lambda: self.read(worker), self._clock, f"The list of versions of {worker}")
        return next((one for one in found if carries(one.message, act)), None)

    async def shown(self, worker: str, version: str) -> Version | None:
        """That version, once the API knows it; None where it does not within some seconds."""
        for attempt in range(SHOWS_WITHIN):
            if attempt:
                await self._clock.sleep(PAUSE)
            if found := await self._detail(worker, version):
                return _version(found)
        return None

    async def secrets(self, worker: str, version: str) -> frozenset[str]:
        """Names of the secrets that are a part of that version."""
        detail = await self._detail(worker, version)
        try:
            bindings = detail["resources"]["bindings"] if detail else []
            return frozenset(str(one["name"]) for one in bindings if one["type"] == "secret_text")
        except (KeyError, TypeError) as error:
            raise Temporary(f"Cloudflare's answer about version {version[:8]} has an unknown shape.") from error

    async def _detail(self, worker: str, version: str) -> Mapping[str, Any] | None:
        try:
            result = await self._client.get(self._client.script(worker, "versions", version))
        except Declined as declined:
            if NO_VERSION in declined.codes:
                return None
            raise
        if not isinstance(result, dict) or "id" not in result:
            raise Temporary(f"Cloudflare's answer about version {version[:8]} has an unknown shape.")
        return result


def _version(one: Mapping[str, Any]) -> Version:
    number = one.get("number")
    return Version(
        str(one["id"]),
        number if isinstance(number, int) else 0,
        annotation(one, "workers/message"),
        annotation(one, "workers/triggered_by"),
    )
