"""One bare copy of one repository: brought up to date, asked, and put right after a kill.

A fetch that is asked for while another runs waits for the next one, which all that wait share: the running
one may have read the branches before the push that somebody is asking about.

A killed git leaves locks behind. Only this bot writes here (the workspace is locked), one fetch at a time, so
a lock found before a fetch belongs to nobody: it is removed, once at the start and after each fetch that did
not end by itself.
"""

import asyncio
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from adapters.git.address import Address
from adapters.git.client import Git, fetch_trouble, said
from bot.ports.errors import Temporary
from bot.ports.process import Ran

REFSPECS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
FETCH = (
    "fetch",
    "--quiet",
    "--prune",
    "--force",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-recurse-submodules",
)


class Mirror:
    """A repository at hand. `folder` is the repository's own in the workspace."""

    def __init__(self, git: Git, address: Address, folder: Path) -> None:
        self.address = address
        self.folder = folder
        self.repository = folder / "mirror.git"
        self._git = git
        self._fetching = asyncio.Lock()
        self._started = 0
        self._ended = 0
        self._whole = False
        self._met = False
        self._known: set[str] = set()
        """Commits that were seen here: what has come stays, until git tidies up."""

    async def fetch(self) -> None:
        """Bring all branches and tags; returns after a fetch that began after this was called."""
        asked = self._started
        async with self._fetching:
            # Whoever asks in the same moment shares this one.
            await asyncio.sleep(0)
            if self._ended > asked:
                return
            self._started += 1
            await self._repair()
            self._whole = False
            ran = await self._fetch()
            self._whole = True
            if ran.status != 0:
                raise fetch_trouble(self.address, ran)
            self._ended = self._started

    async def _fetch(self) -> Ran:
        argv = (*FETCH, "--end-of-options", self.address.url, *REFSPECS)
        deadline = self._git.settings.fetch_deadline
        return await self._git.run(self.address, self.repository, argv, deadline=deadline)

    async def _repair(self) -> None:
        """Make the repository where there is none yet, and remove what a killed command left."""
        if self._whole:
            return
        if not self._met:
            self._met = True
            await self._git.processes.ended(f"git/{self.address.folder}")
        if not self.repository.is_dir():
            await self._make()
        await asyncio.to_thread(remove_leftovers, self.repository)

    async def _make(self) -> None:
        """In a folder of its own first: a repository under its final name is a whole one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix="new-", dir=self.folder))
        ran = await self._git.run(self.address, new, ["init", "--quiet", "--bare", "--template="])
        if ran.status != 0:
            raise Temporary(f"git cannot make a repository: {said(ran)}", ran.tail)
        os.rename(new, self.repository)

    async def pack(self) -> None:
        """Let git put its files in order, if it finds that worth its while."""
        async with self._fetching:
            self._known.clear()
            if self.repository.is_dir():
                await self._git.run(self.address, self.repository, ["gc", "--auto", "--quiet"])

    async def read(self, argv: Sequence[str], stdin: bytes = b"") -> str:
        """What a command prints that must succeed."""
        return await self._git.read(self.address, self.repository, argv, stdin)

    async def run(self, argv: Sequence[str], tree: Path | None = None) -> Ran:
        """A command in the repository, or in one of its work trees."""
        repository = tree / ".git" if tree else self.repository
        return await self._git.run(self.address, repository, argv, tree=tree)

    async def kinds(self, names: Sequence[str]) -> list[str]:
        """For each object name its hash and kind, `… missing` or `… ambiguous`. Names travel by standard
        input.
        """
        lines = "".join(f"{name}\n" for name in names).encode()
        out = await self.read(["cat-file", "--batch-check=%(objectname) %(objecttype)"], lines)
        return [line for line in out.splitlines() if " " in line]

    async def has(self, sha: str) -> bool:
        """True where the commit is here."""
        if not self.repository.is_dir():
            return False
        if sha not in self._known and await self.kinds([f"{sha}^{{commit}}"]) == [f"{sha} commit"]:
            self._known.add(sha)
        return sha in self._known

    async def bring(self, sha: str) -> None:
        """Fetch unless the commit is here already."""
        if not await self.has(sha):
            await self.fetch()


def remove_leftovers(repository: Path) -> None:
    """Locks and half packs of killed commands; work trees are repaired by whoever makes them."""
    for folder, inner, files in os.walk(repository):
        if Path(folder) == repository:
            inner[:] = [one for one in inner if one != "worktrees"]
        for name in files:
            if name.endswith(".lock") or name.startswith("tmp_"):
                (Path(folder) / name).unlink(missing_ok=True)
