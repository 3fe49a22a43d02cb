"""Which steps a run has."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.plan import WAY_BACK, Plan, StepKind, verify_plan
from tests.fakes import estates

S = StepKind
D1 = estates.component(d1=("db",))
BARE = estates.target(gates=(), checks=(), environments=[estates.environment(watch=timedelta(0))])
FULL = estates.target(components=[D1], environments=[estates.environment(approvals=1)])
FORWARD = (
    S.CHECKOUT,
    S.GATES,
    S.APPROVAL,
    S.SNAPSHOT,
    S.BUILD,
    S.MIGRATE,
    S.DEPLOY,
    S.HEALTH,
    S.VERIFY,
    S.WATCH,
)


@pytest.mark.parametrize(
    ("plan", "steps"),
    [
        (estates.deploying(FULL), FORWARD),
        (estates.deploying(BARE), (S.CHECKOUT, S.SNAPSHOT, S.BUILD, S.DEPLOY, S.HEALTH)),
        (estates.promoting(FULL), FORWARD),
        (estates.rolling_back(FULL), (S.SNAPSHOT, S.SWITCH, S.HEALTH, S.VERIFY)),
        (estates.rolling_back(BARE), (S.SNAPSHOT, S.SWITCH, S.HEALTH)),
        (estates.verifying(FULL), (S.CHECKOUT, S.SNAPSHOT, S.HEALTH, S.VERIFY)),
    ],
)
def test_a_plan_has_the_steps_that_it_needs(plan: Plan, steps: tuple[StepKind, ...]) -> None:
    assert plan.steps == steps
    assert not set(plan.steps) & set(WAY_BACK)


def test_a_verify_of_what_a_run_left_needs_no_checkout() -> None:
    plan = verify_plan(FULL, FULL.environments[0], estates.snapshot().lives)
    assert plan.steps == (S.SNAPSHOT, S.HEALTH, S.VERIFY)


def test_promise_3_the_snapshot_stands_before_everything_that_changes() -> None:
    for plan in (estates.deploying(FULL), estates.rolling_back(FULL)):
        changing = [plan.steps.index(step) for step in (S.MIGRATE, S.DEPLOY, S.SWITCH) if step in plan.steps]
        assert plan.steps.index(S.SNAPSHOT) < min(changing)


def test_only_keeps_the_named_components_in_their_order_and_their_migrations() -> None:
    of = estates.target(components=[D1, estates.component("api"), estates.component("cron")])
    plan = estates.deploying(of, only=("cron", "api"))
    assert [one.name for one in plan.components] == ["api", "cron"]
    assert S.MIGRATE not in plan.steps
    assert S.MIGRATE in estates.deploying(of, only=("worker",)).steps


def test_a_promotion_has_the_components_of_its_release() -> None:
    of = estates.target(components=[estates.component("api"), estates.component()])
    plan = estates.promoting(of, estates.release(2, ["api"]))
    assert [one.name for one in plan.components] == ["api"]
    assert plan.commit == estates.commit(2)


def test_health_is_a_check_that_waits_for_a_cold_start() -> None:
    place = replace(estates.CANARY, health=replace(estates.CANARY.health, path="/up", proof=False))
    check = estates.deploying(estates.target(environments=[place])).health
    assert (check.options["path"], check.deadline, check.proof) == ("/up", timedelta(minutes=2), False)
