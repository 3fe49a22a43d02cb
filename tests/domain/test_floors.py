"""Up to where a difference harms nobody: what a target says of it is what its rollout is judged by."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.analysis.counts import Counts, Poll
from bot.domain.analysis.judge import judge
from bot.domain.analysis.tolerance import Bake, Tolerance
from bot.domain.evidence import tolerance
from bot.domain.fold import start
from bot.domain.targets import Floors, Source
from bot.domain.values import Mark
from tests.domain.rollout_rules import gradual
from tests.fakes import estates

EXTRA = {"extra": {"declined": "/declined", "lost": "/lost"}}


USUAL = Floors()


def of(*sources: Source, floors: Floors = USUAL) -> Tolerance:
    plan = gradual()
    plan = replace(plan, target=replace(plan.target, sources=sources, floors=floors))
    return tolerance(start(estates.requested(plan)))


def test_what_nobody_says_is_one_in_a_thousand_and_a_tenth() -> None:
    found = of(Source("till", "http", options=EXTRA))
    assert (found.rate, found.slower, found.extra) == (0.001, 1, {"declined": 0.001, "lost": 0.001})


def test_floors_of_counters_hold_whichever_source_says_them() -> None:
    saying = Source("till", "http", options=EXTRA, floors={"declined": 0.05})
    silent = Source("page", "http", options=EXTRA)
    for sources in ((saying, silent), (silent, saying)):
        assert of(*sources).extra == {"declined": 0.05, "lost": 0.001}


@pytest.mark.parametrize(("slower", "steps"), [(1.1, 1), (1.2, 1), (1.21, 2), (1.5, 4), (2.0, 7)])
def test_slower_is_counted_in_whole_steps(slower: float, steps: int) -> None:
    found = of(Source("probes", "probes"), floors=Floors(0.01, slower))
    assert (found.rate, found.slower) == (0.01, steps)


@pytest.mark.parametrize(("floor", "mark"), [(0.01, Mark.FAIL), (0.2, Mark.INCONCLUSIVE)])
def test_a_difference_below_the_floor_takes_nothing_back(floor: float, mark: Mark) -> None:
    judged_by = of(Source("till", "http", options=EXTRA, floors={"declined": floor}))
    begun, every = estates.NOON, timedelta(seconds=10)
    sides = Counts(900, extra={"declined": 9, "lost": 0}), Counts(100, extra={"declined": 10, "lost": 0})
    polls = [Poll(begun + at * every, begun + (at + 1) * every, "till", 10, *sides) for at in range(12)]
    bake = Bake(begun, begun, begun + timedelta(minutes=15), begun + timedelta(minutes=15))
    found = judge(polls, bake, judged_by, polls[-1].at)
    assert found.mark is mark
    assert found.metric == "declined" or mark is not Mark.FAIL
