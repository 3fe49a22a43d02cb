"""Bets put together: over how bad the canary may be, and over when it may have become bad.

A row of increments holds, for each bet, the logarithm by which its stake grew in one poll. The wealth is the mean over
the bets, and over the beginnings: half of the stake is on "from the start", the rest on every later time, so that a
release that goes bad late is not hidden behind its good record. Averages of fair games are fair games.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import exp

Row = Sequence[float]

FROM_START = 0.5
IN_TIME = 0.4
"""Stake on beginnings within the planned time, spread evenly; what is left is for the time after it."""
RICH = 1e150
"""Nobody needs to be richer: keeps products of wealths finite."""


def stake_until(elapsed: timedelta, horizon: timedelta) -> float:
    """How much of the stake is on beginnings up to this time after the rollout's own; below 1 for ever."""
    spent = elapsed / horizon
    if spent <= 1:
        return FROM_START + IN_TIME * max(spent, 0.0)
    return 1 - (1 - FROM_START - IN_TIME) / spent


def stakes(begun: datetime, times: Sequence[datetime], horizon: timedelta) -> list[float]:
    """The stake that is put in with each poll; `times` are the polls' ends in order."""
    before, placed = 0.0, []
    for at in times:
        until = stake_until(at - begun, horizon)
        placed.append(max(0.0, until - before))
        before = max(before, until)
    return placed


def wealth(rows: Sequence[Row], placed: Sequence[float], phi: float, cap: float) -> float:
    """What one unit of money has become: 1 at the start and while nothing is known.

    `placed` is the stake put in with each row, 1 in all at most; the rest is kept. `phi` divides each increment
    (see `dispersion`), and none counts for more than `cap`: no single poll decides.
    """
    if not rows:
        return 1.0
    stake = [0.0] * len(rows[0])
    for row, added in zip(rows, placed, strict=True):
        stake = [
            (one + added) * (exp(grown / phi) if grown < cap * phi else exp(cap))
            for one, grown in zip(stake, row, strict=True)
        ]
        if max(stake) > RICH:
            stake = [min(one, RICH) for one in stake]
    return sum(stake) / len(stake) + max(0.0, 1 - sum(placed))


def wealth_from_start(rows: Sequence[Row], phi: float, cap: float) -> float:
    """The same with all of the stake on the start."""
    return wealth(rows, [1.0] + [0.0] * (len(rows) - 1), phi, cap) if rows else 1.0
