"""What a rollback from the checkout's release to the live version would meet, told before anything is changed.

It is not what speaks against splitting traffic (`obstacles`). By Cloudflare's documentation of rollbacks and of
containers, and by what the API answers:

- Refused: a Durable Object migration lies in between; the version is not among the newest ones; there is none. While
  somebody else's deployment is in progress there is no single version to go back to.
- Asked before (code 10220): secrets that were changed since, as those of the old version come back with it.
- Left as it is: the image of a container, which is no part of a version; and all data.
- No matter at all: the format of the code, and the Worker's name, which only splitting minds.

A bound KV namespace, bucket or queue that somebody deletes later cannot be foreseen; then the provider refuses.
"""

from adapters.cloudflare.changes import Changes
from adapters.cloudflare.config import Worker, worker_of
from adapters.cloudflare.deployments import Deployments, told
from adapters.cloudflare.versions import DEPLOYABLE
from bot.domain.values import Live, Reach
from bot.ports.deployer import Subject


class Reaches:
    """`reach` of the port."""

    def __init__(self, deployments: Deployments, changes: Changes) -> None:
        self._deployments = deployments
        self._changes = changes

    async def of(self, subject: Subject) -> Reach:
        """See the port."""
        worker = await worker_of(subject)
        lives = await self._deployments.read(subject.component.name, worker.name)
        if not lives or not lives[0].shares:
            return Reach(f"{subject.component.name} had no earlier release")
        if lives[0].split:
            return Reach(f"another deployment of {worker.name} is in progress: {told(lives)}")
        return await self._from(worker, lives[0])

    async def _from(self, worker: Worker, live: Live) -> Reach:
        limits = [f"the image of {worker.name}'s containers stays"] if worker.section.get("containers") else []
        newer = await self._changes.newer(worker, live)
        if len(newer) >= DEPLOYABLE - 1:
            old = f"the live version of {worker.name} will not be among the {DEPLOYABLE} newest, which alone come back"
            return Reach(old, tuple(limits))
        if gap := await self._changes.objects(worker):
            return Reach(f"Durable Objects of {worker.name} change, for good ({gap})", tuple(limits))
        secrets = await self._changes.secrets(worker, live, newer)
        if secrets is not None:
            which = f" ({secrets})" if secrets else ""
            limits.append(f"it asks first, as secrets of {worker.name} were changed since{which}")
        return Reach(limits=tuple(limits))
