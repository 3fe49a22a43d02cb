"""What brings a component's release live, and reads back what is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from bot.domain.targets import Component, Environment
from bot.domain.values import Commit, ComponentVersion, Live, Reach, RunId, Share
from bot.ports.process import Lines


@dataclass(frozen=True, slots=True)
class Subject:
    """One component in one environment; `folder` is the checkout's root where code is at hand, else None.

    `worker` is the provider's own name for it where that is known from before, else the checkout says.
    """

    component: Component
    environment: Environment
    folder: Path | None = None
    worker: str = ""


def _ignore(line: str) -> None:
    """Drop a line of output."""


@dataclass(frozen=True, slots=True)
class Act:
    """One intent, named so that it can be found again at the provider."""

    run: RunId
    item: str
    actor: str = ""
    lines: Lines = field(default=_ignore)

    @property
    def cookie(self) -> str:
        """The name that processes and the provider's messages carry."""
        return f"{self.run}/{self.item}"


class Fate(StrEnum):
    """What became of an act."""

    DONE = "done"
    NOT_DONE = "not_done"


@dataclass(frozen=True, slots=True)
class Built:
    """A bundle. `digest`: SHA-256 over the names and bytes of its modules, in hexadecimal."""

    digest: str


class Deployer(Protocol):
    """One provider. Errors are those of `ports.errors`; a lost answer is always `Doubtful`, never a guess."""

    async def live(self, subject: Subject) -> Live:
        """What the provider says is live now. Reads only; no shares where nothing was ever deployed."""
        ...

    async def build(self, act: Act, subject: Subject) -> Built:
        """Build and bundle in the checkout; touches nothing outside. May be repeated."""
        ...

    async def deploy(self, act: Act, subject: Subject, commit: Commit, expected: Live) -> Live:
        """Give the checkout's bundle all the traffic, and return what was read back.

        Refuses with `Conflict` where what is live is not `expected` any more. The commit and the run are written into
        the version's tag and the messages. Never repeated by itself.
        """
        ...

    async def switch(
        self,
        act: Act,
        subject: Subject,
        shares: tuple[Share, ...],
        expected: Live | None,
        force: bool = False,
    ) -> Live:
        """Give existing versions these shares by one request, and return what was read back.

        Where the shares are live already nothing is sent. `expected` guards as in `deploy`; None means that this is
        the way back and goes there whatever is live. Raises `Differs` when secrets would change, unless `force`.
        """
        ...

    async def upload(self, act: Act, subject: Subject, commit: Commit) -> ComponentVersion:
        """Make a version of the checkout's bundle that gets no traffic, and return it as read back.

        The commit and the run are written into it as in `deploy`. What is live stays untouched, and so do routes and
        schedules. Never repeated by itself: a lost answer is `Doubtful`, and `uploaded` says whether it happened.
        """
        ...

    async def uploaded(self, act: Act, subject: Subject) -> ComponentVersion | None:
        """The version that an `upload` of that name made; None where there is none.

        Waits first until no process of the act is left. Of several (a lost answer that wrangler repeated) the newest.
        """
        ...

    async def obstacles(self, subject: Subject) -> tuple[str, ...]:
        """Why traffic of this component cannot be split between what is live and the checkout: a sentence each.

        Reads only. A first deploy, changes of Durable Objects, containers, a format without versions, somebody's own
        gradual deployment, secrets that differ. Empty: it can.
        """
        ...

    async def reach(self, subject: Subject) -> Reach:
        """What a rollback from the checkout's release to what is live now would meet. Reads only.

        Not what `obstacles` tells: what cannot be split can mostly be undone, and not the other way round either.
        """
        ...

    async def settle(self, act: Act, subject: Subject) -> None:
        """Apply what is not part of a version: routes, schedules, the workers.dev address. May be repeated."""
        ...

    async def became_of(self, act: Act, subject: Subject) -> tuple[Fate, Live]:
        """What became of a `deploy` or `switch` of that name, and what is live now.

        Waits first until no process of the act is left, so that the answer does not change afterwards.
        """
        ...


class Databases(Protocol):
    """A component's databases."""

    async def bookmark(self, subject: Subject, database: str) -> str:
        """The point in time travel that `rewind` can come back to."""
        ...

    async def pending(self, subject: Subject, database: str) -> tuple[str, ...]:
        """File names of migrations in the checkout that the database has not seen, in order."""
        ...

    async def files(self, subject: Subject, database: str) -> Mapping[str, str]:
        """The checkout's migrations of that database: file name -> SQL."""
        ...

    async def migrate(self, act: Act, subject: Subject, database: str) -> None:
        """Apply what is pending. A migration that fails undoes itself and leaves the earlier ones applied.

        May be repeated after `Doubtful`: the provider remembers which were applied.
        """
        ...

    async def rewind(self, act: Act, subject: Subject, database: str, bookmark: str) -> None:
        """Take the database back to the bookmark; what was written since is lost. May be repeated."""
        ...


class Secrets(Protocol):
    """Names of secrets; values are never read."""

    async def names(self, subject: Subject) -> frozenset[str]:
        """Secrets that the component has in that environment; empty where it was never deployed."""
        ...


@dataclass(frozen=True, slots=True)
class Provider:
    """Everything that one kind of component needs, put together by its adapter."""

    deployer: Deployer
    databases: Databases
    secrets: Secrets


Providers = Mapping[str, Provider]
"""Component kind -> provider."""
