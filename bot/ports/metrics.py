"""What is counted of canary and baseline while both have traffic."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.analysis.counts import Poll
from bot.domain.targets import Source
from bot.ports.deployer import Subject


@dataclass(frozen=True, slots=True)
class Scope:
    """What to count: the two versions of one component, and the share that the canary has."""

    source: Source
    subject: Subject
    baseline: str
    """The provider's version id, as for `canary`."""
    canary: str
    weight: int
    until: datetime | None = None
    """When that weight was over; None while it lasts. Only a source whose numbers come late is asked for a time that is
    over, and it counts nothing after that.
    """


class Metrics(Protocol):
    """One kind of source. Counting changes nothing that users meet and may be repeated at any time."""

    async def count(self, scope: Scope, since: datetime) -> Poll | None:
        """Both sides' counts from about `since` on, None where there is nothing new to tell yet.

        `since` is the end of the last poll that was kept, or the beginning of this weight. A source that asks by
        absolute time counts from exactly there, up to what is sure to be complete by now; one that keeps count itself
        (a live tail, counters that only grow) counts from its own last answer, and begins anew after a restart of the
        bot. Nothing is counted twice, and nothing is guessed: `Temporary` where it could not be counted, `Permanent`
        where a person has to change something first.
        """
        ...


__all__ = ["Metrics", "Poll", "Scope"]
