"""What comes in between in a rollout: somebody else's deploy, a provider that takes its time, a person."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.domain.baking import EDGE, LOOK, ours
from bot.domain.commands import Resume, SetWeight
from bot.domain.events import (
    ComponentDeployed,
)
from bot.domain.evidence import clean
from bot.domain.plan import Plan, StepKind
from bot.domain.rollout_events import BakeEnded, LiveSeen, Looked, Overtaken, Resumed
from bot.domain.run import seeing, setting
from bot.domain.values import Outcome
from tests.domain.rollout_rules import gradual, holds_clean, holds_end, holds_everything, said
from tests.fakes.walk import How, Walk


def at_ten(plan: Plan | None = None) -> Walk:
    """A run whose first weight is set and felt at the edge."""
    walked = Walk(plan or gradual())
    walked.go(until=StepKind.ROLLOUT)
    while not (found := walked.run.act(StepKind.ROLLOUT, f"{EDGE}1")) or found.end is None:
        walked.settle()
        walked.land(next(iter(walked.flight)))
    walked.settle()
    for key in list(walked.flight):
        walked.land(key)
    walked.settle()
    return walked


@pytest.mark.parametrize("names", [("worker",), ("api", "worker")])
def test_a_rollout_in_which_all_goes_well_succeeds(names: Sequence[str]) -> None:
    walked = Walk(gradual(names))
    assert walked.go().outcome is Outcome.SUCCEEDED
    assert [bake.weight for bake in walked.run.rollout.bakes] == [10, 50, 100]
    assert not any(bake.chosen_by for bake in walked.run.rollout.bakes)
    holds_everything(walked)


@pytest.mark.parametrize("how", [How.CONFLICT, How.REPLACED])
def test_an_act_that_keeps_meeting_somebody_elses_deploy_waits_for_a_person_each_time(how: How) -> None:
    """Before its own or after it; also where time stands still: going on is counted, not timed."""
    walked = at_ten()
    walked.append(*said(walked, [SetWeight(30)]))
    item = setting("worker", 30, 2)
    for number in range(1, 6):
        walked.settle()
        if (StepKind.ROLLOUT, seeing("worker")) in walked.flight:
            walked.land((StepKind.ROLLOUT, seeing("worker")))
            walked.settle()
        assert (StepKind.ROLLOUT, item) in walked.flight
        walked.land((StepKind.ROLLOUT, item), how)
        walked.settle()
        assert walked.run.rollout.overtaken is not None
        assert (StepKind.ROLLOUT, item) not in walked.flight
        assert len([one for one in walked.events if isinstance(one, Overtaken)]) == number
        walked.append(*said(walked, [Resume()]))
    walked.go()
    holds_everything(walked)


def test_a_weight_that_the_provider_takes_long_to_set_is_not_measured_meanwhile() -> None:
    walked = at_ten()
    walked.append(*said(walked, [SetWeight(50)]))
    for _ in range(4):
        walked.now += timedelta(seconds=6)
        walked.settle()
        if (StepKind.ROLLOUT, f"{LOOK}probes") in walked.flight:
            walked.land((StepKind.ROLLOUT, f"{LOOK}probes"))
    counted = len(clean(walked.run))
    walked.land((StepKind.ROLLOUT, setting("worker", 50, 2)))
    assert len(clean(walked.run)) == counted
    holds_clean(walked)


def test_what_was_measured_while_somebody_elses_deploy_was_live_is_not_counted() -> None:
    walked = at_ten()
    walked.now += timedelta(seconds=30)
    walked.settle()
    walked.land((StepKind.ROLLOUT, seeing("worker")), How.SPLIT)
    walked.land((StepKind.ROLLOUT, f"{LOOK}probes"), How.FAIL)
    walked.settle()
    assert walked.run.rollout.overtaken is not None
    before = len(clean(walked.run))
    walked.now += timedelta(minutes=5)
    walked.append(*said(walked, [Resume()]))
    walked.settle()
    walked.land((StepKind.ROLLOUT, f"{LOOK}probes"), How.FAIL)
    assert len(clean(walked.run)) == before
    assert walked.run.going_back is False


def test_somebody_elses_deploy_while_it_is_watched_ends_it_with_nothing_under_way() -> None:
    for names in (("worker",), ("api", "worker")):
        walked = Walk(gradual(names, watch=120))
        walked.go(until=StepKind.WATCH)
        while (StepKind.WATCH, seeing("worker")) not in walked.flight:
            walked.settle()
            for key in [key for key in walked.flight if key[1] != seeing("worker")]:
                walked.land(key)
            walked.now += timedelta(seconds=5)
        walked.land((StepKind.WATCH, seeing("worker")), How.SPLIT)
        run = walked.go()
        assert run.outcome is Outcome.STOPPED
        assert "outside Outrider" in run.reason
        holds_end(walked)


def test_what_this_run_made_live_is_never_somebody_elses() -> None:
    walked = Walk(gradual())
    walked.go()
    assert all(ours(walked.run, one.live) for one in walked.events if isinstance(one, LiveSeen | ComponentDeployed))
    assert any(isinstance(one, Looked) for one in walked.events)
    assert [one.verdict.passed for one in walked.events if isinstance(one, BakeEnded)] == [True, True]
    assert not any(isinstance(one, Resumed) for one in walked.events)
