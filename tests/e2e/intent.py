"""What was intended for a canary, by the journal, against what it had, by the account's own list of deployments."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.events import Event, WayBackStarted
from bot.domain.rollout_events import WeightChosen

READ_BACK = 15.0
"""Seconds in which what is too much is read back and taken away again, with an API in trouble and a bot that has died;
those in which there was no bot are not among them.
"""
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Had:
    """The canary's share from one deployment to the next one; `until` is None for the one that is live."""

    weight: float
    since: datetime
    until: datetime | None
    ours: bool


def had(listed: Sequence[Mapping[str, Any]], canary: str, run: str) -> list[Had]:
    """Of the API's list, newest first: oldest first."""
    found: list[Had] = []
    until = None
    for one in listed:
        since = datetime.fromisoformat(one["created_on"].replace("Z", "+00:00"))
        weight = sum(float(share["percentage"]) for share in one["versions"] if share["version_id"] == canary)
        ours = f"run={run}" in one["annotations"].get("workers/message", "")
        found.append(Had(weight, since, until, ours))
        until = since
    return found[::-1]


def intended(events: Sequence[Event]) -> list[tuple[datetime, int]]:
    """From when on which weight was meant."""
    found: list[tuple[datetime, int]] = []
    for event in events:
        if isinstance(event, WeightChosen):
            found.append((event.at, event.weight))
        elif isinstance(event, WayBackStarted):
            found.append((event.at, 0))
    return found


def too_much(
    shares: Sequence[Had], wanted: Sequence[tuple[datetime, int]], now: datetime, gone: Sequence[Span] = ()
) -> Iterator[tuple[Had, str]]:
    """The deployments of the run that gave its canary more than was meant when they came, or kept it for too long.

    `gone`: from when until when there was no bot.
    """
    for one in (share for share in shares if share.ours):
        meant = [weight for at, weight in wanted if at <= one.since]
        if one.weight > (meant[-1] if meant else 0):
            yield one, f"{meant[-1] if meant else 0} % was meant then"
        for at, weight in wanted:
            kept = _without((max(at, one.since), one.until or now), gone)
            if at > one.since and weight < one.weight and kept > READ_BACK:
                yield one, f"{weight} % was meant for {kept:.0f} s"


def _without(span: Span, gone: Sequence[Span]) -> float:
    """Seconds of the span that are in none of the others; a kill may come while an earlier one is not made good."""
    total, begun = 0.0, span[0]
    for since, until in sorted(gone):
        total += max(0.0, (min(since, span[1]) - begun).total_seconds())
        begun = max(begun, until)
    return total + max(0.0, (span[1] - begun).total_seconds())
