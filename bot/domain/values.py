"""The nouns of Outrider: small frozen values that every other module speaks in.

Nothing here decides anything. Rules live in `policy`, `decide`, `steps` and `verdict`; what happened is in
`events`. Times are timezone-aware UTC datetimes, spans are `timedelta`, weights are whole numbers 0–100.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

RunId = NewType("RunId", str)
"""Eight characters of Crockford's base 32, drawn at random: short enough for a phone, unique at the provider."""


class Mark(StrEnum):
    """The four verdicts. Only PASS moves anything forward by itself: no data is not healthy."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was concluded, and one reason that a person can act on (empty for a plain pass)."""

    mark: Mark
    reason: str = ""

    @property
    def passed(self) -> bool:
        """True for PASS alone."""
        return self.mark is Mark.PASS


@dataclass(frozen=True, slots=True)
class Measurement:
    """One sample taken through a channel.

    `latency` is in seconds, None where nothing answered. `version` is the provider's version id that the answer
    itself named, None where it named none: such a sample proves nothing about a release.
    """

    verdict: Verdict
    latency: float | None = None
    version: str | None = None


class Role(StrEnum):
    """What a person may do; see `policy` for the table."""

    VIEWER = "viewer"
    DEPLOYER = "deployer"
    APPROVER = "approver"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with rights, whichever platform they happen to type on."""

    name: str
    accounts: Mapping[str, str] = field(default_factory=dict)
    """Platform name -> account id there."""
    roles: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asked, and on which platform. `person` is None for somebody the configuration does not know."""

    platform: str
    account: str
    person: str | None = None
    shown: str = ""
    """The name the platform shows, for people who are not configured. Never used to decide anything."""

    @property
    def name(self) -> str:
        """The name to say in a sentence."""
        return self.person or self.shown or self.account


@dataclass(frozen=True, slots=True)
class Room:
    """One conversation, told on several platforms: platform name -> conversation id there."""

    name: str
    addresses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit that a ref was resolved to, once. `sha` is all 40 hexadecimal digits."""

    sha: str
    subject: str = ""
    author: str = ""

    @property
    def short(self) -> str:
        """The seven digits that people read."""
        return self.sha[:7]


@dataclass(frozen=True, slots=True)
class Share:
    """A version's share of the traffic; `weight` 0–100."""

    version: str
    weight: int


@dataclass(frozen=True, slots=True)
class Live:
    """What the provider says is live of one component. No shares: nothing was ever deployed."""

    component: str
    shares: tuple[Share, ...] = ()
    deployment: str = ""
    author: str = ""
    message: str = ""
    since: datetime | None = None
    worker: str = ""
    """The provider's own name of the component there, so that a way back needs no checkout to find it."""

    @property
    def version(self) -> str | None:
        """The one version that has all the traffic, None while traffic is split or nothing is live."""
        return self.shares[0].version if len(self.shares) == 1 else None

    @property
    def split(self) -> bool:
        """True while more than one version is in the deployment."""
        return len(self.shares) > 1

    def same_traffic(self, other: "Live") -> bool:
        """True where both send the same shares to the same versions, whoever deployed them."""
        return sorted(self.shares, key=_by_version) == sorted(other.shares, key=_by_version)


def _by_version(share: Share) -> str:
    return share.version


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A point in a D1 database's time travel, to come back to."""

    component: str
    database: str
    mark: str


@dataclass(frozen=True, slots=True)
class Reach:
    """What a rollback of one component, from a new release to what is live now, would meet, as the provider tells."""

    refused: str = ""
    """Why the provider would not do it; empty where it would."""
    limits: tuple[str, ...] = ()
    """What it would leave as it is, or ask before."""


FREE = Reach()
"""Nothing that is known stands in the way."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The way-back point: what was live, component by component, and where each database stood."""

    lives: tuple[Live, ...] = ()
    bookmarks: tuple[Bookmark, ...] = ()
    refused: tuple[str, ...] = ()
    """Why the provider would not go back there."""
    limits: tuple[str, ...] = ()
    """What going back there leaves as it is, or asks before."""

    def of(self, component: str) -> Live | None:
        """What was live of that component, None where it was not read."""
        return next((live for live in self.lives if live.component == component), None)

    @property
    def blocked(self) -> str:
        """Why there is no way back to here; empty when there is one."""
        never = [live.component for live in self.lives if not live.shares]
        first = [f"{', '.join(never)} had no earlier release"] if never else []
        return "; ".join((*first, *self.refused))


@dataclass(frozen=True, slots=True)
class ComponentVersion:
    """One component of a release: the provider's version id and the digest of the bundle it was made from."""

    component: str
    version: str
    digest: str = ""
    worker: str = ""
    """As in `Live`."""


@dataclass(frozen=True, slots=True)
class Release:
    """An immutable version of a target: a commit and the provider's version of each component."""

    commit: Commit
    versions: tuple[ComponentVersion, ...] = ()

    @property
    def name(self) -> str:
        """How people call it: the short commit."""
        return self.commit.short

    def of(self, component: str) -> ComponentVersion | None:
        """The version of that component, None where the release has none."""
        return next((one for one in self.versions if one.component == component), None)


class Outcome(StrEnum):
    """How a run ended."""

    SUCCEEDED = "succeeded"
    ROLLED_BACK = "rolled_back"
    """It failed after something had changed, and what it touched was restored."""
    ABORTED = "aborted"
    """Somebody stopped it, and what it touched was restored."""
    STOPPED = "stopped"
    """It failed or was stopped before anything had changed."""
    NEEDS_HANDS = "needs_hands"
    """The way back failed too."""
