"""The way back that a run pinned is the next rollback's, however the run ended and whatever came after it."""

from dataclasses import replace

from bot.domain import commands as c
from bot.domain.board import head_of
from bot.domain.plan import StepKind
from bot.domain.refusal import Code
from bot.domain.values import Outcome
from tests.fakes import estates
from tests.fakes.asking import NEW, ask, begun, refused
from tests.fakes.estates import OTHER_RUN, board, head
from tests.fakes.walk import How, Walk

THREE = estates.snapshot(number=3)
DONE = head()


def test_promise_3_a_run_that_left_what_it_changed_to_somebody_else_keeps_its_way_back() -> None:
    """A deploy outside of Outrider in the middle of its watch: what was live before the run is not forgotten."""
    walked = Walk(estates.deploying(), {(StepKind.WATCH, "live of worker"): How.SPLIT})
    walked.go()
    assert walked.run.outcome is Outcome.STOPPED
    left = head_of(walked.run)
    assert left.touched
    assert left.way_back == walked.run.snapshot


def test_promise_3_a_rollback_does_not_go_past_a_run_that_somebody_else_overtook() -> None:
    left = replace(head(OTHER_RUN, outcome=Outcome.STOPPED), way_back=THREE, touched=True)
    stopped = head(NEW, outcome=Outcome.STOPPED)
    on = board(standing=[DONE])
    assert begun(ask(c.RollBack("canary"), on, past=(left, DONE))).goal == THREE
    assert begun(ask(c.RollBack("canary"), on, past=(stopped, DONE))).goal == DONE.way_back


def test_a_release_that_two_commits_may_mean_is_asked_for() -> None:
    one, two = (estates.release(number) for number in (1, 2))
    past = (replace(DONE, release=two), replace(head(OTHER_RUN, number=1), release=one))
    refusal = refused(ask(c.RollBack("canary", to="ccccc"), board(standing=[DONE]), past=past))
    assert refusal.code is Code.WHICH_RELEASE
    assert refusal.says["known"] == "cccccc200000, cccccc100000"
    assert begun(ask(c.RollBack("canary", to="cccccc1"), board(standing=[DONE]), past=past)).release == one


def test_of_one_commit_deployed_twice_the_last_release_is_meant() -> None:
    again = replace(estates.release(1), versions=estates.release(7).versions)
    past = (replace(head(number=1), release=again), head(OTHER_RUN, number=1))
    assert begun(ask(c.RollBack("canary", to="cccccc1"), board(standing=[DONE]), past=past)).release == again


def test_a_release_of_one_component_comes_back_with_what_was_beside_it() -> None:
    """`/deploy only=worker` left the other one as it was: going back to that release brings both as they were."""
    both = ("api", "worker")
    of = estates.estate([estates.target(components=[estates.component(name) for name in both])])
    alone = head(OTHER_RUN, number=2, way_back=estates.snapshot(both, 1))
    later = replace(head(number=3, way_back=estates.snapshot(both, 2)), release=estates.release(3, both))
    plan = begun(ask(c.RollBack("canary", to="cccccc2"), board(standing=[later]), of=of, past=(later, alone)))
    assert plan.goal is not None
    assert [(live.component, live.version) for live in plan.goal.lives] == [
        ("api", estates.version("api", 1)),
        ("worker", estates.version("worker", 2)),
    ]
