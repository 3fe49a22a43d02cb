"""Checkouts: one work tree for each commit, made once, whole or not there at all.

The note that a work tree is ready is written last. A work tree without its note is the remains of a kill: it
is thrown away, with git's own record of it, and made again. One with its note is still looked at before it is
handed out: a gate or a build may have changed tracked files, and what was pinned is what is built.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path

from adapters.git.client import said
from adapters.git.install import DONE, Installer
from adapters.git.layout import Layout, everything, read, size, to_remove, touch, used, write
from adapters.git.mirror import Mirror
from adapters.git.settings import Settings
from bot.ports.clock import Clock
from bot.ports.errors import Permanent, Temporary

STATUS = ("status", "--porcelain=v2", "--branch", "--untracked-files=no", "--ignore-submodules=all")


class Workspace:
    """All checkouts of one bot."""

    def __init__(self, layout: Layout, settings: Settings, installer: Installer, clock: Clock) -> None:
        self._layout = layout
        self._settings = settings
        self._installer = installer
        self._clock = clock
        self._locks: dict[str, asyncio.Lock] = {}

    async def checkout(self, mirror: Mirror, sha: str) -> Path:
        """The folder with that commit and its dependencies. `Permanent` where the repository has no such
        commit.
        """
        tree = self._layout.tree(mirror.address.folder, sha)
        note = self._layout.ready(mirror.address.folder, sha)
        async with self._lock(sha):
            if not await self._usable(mirror, tree, note, sha):
                await self._make(mirror, tree, note, sha)
            await asyncio.to_thread(touch, note, self._clock.now())
        return tree

    async def tidy(self, in_use: Collection[str] = ()) -> list[Path]:
        """Remove what is too old or too much, but nothing of the commits `in_use`; what was removed."""
        kept = await asyncio.to_thread(everything, self._layout)
        removed = []
        for one in to_remove(kept, self._clock.now(), self._settings, in_use):
            async with self._lock(one.folder.name):
                # While this waited for the lock somebody may have asked for it.
                if await asyncio.to_thread(used, one.note) == one.used:
                    await asyncio.to_thread(self._remove, one.note, one.folder)
                    removed.append(one.folder)
        return removed

    def _lock(self, name: str) -> asyncio.Lock:
        return self._locks.setdefault(name, asyncio.Lock())

    async def _usable(self, mirror: Mirror, tree: Path, note: Path, sha: str) -> bool:
        """True where the work tree is whole and holds that commit, after a reset if need be."""
        content = await asyncio.to_thread(read, note)
        if content is None or not all((tree / one / DONE).is_file() for one in content.get("modules", ())):
            return False
        if await self._pristine(mirror, tree, sha):
            return True
        ran = await mirror.run(["reset", "--quiet", "--hard", sha], tree)
        return ran.status == 0 and await self._pristine(mirror, tree, sha)

    async def _pristine(self, mirror: Mirror, tree: Path, sha: str) -> bool:
        """True where HEAD is that commit and no tracked file differs from it."""
        ran = await mirror.run(STATUS, tree)
        lines = ran.out.splitlines()
        changed = [line for line in lines if not line.startswith("# ")]
        return ran.status == 0 and f"# branch.oid {sha}" in lines and not changed

    async def _make(self, mirror: Mirror, tree: Path, note: Path, sha: str) -> None:
        await mirror.bring(sha)
        if not await mirror.has(sha):
            raise Permanent(f"{mirror.address.url} has no commit {sha[:7]}")
        await asyncio.to_thread(self._remove, note, tree)
        await asyncio.to_thread(os.makedirs, tree.parent, exist_ok=True)
        ran = await mirror.run(["worktree", "add", "--quiet", "--detach", "--force", str(tree), sha])
        if ran.status != 0:
            raise Temporary(f"commit {sha[:7]} could not be checked out: {said(ran)}", ran.tail)
        modules = await self._installer.install(mirror, tree, sha)
        taken = await asyncio.to_thread(size, tree)
        await asyncio.to_thread(write, note, {"modules": modules, "bytes": taken})

    def _remove(self, note: Path, folder: Path) -> None:
        """The note first: what has no note is not used. Then git's record of it, then the files."""
        note.unlink(missing_ok=True)
        if folder.parent.name == "trees":
            shutil.rmtree(folder.parents[1] / "mirror.git" / "worktrees" / folder.name, ignore_errors=True)
        if folder.exists():
            away = tempfile.mkdtemp(dir=self._layout.temporary)
            os.rename(folder, os.path.join(away, "gone"))
            shutil.rmtree(away, ignore_errors=True)
