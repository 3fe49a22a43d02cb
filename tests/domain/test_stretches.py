"""Which time a source is asked for: the oldest that it has not told of, one weight at a time."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.analysis.counts import Counts, Poll
from bot.domain.baking import EDGE
from bot.domain.commands import SetWeight
from bot.domain.evidence import UNTOLD, clean, held_since, lag_of
from bot.domain.plan import StepKind
from bot.domain.rollout_events import Looked
from bot.domain.run import setting
from bot.domain.stretches import PATIENCE, Stretch, asked_for, unheard
from bot.domain.targets import Source
from tests.domain.rollout_rules import gradual, said
from tests.fakes.walk import Walk

SECOND = timedelta(seconds=1)
LATE, PROBES = Source("analytics", "cloudflare"), Source("probes", "probes")
LAG = timedelta(seconds=90)


def seconds(of: int) -> timedelta:
    return timedelta(seconds=of)


def begun() -> Walk:
    """A run whose first weight was just set."""
    plan = gradual()
    walked = Walk(replace(plan, target=replace(plan.target, sources=(PROBES, LATE))))
    walked.go(until=StepKind.ROLLOUT)
    while not (found := walked.run.act(StepKind.ROLLOUT, f"{EDGE}1")) or found.end is None:
        walked.settle()
        walked.land(next(key for key in walked.flight if "look at" not in key[1]))
    return walked


def moved(walked: Walk, to: int, after: timedelta) -> datetime:
    """Somebody chooses another weight so much later, and it is set: when that was."""
    walked.now += after
    number = len(walked.run.rollout.bakes) + 1
    walked.append(*said(walked, [SetWeight(to)]))
    walked.settle()
    at = walked.now
    walked.now += seconds(2)
    walked.land((StepKind.ROLLOUT, setting("worker", to, number)))
    return at


def told(walked: Walk, source: Source, since: datetime, at: datetime, weight: int) -> None:
    poll = Poll(since, at, source.name, weight, Counts(9), Counts(1))
    walked.append(Looked(StepKind.ROLLOUT, f"look at {source.name}", walked.now, (poll,)))


def test_how_late_numbers_are_is_what_the_source_says() -> None:
    assert lag_of(LATE) == LAG
    assert lag_of(replace(LATE, options={"lag": 200})) == seconds(215)
    assert lag_of(Source("p", "prometheus", options={"lag": 10, "window": 20})) == seconds(30)
    assert lag_of(PROBES) is None


def test_while_a_weight_lasts_every_source_is_asked_for_it() -> None:
    walked = begun()
    held = held_since(walked.run)
    assert held is not None
    assert asked_for(walked.run, LATE, walked.now) == Stretch(10, held + UNTOLD)
    told(walked, LATE, held + UNTOLD, held + seconds(16), 10)
    assert asked_for(walked.run, LATE, walked.now) == Stretch(10, held + seconds(16))
    assert unheard(walked.run, LATE) is None


def test_a_late_source_tells_the_end_of_a_weight_before_anything_of_the_next() -> None:
    walked = begun()
    first = held_since(walked.run)
    assert first is not None
    told(walked, LATE, first + UNTOLD, first + seconds(16), 10)
    over = moved(walked, 50, seconds(100))
    held = held_since(walked.run)
    assert held is not None
    assert asked_for(walked.run, PROBES, walked.now) == Stretch(50, over)
    assert asked_for(walked.run, LATE, walked.now) == Stretch(10, first + seconds(16), over - UNTOLD)
    told(walked, LATE, first + seconds(16), over - UNTOLD, 10)
    assert clean(walked.run)[-1].weight == 10
    assert asked_for(walked.run, LATE, walked.now) == Stretch(50, held + UNTOLD)
    assert unheard(walked.run, LATE) is None


def test_nothing_new_is_asked_of_a_late_source_while_the_weight_is_being_changed() -> None:
    walked = begun()
    since = held_since(walked.run)
    assert since is not None
    walked.now += seconds(30)
    walked.append(*said(walked, [SetWeight(50)]))
    walked.settle()
    end = walked.now - UNTOLD
    assert asked_for(walked.run, LATE, walked.now) == Stretch(10, since + UNTOLD, end)
    told(walked, LATE, since + UNTOLD, end, 10)
    assert asked_for(walked.run, LATE, walked.now) is None


def test_a_source_that_never_tells_does_not_keep_the_next_weight_waiting() -> None:
    walked = begun()
    over = moved(walked, 50, seconds(60))
    held = held_since(walked.run)
    assert held is not None
    end = over - UNTOLD
    last = end + LAG + PATIENCE
    assert asked_for(walked.run, LATE, last - SECOND) == unheard(walked.run, LATE)
    assert asked_for(walked.run, LATE, last) == Stretch(50, held + UNTOLD)
    assert unheard(walked.run, LATE) is not None


def test_two_weights_that_were_not_told_of_are_asked_for_in_their_order() -> None:
    walked = begun()
    moved(walked, 30, seconds(20))
    moved(walked, 50, seconds(20))
    ends = []
    while (found := unheard(walked.run, LATE)) and found.until:
        ends.append(found.weight)
        told(walked, LATE, found.since, found.until, found.weight)
    assert ends == [10, 30]
    assert [poll.weight for poll in clean(walked.run) if poll.source == LATE.name] == [10, 30]
