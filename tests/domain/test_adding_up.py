"""A rollout is judged at each of its steps; what was added up of its polls before is not added up again."""

from datetime import UTC, datetime, timedelta

from bot.domain.analysis.counts import Counts, Poll
from bot.domain.analysis.evidence import Evidence
from bot.domain.analysis.histogram import Histogram
from bot.domain.analysis.tolerance import Tolerance
from bot.domain.evidence import added_up

BEGIN = datetime(2026, 11, 21, tzinfo=UTC)
TOLERANCE = Tolerance(("probes", "tail"))


def polls(number: int, errors: int = 0) -> tuple[Poll, ...]:
    """Of two sources by turns, every five seconds, no two alike."""
    made = []
    for at in range(number):
        slow = Histogram.of(0.01 + 0.0007 * (at % 13) + 0.0003 * one for one in range(40))
        since = BEGIN + at // 2 * timedelta(seconds=5)
        side = Counts(40, errors, slow)
        made.append(Poll(since, since + timedelta(seconds=4), TOLERANCE.sources[at % 2], 10, side, side))
    return tuple(made)


def test_it_is_what_adding_all_of_them_up_gives() -> None:
    for number in (0, 1, 31, 32, 33, 100):
        assert added_up(TOLERANCE, polls(number)) == Evidence.of(TOLERANCE, polls(number))


def test_of_one_poll_more_nothing_old_is_added_up_again() -> None:
    whole = polls(400, errors=1)
    added_up.cache_clear()
    added_up(TOLERANCE, whole[:-1])
    before = added_up.cache_info()
    added_up(TOLERANCE, whole)
    after = added_up.cache_info()
    assert (after.misses - before.misses, after.hits - before.hits) == (1, 1), (
        "its own block, onto those that are known"
    )
