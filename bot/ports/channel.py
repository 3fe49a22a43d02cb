"""An ingress that users come in by, measured from outside."""

from dataclasses import dataclass
from typing import Protocol

from bot.domain.targets import Check, Environment
from bot.domain.values import Measurement


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which versions an answer may name: the ones under test, and the others that are known."""

    versions: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    pins: tuple[tuple[str, str], ...] = ()
    """(Worker's name, version id) to ask for by the version override header; none for ordinary routing."""


class Channel(Protocol):
    """One kind of channel. Measuring changes nothing and may be repeated at any time."""

    async def measure(self, check: Check, environment: Environment, wanted: Wanted) -> Measurement:
        """Take one sample, within the check's time for one attempt.

        Never raises for what the channel did: a wrong answer is FAIL, no way to measure (no token, no address) is
        ERROR, each with a reason. Whether the version was proven is for `domain.verdict` to judge.
        """
        ...
