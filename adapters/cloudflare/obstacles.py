"""Why a component's traffic cannot be split between what is live and the checkout, said before anything is changed.

From the checkout's configuration and what the API lists; nothing is built or sent. What follows from it:

- A file can be told to be no module (it exports nothing by default) only where it is in the checkout: a build may
  still have to make it. Then the upload is what refuses.
- Of secrets the API tells names, and which versions were made by changing one; values it never tells. Its own last
  word is code 10220 when traffic is moved.

Sources: Cloudflare's documentation of versions and of gradual deployments (ES modules only; no Durable Object
migration; the 100 newest versions), and what wrangler decides by (`migrations` against the script's migration tag,
the entry file's exports, `site`).
"""

import asyncio
import re
from collections.abc import Sequence
from typing import Any

from adapters.cloudflare.changes import Changes
from adapters.cloudflare.config import Worker, worker_of
from adapters.cloudflare.deployments import Deployments, told
from adapters.cloudflare.versions import DEPLOYABLE
from bot.domain.values import Live
from bot.ports.deployer import Subject

DIRECT = 'deploy it with strategy = "direct"'
_LARGEST = 4 * 1024 * 1024
_KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")
"""What the version override header can name: a key of RFC 8941, section 3.1.2."""
_EXPORT, _DEFAULT = re.compile(r"\bexport\b"), re.compile(r"\bdefault\b")


class Obstacles:
    """`obstacles` of the port."""

    def __init__(self, deployments: Deployments, changes: Changes) -> None:
        self._deployments = deployments
        self._changes = changes

    async def of(self, subject: Subject) -> tuple[str, ...]:
        """See the port."""
        worker = await worker_of(subject)
        found = await asyncio.to_thread(_of_checkout, worker)
        lives = await self._deployments.read(subject.component.name, worker.name)
        if not lives or not lives[0].shares:
            never = f"{worker.name} was never deployed, and a first deploy takes all the traffic: {DIRECT}."
            return (never, *found)
        if lives[0].split:
            return (f"Traffic of {worker.name} is split already: {told(lives)}. Finish or undo that first.", *found)
        return (*found, *await self._of_objects(worker), *await self._of_versions(worker, lives[0]))

    async def _of_objects(self, worker: Worker) -> Sequence[str]:
        gap = await self._changes.objects(worker)
        return (
            (f"Durable Objects of {worker.name} would change ({gap}), which moves all at once: {DIRECT}.",)
            if gap
            else ()
        )

    async def _of_versions(self, worker: Worker, live: Live) -> Sequence[str]:
        newer = await self._changes.newer(worker, live)
        if len(newer) >= DEPLOYABLE - 1:
            old = (
                f"The live version of {worker.name} is not among the {DEPLOYABLE} newest, which alone can share traffic"
            )
            return (f"{old}: {DIRECT}.",)
        names = await self._changes.secrets(worker, live, newer)
        if names is None:
            return ()
        what = f"Secrets of {worker.name} were changed after its live version was made"
        return (f"{what}{f' ({names})' if names else ''}, and a new version would get them: {DIRECT}.",)


def _of_checkout(worker: Worker) -> Sequence[str]:
    """What the configuration and the entry file say by themselves."""
    found = []
    if worker.section.get("containers"):
        found.append(f"{worker.name} has containers: image and code go live as one, all at once: {DIRECT}.")
    if worker.top.get("site"):
        found.append(f"{worker.name} is a Workers Site (`site`), which has no versions without traffic: {DIRECT}.")
    if not _KEY.fullmatch(worker.name):
        unheard = "is no name that the version override header can carry (it must begin with a small letter)"
        found.append(f"{worker.name} {unheard}, so nothing can be proven before traffic: {DIRECT}.")
    if _no_module(worker):
        found.append(f"{worker.name} is in service-worker format, which has no gradual deployments: {DIRECT}.")
    return found


def _no_module(worker: Worker) -> bool:
    """True where the entry file is there and surely has no default export; wrangler looks at that file alone."""
    main: Any = worker.setting("main")
    if not isinstance(main, str):
        return False
    path = (worker.config.parent / main).resolve()
    if not path.is_relative_to(worker.root) or not path.is_file() or path.suffix == ".py":
        return False
    if path.stat().st_size > _LARGEST:
        return False
    text = path.read_text("utf-8", "replace")
    return not (_EXPORT.search(text) and _DEFAULT.search(text))
