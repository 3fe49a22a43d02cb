"""What differs between what is live of a Worker and the checkout, as far as the API and the configuration tell."""

from collections.abc import Sequence
from itertools import takewhile

from adapters.cloudflare.client import Client
from adapters.cloudflare.config import Worker
from adapters.cloudflare.versions import Version, Versions
from bot.domain.values import Live
from bot.ports.errors import Temporary


class Changes:
    """Reads; changes nothing."""

    def __init__(self, client: Client, versions: Versions) -> None:
        self._client = client
        self._versions = versions

    async def objects(self, worker: Worker) -> str:
        """How Durable Objects would change: migrations that the live script has not seen; empty where nothing would."""
        migrations = worker.setting("migrations")
        if not isinstance(migrations, list) or not migrations:
            return ""
        wanted = migrations[-1].get("tag") if isinstance(migrations[-1], dict) else None
        there = await self._migration_tag(worker)
        return "" if wanted == there else f"the configuration is at {wanted!r}, what is live at {there or 'none'!r}"

    async def _migration_tag(self, worker: Worker) -> str:
        result = await self._client.get(self._client.account("workers", "scripts"))
        if not isinstance(result, list):
            raise Temporary("Cloudflare's list of Workers has an unknown shape.")
        tags = [one.get("migration_tag") for one in result if isinstance(one, dict) and one.get("id") == worker.name]
        return str(tags[0] or "") if tags else ""

    async def newer(self, worker: Worker, live: Live) -> Sequence[Version]:
        """Versions that were made after the live one, newest first."""
        known = await self._versions.read(worker.name)
        return list(takewhile(lambda one: one.id != live.version, known))

    async def secrets(self, worker: Worker, live: Live, newer: Sequence[Version]) -> str | None:
        """Names of the secrets that were changed since the live version was made, empty where the API tells that some
        were, but not which; None where none were. An upload takes those of the newest version.
        """
        if not newer:
            return None
        ours = await self._versions.secrets(worker.name, newer[0].id)
        theirs = await self._versions.secrets(worker.name, live.version or "")
        names = ", ".join(sorted(ours ^ theirs))
        return names if names or any(one.by == "secret" for one in newer) else None
