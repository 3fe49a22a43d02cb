"""Brings Workers live through wrangler, moves traffic by one REST call, and reads back after both.

A deploy. Guard (what is live is `expected`, and not split: wrangler itself would only warn), wrangler, read
back. A deploy is done when wrangler ended with 0 AND wrote a version id AND that version is live at 100 %
under this act's message. Where wrangler failed, what it left behind decides the sentence: nothing, or
traffic that moved before a later step (routes, schedules) failed.

A switch. Reading what is live comes first (as guard, to send nothing where nothing changes, and to warm the
connection), then one POST, which is never repeated, then reading back.

What became of an act is asked once none of its processes is left and the list of deployments has settled.
DONE means that the act's deployment exists; of a wrangler that died after that, routes and schedules may be
unset, which is for verification to find.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

from adapters.cloudflare.access import account_access
from adapters.cloudflare.bundle import digest
from adapters.cloudflare.changes import Changes
from adapters.cloudflare.client import SECRETS_DIFFER, Client, Declined
from adapters.cloudflare.config import Worker, name_of, worker_of
from adapters.cloudflare.deployments import Deployments, Lives, made_by, spoken, told
from adapters.cloudflare.marks import deploy_message, switch_message
from adapters.cloudflare.obstacles import Obstacles
from adapters.cloudflare.reach import Reaches
from adapters.cloudflare.triggers import Triggers
from adapters.cloudflare.uploads import Uploads
from adapters.cloudflare.versions import Versions
from adapters.cloudflare.wrangler import Printed, Wrangler, why
from bot.domain.targets import Component
from bot.domain.values import Commit, ComponentVersion, Live, Reach, Share
from bot.ports.clock import Clock
from bot.ports.deployer import Act, Built, Fate, Subject
from bot.ports.errors import Conflict, Differs, Doubtful, Permanent, Temporary, Trouble
from bot.ports.process import Processes

BUILD_DEADLINE = timedelta(minutes=10)


class CloudflareDeployer:
    """`Deployer` for Workers."""

    def __init__(self, client: Client, wrangler: Wrangler, processes: Processes, clock: Clock) -> None:
        self._client = client
        self._wrangler = wrangler
        self._processes = processes
        self._deployments = Deployments(client, clock)
        versions = Versions(client, clock)
        self._uploads = Uploads(client, wrangler, processes, versions)
        changes = Changes(client, versions)
        self._obstacles = Obstacles(self._deployments, changes)
        self._reaches = Reaches(self._deployments, changes)
        self._triggers = Triggers(client, wrangler)

    async def live(self, subject: Subject) -> Live:
        """See the port."""
        name = await name_of(subject)
        return _first(subject, name, await self._deployments.read(subject.component.name, name))

    async def build(self, act: Act, subject: Subject) -> Built:
        """See the port. The project's own build and wrangler's see no token."""
        worker = await worker_of(subject)
        await self._own_build(act, subject.component, worker)
        with TemporaryDirectory(prefix="outrider-") as folder:
            words = ("deploy", "--dry-run", f"--outdir={folder}")
            printed = await self._wrangler.run(act, worker, *words, offline=True)
            made = await asyncio.to_thread(digest, Path(folder)) if printed.ran.status == 0 else ""
        if not made:
            raise Permanent(f"The bundle failed: {why(self._client, printed)}.", printed.log)
        return Built(made)

    async def deploy(self, act: Act, subject: Subject, commit: Commit, expected: Live) -> Live:
        """See the port."""
        worker = await worker_of(subject)
        before = await self.live(subject)
        _guard(before, expected)
        if before.split:
            raise Permanent(f"Traffic of {worker.name} is split ({spoken(before.shares)}): end that rollout first.")
        message = f"--message={deploy_message(act, commit)}"
        printed = await self._wrangler.run(act, worker, "deploy", f"--tag={commit.sha}", message)
        version = printed.entry("deploy").get("version_id")
        if printed.ran.status != 0 or not isinstance(version, str) or not version:
            await self._failed(act, subject, worker, printed)
        return await self._confirmed(act, subject, worker.name, (Share(str(version), 100),))

    async def switch(
        self,
        act: Act,
        subject: Subject,
        shares: tuple[Share, ...],
        expected: Live | None,
        force: bool = False,
    ) -> Live:
        """See the port."""
        _check(shares)
        worker = await name_of(subject)
        before = await self.live(subject)
        if before.same_traffic(Live(subject.component.name, shares)):
            return before
        if expected is not None:
            _guard(before, expected)
        await self._move(act, worker, shares, force)
        return await self._confirmed(act, subject, worker, shares)

    async def upload(self, act: Act, subject: Subject, commit: Commit) -> ComponentVersion:
        """See the port."""
        return await self._uploads.upload(act, subject, commit)

    async def uploaded(self, act: Act, subject: Subject) -> ComponentVersion | None:
        """See the port."""
        return await self._uploads.uploaded(act, subject)

    async def obstacles(self, subject: Subject) -> tuple[str, ...]:
        """See the port."""
        return await self._obstacles.of(subject)

    async def reach(self, subject: Subject) -> Reach:
        """See the port."""
        return await self._reaches.of(subject)

    async def settle(self, act: Act, subject: Subject) -> None:
        """See the port."""
        await self._triggers.settle(act, subject)

    async def became_of(self, act: Act, subject: Subject) -> tuple[Fate, Live]:
        """See the port."""
        worker = await name_of(subject)
        await self._processes.ended(act.cookie)
        lives = await self._deployments.settled(subject.component.name, worker)
        own = made_by(act, lives)
        return (Fate.DONE if own else Fate.NOT_DONE), _first(subject, worker, lives)

    async def verify_access(self, subjects: Sequence[Subject] = ()) -> Sequence[tuple[bool, str]]:
        """For `outrider check`: what works, and what to do about what does not. Never raises a `Trouble`."""
        account = await account_access(self._client)
        return [account, *[await self._access(subject) for subject in subjects if account[0]]]

    async def _access(self, subject: Subject) -> tuple[bool, str]:
        try:
            live = await self.live(subject)
            name = await name_of(subject)
        except Trouble as trouble:
            return False, trouble.reason
        return True, f"Worker {name}: {spoken(live.shares) or 'not deployed yet'}."

    async def _own_build(self, act: Act, component: Component, worker: Worker) -> None:
        if not component.build:
            return
        ran = await self._processes.run(
            component.build,
            cwd=worker.folder,
            env={"CI": "1", "NO_COLOR": "1"},
            deadline=BUILD_DEADLINE,
            lines=act.lines,
            cookie=act.cookie,
        )
        if ran.status != 0:
            raise Permanent(f"The build of {component.name} failed with status {ran.status}.", ran.tail)

    async def _move(self, act: Act, worker: str, shares: tuple[Share, ...], force: bool) -> None:
        """The one request that moves traffic."""
        body = {
            "strategy": "percentage",
            "versions": [{"version_id": share.version, "percentage": share.weight} for share in shares],
            "annotations": {"workers/message": switch_message(act, shares)},
        }
        try:
            params = {"force": "true"} if force else None
            await self._client.post(self._client.script(worker, "deployments"), body, params)
        except Declined as declined:
            if SECRETS_DIFFER in declined.codes:
                raise _differs(worker, declined) from declined
            raise

    async def _confirmed(self, act: Act, subject: Subject, worker: str, shares: tuple[Share, ...]) -> Live:
        """What is live, once it is this act's own; a reading that fails leaves the act in doubt."""
        goal = Live(subject.component.name, shares)
        try:
            lives = await self._deployments.showing(act, worker, goal)
            own = made_by(act, lives)
        except Temporary as trouble:
            raise Doubtful(f"It was sent, but not read back: {trouble.reason}") from trouble
        if own is None:
            raise Doubtful(f"Cloudflare took it, but does not list it: live of {worker} is {told(lives)}.")
        if own != lives[0]:
            raise Permanent(f"It was live and was replaced at once: {told(lives)}.")
        if not own.same_traffic(goal):
            raise Permanent(f"Cloudflare made other shares live than were asked for: {spoken(own.shares)}.")
        return replace(own, worker=worker)

    async def _failed(self, act: Act, subject: Subject, worker: Worker, printed: Printed) -> NoReturn:
        """What a failed deploy left behind, as the error to raise."""
        reason = why(self._client, printed)
        try:
            lives = await self._deployments.settled(subject.component.name, worker.name)
            own = made_by(act, lives)
        except Temporary as trouble:
            raise Doubtful(f"wrangler failed ({reason}), and it cannot be read back: {trouble.reason}") from trouble
        if own is None:
            raise Permanent(f"wrangler deployed nothing: {reason}.", printed.log)
        raise Permanent(
            f"Traffic moved to {spoken(own.shares)}, but wrangler did not finish ({reason}): "
            "routes, schedules or the workers.dev address may not be set.",
            printed.log,
        )


