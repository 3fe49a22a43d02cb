"""What is not part of a version: routes, schedules, queues' consumers and the workers.dev address, by wrangler; how
logs and traces are kept, by REST (wrangler itself sets that when it deploys a version, and not with the triggers).

Everything is set to what the checkout says, so all of it may be repeated. wrangler writes no entry of this command,
and 4.86 ends with 0 after a signal: its closing line is taken as its word that it came to the end, and where that is
missing the schedules and the workers.dev address are read back. Routes are then as sure as wrangler's exit status.
"""

import re
from collections.abc import Mapping
from typing import Any, NoReturn

from adapters.cloudflare.client import Client
from adapters.cloudflare.config import Worker, worker_of
from adapters.cloudflare.wrangler import Printed, Wrangler, why
from bot.ports.deployer import Act, Subject
from bot.ports.errors import Doubtful, Permanent, Temporary

_CLOSING = re.compile(r"^(Deployed .* triggers|No deploy targets for)\b")
INHERITED = ("logpush", "observability")
OWN = ("tail_consumers", "streaming_tail_consumers")
"""Settings beside the versions: the former an environment inherits from the top level, the latter it does not."""


class Triggers:
    """`settle` of the port."""

    def __init__(self, client: Client, wrangler: Wrangler) -> None:
        self._client = client
        self._wrangler = wrangler

    async def settle(self, act: Act, subject: Subject) -> None:
        """See the port."""
        worker = await worker_of(subject)
        printed = await self._wrangler.run(act, worker, "triggers", "deploy")
        if not await self._came_to_the_end(worker, printed):
            self._failed(worker, printed)
        if settings := _settings(worker):
            await self._client.patch(self._client.script(worker.name, "script-settings"), settings)

    def _failed(self, worker: Worker, printed: Printed) -> NoReturn:
        what, reason = f"Routes, schedules or the workers.dev address of {worker.name}", why(self._client, printed)
        if printed.unanswered or not printed.told:
            raise Doubtful(f"{what} may not be set: {reason}.", printed.log)
        raise (Temporary if printed.passing else Permanent)(f"{what} were not set: {reason}.", printed.log)

    async def _came_to_the_end(self, worker: Worker, printed: Printed) -> bool:
        if printed.ran.status != 0:
            return False
        return any(_CLOSING.match(line) for line in printed.ran.tail) or await self._as_wanted(worker)

    async def _as_wanted(self, worker: Worker) -> bool:
        """Whether schedules and the address are what the checkout says, as far as it says so itself."""
        triggers, wanted = worker.setting("triggers"), worker.setting("workers_dev")
        crons = triggers.get("crons") if isinstance(triggers, dict) else None
        if not isinstance(wanted, bool):
            wanted = not (worker.setting("routes") or worker.setting("route"))
        address = await self._client.get(self._client.script(worker.name, "subdomain"))
        if not isinstance(address, dict) or address.get("enabled") is not wanted:
            return False
        return not isinstance(crons, list) or await self._crons(worker) == set(map(str, crons))

    async def _crons(self, worker: Worker) -> set[str]:
        result = await self._client.get(self._client.script(worker.name, "schedules"))
        listed = result.get("schedules") if isinstance(result, dict) else None
        return {str(one.get("cron")) for one in listed or [] if isinstance(one, dict)}


def _settings(worker: Worker) -> Mapping[str, Any]:
    """What the checkout says of them; what it does not mention is left as it is."""
    found = {name: worker.setting(name) for name in INHERITED} | {name: worker.section.get(name) for name in OWN}
    return {name: value for name, value in found.items() if value is not None}
