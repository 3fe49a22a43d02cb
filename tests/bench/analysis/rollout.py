"""One rollout under one rule: the rule looks at every poll and moves the weight."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.domain.analysis.counts import Poll
from tests.bench.analysis.streams import INTERVAL, Stream

BAKE = 900
"""Seconds that a weight is measured, for rules that have such a time."""
LIMIT = 3 * 2 * BAKE
"""Seconds after which whatever is still undecided is left to a person."""
AFTER = 900
"""Seconds for which a bad release that reached everybody is counted on."""


class End(StrEnum):
    BACK = "rolled back"
    PROMOTED = "promoted"
    HELD = "held"


class Rule(Protocol):
    """Decides one rollout. `weight` is what it wants now: 0 rolls back, 100 promotes, None leaves it to a person."""

    weight: int | None

    def look(self, seconds: int, poll: Poll) -> None:
        """One more poll, which ended `seconds` after the rollout began."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a rollout ended, after how many seconds, and how many requests the canary served badly until then."""

    end: End
    seconds: int
    bad: float


def roll_out(rule: Rule, stream: Stream, interval: int = INTERVAL) -> Ended:
    """Until the rule has decided, or nobody waits any longer; a poll every `interval` seconds."""
    time, bad = 0, 0.0
    while time < LIMIT and rule.weight not in (0, 100, None):
        poll = stream.poll(time, rule.weight, interval)
        bad += harmed(stream, time, poll)
        time += interval
        rule.look(time, poll)
    if rule.weight == 0:
        return Ended(End.BACK, time, bad)
    if rule.weight == 100:
        return Ended(End.PROMOTED, time, bad + _later(stream, time))
    return Ended(End.HELD, time, bad)


def harmed(stream: Stream, time: int, poll: Poll) -> float:
    """Requests that would have gone better on the baseline."""
    if stream.scenario.slow:
        return poll.canary.requests if time >= stream.scenario.begins else 0
    worse = stream.error_rate(time, canary=True) - stream.error_rate(time, canary=False)
    return poll.canary.requests * worse


def _later(stream: Stream, time: int) -> float:
    worse = stream.error_rate(time, canary=True) - stream.error_rate(time, canary=False)
    return stream.scenario.requests * AFTER * (1.0 if stream.scenario.slow else worse)
