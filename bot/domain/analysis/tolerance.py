"""What is harm, what is good enough to go on, and how sure one has to be.

Two floors keep harmless differences from troubling anybody: a canary is harmful only where its error rate is more than
a tenth above the baseline's and above one in a thousand, or where it is more than a tenth slower. All of it is chosen
before the rollout begins: a floor that is moved after looking voids the promise about false alarms.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.analysis.dispersion import Prior

ERRORS, LATENCY = "errors", "latency"
"""The metrics that every source may know; the others are counters by name."""
ALARM = 1 / 0.009
"""Evidence that rolls back: reached by 0.9 % of harmless rollouts at most."""
FAST_ALARM = 1000.0
"""The same for the fast lane; both together are the promised 1 %."""
SUSPICION = 3.0
"""Evidence of harm from which on nothing is promoted."""
UNSUSPECTED = 0.7
"""The same for the weaker pass at the end of a bake: less than before anything was known (which is 1). Good canaries
have 0.3 to 0.6 by then; one that doubles its errors in bursts, which the weaker pass would let through, has more."""
PATIENCE = 4.0
"""The scatter that the fast lane takes for granted, in place of measuring it."""
CAP, NO_CAP = 3.0, 300.0
"""No poll counts for more than this many nats, so that it takes two at least; the fast lane has no such limit."""


@dataclass(frozen=True, slots=True)
class Harm:
    """A floor for rates, and the bets above it. Ratios and rates as multiples of the floor's."""

    ratio: float
    ratios: tuple[float, ...]
    rate_bets: tuple[float, ...]


HARM = Harm(1.1, (1.3, 1.7, 2.5, 5, 12, 50, 1000), (2, 4, 10, 40, 200, 900))
FAST = Harm(4.0, (2, 6, 30, 300), (4, 30, 180))
FAST_RATE = 5.0
"""The fast lane's floor of the rate, as a multiple of the usual one."""
EFFECTS = (0.06, 0.12, 0.25, 0.5, 1.0)
"""Shifts of the ranks that are bet on."""
TAIL_RATIOS = (1.3, 1.8, 3.0, 8.0)
TAILS = (0.1, 0.02)


@dataclass(frozen=True, slots=True)
class Good:
    """What has to be ruled out before traffic goes on, and how surely. Latency in buckets of a tenth."""

    ratio: float
    rate: float
    """As a multiple of the floor's rate."""
    slower: int
    tail_slower: int
    wealth: float


EARLY = Good(ratio=1.6, rate=5, slower=2, tail_slower=4, wealth=20)
AT_END = Good(ratio=4.0, rate=50, slower=4, tail_slower=7, wealth=10)
GOOD = (EARLY, AT_END)
BETTER = (1.25, 1.6, 2.5, 6.0)
"""The canary's ratio or rate is bet to be this many times lower than what is to be ruled out."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What one rollout is judged by; fixed when it begins.

    `sources` are the names of all sources that may send polls. The stake is shared out among them, so each one more
    costs a little speed. `latency` says whether latency is judged: then nothing passes without it.
    """

    sources: tuple[str, ...]
    latency: bool = True
    rate: float = 0.001
    """Error rate of the canary below which nothing is harm."""
    slower: int = 1
    """How many buckets (of a tenth each) slower is no harm yet."""
    extra: Mapping[str, float] = field(default_factory=dict)
    """The application's own counters that are judged: name -> rate per request below which nothing is harm."""
    settling: timedelta = timedelta(minutes=3)
    """Nothing passes earlier in a bake than this."""
    warming: timedelta = timedelta(minutes=1)
    """Latency is not looked at for so long after each change of the weight: cold starts are no regression."""
    silence: timedelta = timedelta(minutes=3)
    """A source that sent nothing for so long, counted from when it should have, is silent."""
    lags: Mapping[str, timedelta] = field(default_factory=dict)
    """How late each source's numbers are; a source that is not in here has none of note."""
    horizon: timedelta = timedelta(hours=1)
    """How long the rollout is planned to bake, all weights together; it may last longer."""
    trouble: float = 0.05
    """Error rate of the baseline from which on both sides are said to be in trouble."""
    prior: Prior | None = None
    """What is known of the scatter of errors before the rollout begins, see `dispersion.prior_from`."""

    def lag(self, source: str) -> timedelta:
        """How late that source's numbers are."""
        return self.lags.get(source, timedelta(0))

    def known_of(self, metric: str) -> Prior | None:
        """What is known of the scatter of a metric: history counts errors only."""
        return self.prior if metric == ERRORS else None

    def __post_init__(self) -> None:
        if not self.sources or len(set(self.sources)) != len(self.sources):
            raise ValueError("name each source that may send polls, once")
        if not 0 < self.rate <= 0.01 or any(rate <= 0 for rate in self.extra.values()):
            raise ValueError("a floor lies above 0, and that of the error rate at 1 % at most")
        if self.extra.keys() & {ERRORS, LATENCY}:
            raise ValueError("a counter may not be called errors or latency")

    def __hash__(self) -> int:
        """The floors of the application's own counters are left to the comparison."""
        return hash((self.sources, self.latency, self.rate, self.slower, self.horizon))


@dataclass(frozen=True, slots=True)
class Bake:
    """One weight's time: measured from `since`; `ends` is when the usual time is over, `latest` when a person is asked.

    `begun` is when the rollout's first measurement could have been made: beginnings are counted from there.
    """

    begun: datetime
    since: datetime
    ends: datetime
    latest: datetime

    def __post_init__(self) -> None:
        if not self.begun <= self.since <= self.ends <= self.latest:
            raise ValueError("a bake begins, ends, and ends at the latest, in this order")
