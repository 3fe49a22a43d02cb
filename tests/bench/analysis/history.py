"""What an hour of the baseline's history would be worth to a rollout, and what it costs where the hour was different.

Three judges on the same rollouts:
- `as it is`: history is not asked for;
- `scatter`: the scatter of errors is expected to be that of the past hour (`dispersion.prior_from`);
- `baseline`: the past hour's requests and errors are counted beside those of the baseline, poll by poll.

HISTORY=1 make bench-analysis
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

from bot.domain.analysis.counts import Counts, Poll
from bot.domain.analysis.dispersion import prior_from
from tests.bench.analysis.outrider import Outrider
from tests.bench.analysis.rollout import End, Ended, Rule, roll_out
from tests.bench.analysis.streams import INTERVAL, Scenario, Stream

HOUR = 3600


@dataclass(frozen=True, slots=True)
class Case:
    """A rollout, and the traffic of the hour before it."""

    before: Scenario
    now: Scenario


CALM, WILD = Scenario("5/s 1 %", 5, 0.01), Scenario("5/s 1 % clumped", 5, 0.01, clump=5)
BUSY, STORMY = Scenario("100/s 1 %", 100, 0.01), Scenario("100/s 1 % clumped", 100, 0.01, clump=5)
QUIET, LOUD = Scenario("5/s 0.1 %", 5, 0.001), Scenario("100/s 0.1 %", 100, 0.001)
GOOD = (
    Case(CALM, CALM),
    Case(WILD, WILD),
    Case(BUSY, BUSY),
    Case(STORMY, STORMY),
    Case(CALM, WILD),
    Case(BUSY, STORMY),
    Case(QUIET, CALM),
    Case(LOUD, BUSY),
)
"""The canary is as good as the baseline. In the last four the hour before was calmer than now, for both sides."""
BAD = (
    Case(CALM, replace(CALM, name="5/s 1 % x5", ratio=5)),
    Case(BUSY, replace(BUSY, name="100/s 1 % x2", ratio=2)),
    Case(STORMY, replace(STORMY, name="100/s 1 % x2 clumped", ratio=2)),
    Case(QUIET, replace(QUIET, name="5/s 0.1 % x20", ratio=20)),
)


class Remembering:
    """Outrider's judge, with the past hour beside the baseline."""

    def __init__(self, past: Sequence[Counts]) -> None:
        self._judge = Outrider()
        self._past = past

    @property
    def weight(self) -> int | None:
        return self._judge.weight

    @weight.setter
    def weight(self, to: int | None) -> None:
        self._judge.weight = to

    def look(self, seconds: int, poll: Poll) -> None:
        before, now = self._past[seconds // INTERVAL % len(self._past)], poll.baseline
        both = Counts(now.requests + before.requests, now.errors + before.errors, now.latency)
        self._judge.look(seconds, replace(poll, baseline=both))


def past(case: Case, number: int) -> list[Counts]:
    """The baseline's counts of the hour before, with all of the traffic."""
    stream = Stream(case.before, number)
    return [stream.draw(time, 0, INTERVAL).baseline for time in range(-HOUR, 0, INTERVAL)]


Make = Callable[[Sequence[Counts]], Rule]
JUDGES: dict[str, Make] = {
    "as it is": lambda _: Outrider(),
    "scatter": lambda hour: Outrider(prior=prior_from([(one.requests, one.errors) for one in hour])),
    "baseline": Remembering,
}


def ends(case: Case, make: Make, rollouts: int) -> list[Ended]:
    """How that many rollouts end."""
    return [roll_out(make(past(case, number)), Stream(case.now, number)) for number in range(rollouts)]


def table(rollouts: int) -> Iterator[str]:
    """Two tables, as text."""
    yield (
        "| good canary, hour before -> now | "
        + " | ".join(f"{one}: rolled back, promoted, after" for one in JUDGES)
        + " |"
    )
    yield "| --- |" + " --- |" * len(JUDGES)
    for case in GOOD:
        yield _row(case, [_good(ends(case, make, rollouts)) for make in JUDGES.values()])
    yield ""
    yield "| bad canary, hour before -> now | " + " | ".join(f"{one}: rolled back, after" for one in JUDGES) + " |"
    yield "| --- |" + " --- |" * len(JUDGES)
    for case in BAD:
        yield _row(case, [_bad(ends(case, make, max(1, rollouts // 3))) for make in JUDGES.values()])


def _row(case: Case, cells: Sequence[str]) -> str:
    return f"| {case.before.name} -> {case.now.name} | " + " | ".join(cells) + " |"


def _good(found: Sequence[Ended]) -> str:
    back, on = _of(found, End.BACK), _of(found, End.PROMOTED)
    return f"{_share(back, found)}, {_share(on, found)}, {_when(on)}"


def _bad(found: Sequence[Ended]) -> str:
    back = _of(found, End.BACK)
    return f"{_share(back, found)}, {_when(back)}"


def _of(found: Sequence[Ended], end: End) -> list[Ended]:
    return [one for one in found if one.end is end]


def _share(some: Sequence[Ended], of: Sequence[Ended]) -> str:
    return f"{100 * len(some) / len(of):.1f} %"


def _when(some: Sequence[Ended]) -> str:
    return f"{median(one.seconds for one in some):.0f} s" if some else "never"


def main(rollouts: int) -> int:
    """Print them."""
    print(f"{rollouts} rollouts of each good canary, {max(1, rollouts // 3)} of each bad one", flush=True)
    for line in table(rollouts):
        print(line, flush=True)
    return 0
