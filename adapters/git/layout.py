"""The workspace on disk: who owns it, where everything is, and what may go.

lock                      held while the bot lives: one workspace, one bot
gitconfig                 what git reads as its global configuration
REPOSITORY/mirror.git     the bare copy
REPOSITORY/trees/SHA      a work tree; to be used only where ready/SHA says that it is whole
REPOSITORY/ready/SHA      JSON, written last; its modification time is when somebody asked last
modules/KEY, KEY.json     dependencies that were installed once
temporary/                emptied at every start
"""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.git.settings import Settings
from bot.ports.errors import Permanent

# Repositories may belong to another account of this machine: they are only read, and no hook of theirs runs.
GITCONFIG = "[safe]\n\tdirectory = *\n"


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths of one workspace."""

    root: Path

    @property
    def modules(self) -> Path:
        """Kept dependencies."""
        return self.root / "modules"

    @property
    def temporary(self) -> Path:
        """What is being made."""
        return self.root / "temporary"

    def tree(self, folder: str, sha: str) -> Path:
        """The work tree of a commit."""
        return self.root / folder / "trees" / sha

    def ready(self, folder: str, sha: str) -> Path:
        """The note that the work tree is whole."""
        return self.root / folder / "ready" / sha

    def keep_modules(self, new: Path, kept: Path) -> None:
        """Give finished dependencies their final name."""
        write(kept.with_suffix(".json"), {"bytes": size(new)})
        os.rename(new, kept)


@contextmanager
def owned(settings: Settings) -> Iterator[Layout]:
    """Make the folder where it is absent, hold its lock, and clear away what an earlier life did not finish.

    `Permanent` where another bot holds the folder. The lock goes with the process, however it ends.
    """
    layout = Layout(settings.workspace.absolute())
    for folder in (layout.root, layout.modules):
        folder.mkdir(parents=True, exist_ok=True)
    with (layout.root / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Permanent(f"another Outrider uses the workspace {layout.root}: give each its own") from None
        (layout.root / "gitconfig").write_text(GITCONFIG)
        shutil.rmtree(layout.temporary, ignore_errors=True)
        layout.temporary.mkdir(exist_ok=True)
        for half in layout.root.glob("*/new-*"):
            shutil.rmtree(half, ignore_errors=True)
        yield layout


def write(path: Path, content: dict[str, Any]) -> None:
    """Write a small JSON file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    with os.fdopen(number, "w") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    os.rename(name, path)


def read(path: Path) -> dict[str, Any] | None:
    """What `write` wrote; None where there is nothing, or nothing that makes sense."""
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def size(folder: Path) -> int:
    """Bytes on disk."""
    total = 0
    for here, _, files in os.walk(folder):
        for name in files:
            total += os.lstat(os.path.join(here, name)).st_blocks * 512
    return total


def touch(path: Path, now: datetime) -> None:
    """Remember that somebody asked now."""
    os.utime(path, (now.timestamp(), now.timestamp()))


def used(path: Path) -> datetime | None:
    """When somebody asked last; None where it is gone."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that takes room: `note` is its JSON file, `folder` what goes with it, `size` in bytes."""

    note: Path
    folder: Path
    used: datetime
    size: int


def everything(layout: Layout) -> list[Kept]:
    """All checkouts and kept dependencies."""
    pairs = [(note, note.parents[1] / "trees" / note.name) for note in layout.root.glob("*/ready/[0-9a-f]*")]
    pairs += [(note, note.with_suffix("")) for note in layout.modules.glob("*.json")]
    return [
        Kept(note, folder, when, int((read(note) or {}).get("bytes", 0)))
        for note, folder in pairs
        if (when := used(note))
    ]


def to_remove(kept: Sequence[Kept], now: datetime, limits: Settings, in_use: Collection[str]) -> list[Kept]:
    """What may go: too old, or the oldest of too much; never what is in use or was lately. Pure."""
    free = [one for one in kept if now - one.used > limits.idle and one.folder.name not in in_use]
    free.sort(key=lambda one: (one.used, one.folder))
    total = sum(one.size for one in kept)
    gone = []
    for one in free:
        if now - one.used > limits.keep or total > limits.max_bytes:
            gone.append(one)
            total -= one.size
    return gone
