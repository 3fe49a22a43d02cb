"""Where the code comes from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.domain.values import Commit


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that a forbidden pattern was found in. `line` counts from 1."""

    path: str
    line: int
    text: str


class Source(Protocol):
    """A repository, by the address the configuration gives. Everything here may be repeated."""

    async def resolve(self, repo: str, ref: str) -> Commit:
        """The commit that a branch, tag or (short) hash names now, fetched if it was not here.

        Raises `Permanent` for a ref that does not exist (with close names, if there are any) and `Temporary` where
        the repository cannot be reached. A ref that starts with `-` or is no ref's form never reaches git.
        """
        ...

    async def checkout(self, repo: str, sha: str) -> Path:
        """A folder with that commit and its dependencies installed (once per lock file). The same folder for the same
        commit; it stays until nobody has asked for it for a long time.
        """
        ...

    async def log(self, repo: str, base: str, head: str) -> Sequence[Commit]:
        """Commits reachable from `head` and not from `base`, newest first, at most 100."""
        ...

    async def branches(self, repo: str, sha: str) -> frozenset[str]:
        """Names of the branches that contain the commit."""
        ...

    async def search(self, repo: str, sha: str, pattern: str, paths: Sequence[str]) -> Sequence[Hit]:
        """Lines of the commit's tracked text files that match git's extended regular expression, at most 20."""
        ...
