"""Versions without traffic, through wrangler, and how they are found again.

A version is whole or it is not there, and nothing that wrangler does after making one is a part of it. So an upload
is done when the API knows a version under this act's message, whatever wrangler's exit status says: that is read
back by the id that wrangler wrote, or else looked for in the list once that has settled. wrangler sends an upload
again whose answer was lost or was a 5xx, so there may be several versions of one act: they are the same code, get no
traffic, and the newest counts.
"""

from typing import NoReturn

from adapters.cloudflare.client import NO_WORKER, Client
from adapters.cloudflare.config import Worker, name_of, worker_of
from adapters.cloudflare.marks import carries, deploy_message
from adapters.cloudflare.versions import Versions
from adapters.cloudflare.wrangler import Printed, Wrangler, why
from bot.domain.values import Commit, ComponentVersion
from bot.ports.deployer import Act, Subject
from bot.ports.errors import Doubtful, Permanent, Temporary
from bot.ports.process import Processes

OBJECTS_CHANGE = 10211
"""The API's code for an upload that would change Durable Objects."""


class Uploads:
    """`upload` and `uploaded` of the port."""

    def __init__(self, client: Client, wrangler: Wrangler, processes: Processes, versions: Versions) -> None:
        self._client = client
        self._wrangler = wrangler
        self._processes = processes
        self._versions = versions

    async def upload(self, act: Act, subject: Subject, commit: Commit) -> ComponentVersion:
        """See the port."""
        worker = await worker_of(subject)
        message = f"--message={deploy_message(act, commit)}"
        printed = await self._wrangler.run(act, worker, "versions", "upload", f"--tag={commit.sha}", message)
        version = printed.entry("version-upload").get("version_id")
        if printed.ran.status == 0 and isinstance(version, str) and version:
            await self._confirm(act, worker, version, printed)
        else:
            version = await self._left_behind(act, worker, printed)
        return ComponentVersion(subject.component.name, version, worker=worker.name)

    async def uploaded(self, act: Act, subject: Subject) -> ComponentVersion | None:
        """See the port."""
        worker = await name_of(subject)
        await self._processes.ended(act.cookie)
        found = await self._versions.made_by(act, worker)
        return ComponentVersion(subject.component.name, found.id, worker=worker) if found else None

    async def _confirm(self, act: Act, worker: Worker, version: str, printed: Printed) -> None:
        """Return when the API says that the version is the act's own."""
        try:
            found = await self._versions.shown(worker.name, version)
        except (Temporary, Permanent) as trouble:
            raise Doubtful(f"It was uploaded, but not read back: {trouble.reason}", printed.log) from trouble
        if found is None:
            raise Doubtful(f"Cloudflare took version {version[:8]} of {worker.name}, but does not know it.")
        if not carries(found.message, act):
            raise Doubtful(f"Version {version[:8]} of {worker.name} says {found.message!r}, not what was written.")

    async def _left_behind(self, act: Act, worker: Worker, printed: Printed) -> str:
        """The version that a wrangler made all the same that failed, or that said nothing of it."""
        reason = why(self._client, printed)
        try:
            found = await self._versions.made_by(act, worker.name)
        except (Temporary, Permanent) as trouble:
            sentence = f"wrangler failed ({reason}), and it cannot be read back: {trouble.reason}"
            raise Doubtful(sentence, printed.log) from trouble
        if found is None:
            await self._refuse(worker, printed, reason)
        return found.id

    async def _refuse(self, worker: Worker, printed: Printed, reason: str) -> NoReturn:
        """The error for an upload that made nothing, as far as the list shows."""
        if printed.unanswered:
            raise Doubtful(f"The answer to the upload of {worker.name} was lost: {reason}.", printed.log)
        if printed.passing:
            raise Temporary(f"{worker.name} was not uploaded: {reason}.", printed.log)
        if not printed.told:
            raise Doubtful(f"wrangler ended before the upload of {worker.name} was done: {reason}.", printed.log)
        # wrangler 4.164 says in its own words that there is no such Worker, without the API's code.
        never = printed.code in NO_WORKER or not await self._versions.read(worker.name)
        raise Permanent(f"wrangler uploaded nothing: {reason}.{_way_out(worker, printed.code, never)}", printed.log)


def _way_out(worker: Worker, code: int | None, never: bool) -> str:
    if never:
        return f' A first deploy cannot be gradual: deploy {worker.name} once with strategy = "direct".'
    if code == OBJECTS_CHANGE:
        return ' A change of Durable Objects cannot be gradual: deploy it with strategy = "direct".'
    return ""
