"""What commands lead to: a deploy, a promotion, and what leads to nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain import commands as c
from bot.domain.board import Board
from bot.domain.picture import Begin
from bot.domain.plan import RunKind
from bot.domain.refusal import Code, Refusal
from bot.domain.targets import Estate, Strategy
from tests.fakes import estates
from tests.fakes.asking import NEW, ask, begun, code, refused
from tests.fakes.estates import BOB, NOON, OTHER_RUN, RUN, actor, board, head, target

OPEN = head(outcome=None)
DONE = head()
UNDONE = head(OTHER_RUN, RunKind.ROLLBACK, number=1, at=NOON + timedelta(hours=1))
LIVE_THERE = head(OTHER_RUN, RunKind.PROMOTE, "production")


def gradual(place: str) -> Estate:
    changed = [replace(one, strategy=Strategy.GRADUAL) if one.name == place else one for one in target().environments]
    return estates.estate([target(environments=changed)])


# ---------------------------------------------------------------- deploy and verify


def test_a_deploy_begins_a_run_by_whoever_asked() -> None:
    decision = ask(c.Deploy("canary", ref="v1.2"), by=BOB)
    assert isinstance(decision, Begin)
    assert decision.event.plan == replace(estates.deploying(), ref="v1.2")
    assert decision.event.actor == actor(BOB)
    assert decision.event.key == "key-asked"
    assert decision.event.at == NOON


def test_a_deploy_without_a_ref_takes_the_targets_branch() -> None:
    assert begun(ask(c.Deploy("canary"))) == estates.deploying()


def test_a_deploy_of_an_unknown_component_is_refused() -> None:
    refusal = refused(ask(c.Deploy("canary", only=("worker", "nope"))))
    assert refusal == Refusal(Code.UNKNOWN_COMPONENT, {"component": "nope", "target": "moltworker", "known": "worker"})


def test_a_gradual_environment_is_rolled_out_in_steps_unless_it_is_asked_for_all_at_once() -> None:
    assert begun(ask(c.Deploy("canary"), of=gradual("canary"))).gradual
    assert begun(ask(c.Promote(), board(standing=[DONE]), of=gradual("production"))).gradual
    assert not begun(ask(c.Deploy("canary", strategy="direct"), of=gradual("canary"))).gradual
    assert not begun(ask(c.Promote(strategy="direct"), board(standing=[DONE]), of=gradual("production"))).gradual


def test_promise_9_a_deploy_behind_another_begins_and_waits_its_turn() -> None:
    begun(ask(c.Deploy("canary"), board([OPEN])))
    on = board([OPEN, head(OTHER_RUN, outcome=None), head(NEW, outcome=None)])
    assert [on.place(run) for run in (RUN, OTHER_RUN, NEW)] == [0, 1, 2]


def test_promise_9_a_verify_waits_for_nobody_and_holds_nobody_up() -> None:
    measuring = head(OTHER_RUN, RunKind.VERIFY, outcome=None)
    on = board([OPEN, measuring, head(NEW, outcome=None)])
    assert begun(ask(c.Verify("canary"), on)).kind is RunKind.VERIFY
    assert [on.place(run) for run in (RUN, OTHER_RUN, NEW)] == [0, 0, 1]


def test_promise_9_environments_do_not_wait_for_each_other() -> None:
    on = board([OPEN, head(OTHER_RUN, place="production", outcome=None), head(NEW, of="website", outcome=None)])
    assert [on.place(run) for run in (RUN, OTHER_RUN, NEW)] == [0, 0, 0]


# ---------------------------------------------------------------- promote


@pytest.mark.parametrize("command", [c.Promote(), c.Promote(drawn=RUN)])
def test_promise_2_pinned_promotion_ships_the_verified_release(command: c.Command) -> None:
    plan = begun(ask(command, board(standing=[DONE])))
    assert plan == estates.promoting(what=DONE.release)
    assert plan.commit == estates.commit(2)
    assert plan.ref == ""


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (board(), Code.NOTHING_TO_PROMOTE),
        (board([OPEN], [DONE]), Code.STILL_WATCHED),
        (board(standing=[UNDONE]), Code.ROLLED_BACK_SINCE),
        (board(standing=[replace(DONE, release=None)]), Code.ROLLED_BACK_SINCE),
        (board(standing=[DONE, LIVE_THERE]), Code.ALREADY_LIVE),
    ],
)
def test_a_promotion_is_refused(on: Board, expected: Code) -> None:
    assert code(ask(c.Promote(), on)) is expected


def test_a_target_without_a_next_environment_has_no_promotion() -> None:
    alone = estates.estate([target(environments=[estates.PRODUCTION])])
    assert code(ask(c.Promote(), board(), of=alone)) is Code.NO_NEXT_ENVIRONMENT
    astray = estates.estate([target(environments=[estates.CANARY])])
    assert code(ask(c.Promote(), board(standing=[DONE]), of=astray)) is Code.NO_NEXT_ENVIRONMENT


def test_a_promoted_release_that_was_rolled_back_there_may_be_promoted_again() -> None:
    gone = head(OTHER_RUN, RunKind.ROLLBACK, "production", number=1)
    begun(ask(c.Promote(), board(standing=[DONE, gone])))


def test_another_part_of_the_same_commit_is_not_live_yet() -> None:
    pair = estates.estate([target(components=[estates.component("api"), estates.component()])])
    there = replace(LIVE_THERE, release=estates.release(2, ["api"]))
    plan = begun(ask(c.Promote(), board(standing=[DONE, there]), of=pair))
    assert [one.name for one in plan.components] == ["worker"]


def test_what_was_verified_together_is_not_promoted_in_part() -> None:
    both = replace(DONE, release=estates.release(2, ["worker", "gone"]))
    assert refused(ask(c.Promote(), board(standing=[both]))).says["component"] == "gone"


def test_promise_8_a_promote_button_pressed_twice_begins_one_run() -> None:
    first = head(NEW, RunKind.PROMOTE, "production", outcome=None)
    refusal = refused(ask(c.Promote(drawn=RUN), board([first], [DONE])))
    assert refusal.code is Code.STALE_PRESS
    assert "by ana" in refusal.says["reason"]
    done = head(NEW, RunKind.PROMOTE, "production")
    assert code(ask(c.Promote(drawn=RUN), board(standing=[DONE, done]))) is Code.ALREADY_LIVE


def test_a_promote_button_holds_while_the_next_deploy_is_already_under_way() -> None:
    begun(ask(c.Promote(drawn=RUN), board([head(OTHER_RUN, outcome=None, number=3)], [DONE])))


# ---------------------------------------------------------------- the rest


@pytest.mark.parametrize("command", [c.Pause(), c.Resume(), c.Advance(), c.SetWeight(10)])
def test_what_only_a_rollout_knows_is_refused(command: c.Command) -> None:
    assert code(ask(command, board([OPEN]), run=estates.started())) is Code.NOT_A_ROLLOUT


@pytest.mark.parametrize("command", [c.ShowHelp(), c.WhoAmI(), c.ShowStatus(), c.ShowHistory(), c.ShowPlan("canary")])
def test_what_only_asks_leads_to_nothing(command: c.Command) -> None:
    assert code(ask(command)) is Code.UNKNOWN_VERB


@pytest.mark.parametrize("command", [c.Deploy("nope"), c.Promote("nope"), c.RollBack("nope"), c.Verify("nope")])
def test_a_place_that_was_not_found_begins_nothing(command: c.Command) -> None:
    assert code(ask(command)) is Code.NO_TARGET


def test_the_same_question_has_the_same_answer() -> None:
    for command in (c.Deploy("canary"), c.RollBack(), c.Promote()):
        assert ask(command, board(standing=[DONE])) == ask(command, board(standing=[DONE]))
