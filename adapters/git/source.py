"""The port `Source` with the real git: one mirror for each repository, one checkout for each commit."""

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path

from adapters.git.address import parse
from adapters.git.client import Git, plain_path, said
from adapters.git.install import Installer
from adapters.git.layout import Layout, owned
from adapters.git.mirror import Mirror
from adapters.git.refs import is_full_hash, shown
from adapters.git.resolve import commits, resolve
from adapters.git.settings import Settings
from adapters.git.workspace import Workspace
from bot.domain.values import Commit
from bot.ports.clock import Clock
from bot.ports.errors import Permanent
from bot.ports.process import Processes
from bot.ports.source import Hit

MOST_COMMITS = 100
MOST_HITS = 20
LONGEST = 200
"""Characters of a line that a hit shows."""


class GitSource:
    """`bot.ports.source.Source`. Made by `opened`, which holds the workspace."""

    def __init__(self, git: Git, workspace: Workspace, layout: Layout) -> None:
        self._git = git
        self._workspace = workspace
        self._layout = layout
        self._mirrors: dict[str, Mirror] = {}

    async def resolve(self, repo: str, ref: str) -> Commit:
        """The commit that a branch, tag or hash names now."""
        return await resolve(self._mirror(repo), ref)

    async def checkout(self, repo: str, sha: str) -> Path:
        """A folder with that commit and its dependencies."""
        tree = await self._workspace.checkout(self._mirror(repo), _checked(sha))
        await self._workspace.tidy([sha])
        return tree

    async def log(self, repo: str, base: str, head: str) -> Sequence[Commit]:
        """Commits reachable from `head` and not from `base`, newest first."""
        mirror = await self._with(repo, base, head)
        return await commits(mirror, [f"--max-count={MOST_COMMITS}", head, f"^{base}"])

    async def branches(self, repo: str, sha: str) -> frozenset[str]:
        """Names of the branches that contain the commit, as of the last fetch."""
        mirror = await self._with(repo, sha)
        out = await mirror.read(["for-each-ref", f"--contains={sha}", "--format=%(refname)", "refs/heads"])
        return frozenset(line.removeprefix("refs/heads/") for line in out.splitlines())

    async def search(self, repo: str, sha: str, pattern: str, paths: Sequence[str]) -> Sequence[Hit]:
        """Lines of the commit's text files that match; `Permanent` for a pattern that git cannot read."""
        if not pattern or not pattern.isprintable():
            raise Permanent("a forbidden pattern is one line of visible characters")
        mirror = await self._with(repo, sha)
        how = ["--heading", "-n", "-I", "-E", "--full-name", "--no-color"]
        argv = ["grep", *how, "-e", pattern, sha, "--", *paths]
        ran = await mirror.run(argv)
        if ran.status not in (0, 1):
            raise Permanent(f"git cannot search for {shown(pattern)!r}: {_fault(said(ran))}", ran.tail)
        return list(islice(hits(ran.out, sha), MOST_HITS))

    async def tidy(self, in_use: Collection[str] = ()) -> Sequence[Path]:
        """Remove old checkouts, but none of the commits `in_use`; what was removed. Not of the port.

        The repositories are packed where git finds that worth its while. To be called now and then.
        """
        for mirror in self._mirrors.values():
            await mirror.pack()
        return await self._workspace.tidy(in_use)

    async def _with(self, repo: str, *shas: str) -> Mirror:
        """The mirror, with these commits in it."""
        mirror = self._mirror(repo)
        for sha in shas:
            await mirror.bring(_checked(sha))
            if not await mirror.has(sha):
                raise Permanent(f"{mirror.address.url} has no commit {sha[:7]}")
        return mirror

    def _mirror(self, repo: str) -> Mirror:
        if repo not in self._mirrors:
            address = parse(repo, self._git.settings.tokens)
            same = [one for one in self._mirrors.values() if one.address.url == address.url]
            equal = [one for one in same if one.address == replace(address, folder=one.address.folder)]
            if same and not equal:
                # Another credential may see another part of it, so it gets a copy of its own.
                address = replace(address, folder=f"{address.folder}-{len(same) + 1}")
            made = equal[0] if equal else Mirror(self._git, address, self._layout.root / address.folder)
            self._mirrors[repo] = made
        return self._mirrors[repo]


@contextmanager
def opened(processes: Processes, clock: Clock, settings: Settings) -> Iterator[GitSource]:
    """The source, with its workspace as long as the context lasts; `Permanent` where another bot has it."""
    with owned(settings) as layout:
        settings = replace(settings, workspace=layout.root)
        git = Git(processes, settings)
        installer = Installer(processes, settings, layout, clock)
        workspace = Workspace(layout, settings, installer, clock)
        yield GitSource(git, workspace, layout)


def hits(out: str, sha: str) -> Iterator[Hit]:
    """What `git grep --heading -n` lists: a line with the commit and the path, then the lines of that file.

    A line of text with a carriage return in it comes as what a terminal would leave of it, without its number. git
    sees a whole file that ends its lines so as one line, hence the 1.
    """
    path = ""
    for row in out.removesuffix("\n").split("\n") if out else ():
        before, colon, text = row.partition(":")
        if before == sha and colon:
            path = plain_path(text)
        elif colon and before.isdecimal():
            yield Hit(path, int(before), text[:LONGEST])
        else:
            yield Hit(path, 1, row[:LONGEST])


def _checked(sha: str) -> str:
    if not is_full_hash(sha):
        raise Permanent(f"{shown(sha)!r} is no commit's full hash")
    return sha


def _fault(line: str) -> str:
    """What git has against a pattern, without its own words around it."""
    return re.sub(r"^fatal: (?:command line, '.*': )?", "", line)