def _first(subject: Subject, worker: str, lives: Lives) -> Live:
    return replace(lives[0] if lives else Live(subject.component.name), worker=worker)


def _guard(before: Live, expected: Live) -> None:
    """Somebody else's deployment is never overwritten unseen."""
    if not before.same_traffic(expected):
        raise Conflict(f"Somebody else was first: live is {told((before,))}.")


def _check(shares: tuple[Share, ...]) -> None:
    """What Cloudflare would refuse anyway, in a sentence. A version at 0 % is one that probes can ask for."""
    versions = {share.version for share in shares}
    weights = [share.weight for share in shares]
    if len(versions) != len(shares) or len(shares) not in {1, 2} or sum(weights) != 100 or min(weights) < 0:
        raise Permanent(f"Traffic goes to one or two versions with 100 % together, not to {spoken(shares)!r}.")


def _differs(worker: str, declined: Declined) -> Differs:
    """The names stand at the end of the API's sentence, after a colon."""
    listed = declined.said.rpartition(":")[2] if ":" in declined.said else ""
    names = [name for part in listed.rstrip(".").split(",") if (name := part.strip())]
    what = ", ".join(names) or "some"
    return Differs(
        f"Secrets of {worker} were changed since that version: {what}. Going back brings the old ones.", names
    )
