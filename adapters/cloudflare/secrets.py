"""Names of a Worker's secrets, by REST; the API never gives their values back."""

from adapters.cloudflare.client import NO_WORKER, Client, Declined
from adapters.cloudflare.config import name_of
from bot.ports.deployer import Subject
from bot.ports.errors import Temporary


class CloudflareSecrets:
    """`Secrets` for Workers."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def names(self, subject: Subject) -> frozenset[str]:
        """See the port."""
        worker = await name_of(subject)
        try:
            result = await self._client.get(self._client.script(worker, "secrets"))
        except Declined as declined:
            if NO_WORKER.isdisjoint(declined.codes):
                raise
            return frozenset()
        if not isinstance(result, list):
            raise Temporary(f"Cloudflare's list of secrets of {worker} has an unknown shape.")
        return frozenset(str(one["name"]) for one in result if isinstance(one, dict) and "name" in one)
