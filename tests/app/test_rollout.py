"""A gradual run driven by the real runner over the real journal, in a world of fakes: minutes in milliseconds."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from bot.domain.plan import PROBES, Plan, StepKind, deploy_plan
from bot.domain.rollout_events import BakeEnded, Paused, WeightChosen
from bot.domain.run import Run
from bot.domain.targets import Health, Source, Strategy
from bot.domain.values import Mark, Outcome, RunId
from tests.app.conftest import begin, ended, running, state, tell, until
from tests.fakes import estates
from tests.fakes.metrics import LateMetrics
from tests.fakes.world import Fakes


def gradual(**changes: object) -> Plan:
    place = replace(
        estates.environment("canary"),
        strategy=Strategy.GRADUAL,
        watch=timedelta(minutes=1),
        **changes,  # type: ignore[arg-type]  # fields of an environment, by name
    )
    return deploy_plan(estates.target(environments=[place]), place, "main")


async def roll(fakes: Fakes, plan: Plan) -> Run:
    fakes.provider.put("worker", "canary", "v-before")
    run = await begin(fakes, plan)
    async with running(fakes):
        return await ended(fakes, run)


def weights(fakes: Fakes) -> list[str]:
    return [call for call in fakes.provider.calls if "@" in call]


async def test_a_good_release_gets_all_the_traffic_in_steps(fakes: Fakes) -> None:
    run = await roll(fakes, gradual())
    assert run.outcome is Outcome.SUCCEEDED, run.reason
    assert [bake.weight for bake in run.rollout.bakes] == [10, 50, 100]
    assert [call.split("/")[1].split(" ")[0] for call in weights(fakes)] == [
        "worker@0#0",
        "worker@10#1",
        "worker@50#2",
        "worker@100#3",
    ]
    (live,) = fakes.provider.lives.values()
    assert live.version == run.uploaded[0].version
    assert run.release is not None
    assert run.release.versions[0].version == live.version
    assert all(bake.verdict and bake.verdict.passed for bake in run.rollout.bakes[:-1])


@pytest.mark.parametrize("rate", [0.02, 0.2, 1.0])
async def test_a_release_that_fails_is_rolled_back_by_the_evidence(fakes: Fakes, rate: float) -> None:
    fakes.metrics.rates = {"v-ccc": rate}
    run = await roll(fakes, gradual())
    assert run.outcome is Outcome.ROLLED_BACK, run.reason
    assert run.rollout.weight == 10
    (live,) = fakes.provider.lives.values()
    assert live.version == "v-before"


async def test_a_slow_release_is_rolled_back_by_the_evidence(fakes: Fakes) -> None:
    fakes.metrics.slow = {"v-ccc": 0.075}
    run = await roll(fakes, gradual())
    assert run.outcome is Outcome.ROLLED_BACK, run.reason


def counting(*counters: str) -> Plan:
    """A short rollout whose one source brings these counters of the application's own."""
    plan = gradual(weights=(50, 100), bake=timedelta(seconds=20))
    extra = {name: f"/{name}" for name in counters}
    source = Source("shop", "probes", options={"extra": extra})
    return replace(plan, target=replace(plan.target, sources=(source,)))


async def test_a_release_that_only_the_applications_own_counter_betrays_is_rolled_back(fakes: Fakes) -> None:
    fakes.metrics.counters = {"declined": {"v-ccc": 0.05, "v-before": 0.01}, "logins": {"v": 0.5}}
    run = await roll(fakes, counting("declined", "logins"))
    assert run.outcome is Outcome.ROLLED_BACK, run.reason
    assert run.rollout.weight == 50
    reason = run.reason
    assert "the canary counts more declined: " in reason
    assert "logins" not in reason
    assert "errors" not in reason


async def test_a_release_whose_counters_are_as_before_gets_all_the_traffic(fakes: Fakes) -> None:
    fakes.metrics.counters = {"declined": {"v": 0.01}, "logins": {"v": 0.5}}
    run = await roll(fakes, counting("declined", "logins"))
    assert run.outcome is Outcome.SUCCEEDED, run.reason


LATE = Source("analytics", "cloudflare")


def with_late_numbers(fakes: Fakes, bad: float, weights: tuple[int, ...]) -> tuple[Plan, LateMetrics]:
    """A rollout that the bot's own probes find nothing wrong with; a second source tells everything late."""
    late = LateMetrics(fakes.metrics, bad)
    fakes.world = replace(fakes.world, metrics={**fakes.world.metrics, "cloudflare": late})
    plan = gradual(weights=weights, bake=timedelta(minutes=2), bake_max=timedelta(minutes=10))
    place = replace(plan.environment, watch=timedelta(minutes=4))
    target = replace(plan.target, sources=(PROBES, LATE))
    return replace(plan, environment=place, target=target), late


@pytest.mark.parametrize(("weights", "step"), [((10, 50, 100), StepKind.ROLLOUT), ((50, 100), StepKind.WATCH)])
async def test_the_last_minute_of_a_weight_is_evidence_when_it_is_told(
    fakes: Fakes, weights: tuple[int, ...], step: StepKind
) -> None:
    plan, _ = with_late_numbers(fakes, 0.3, weights)
    run = await roll(fakes, plan)
    reason = run.reason
    assert run.outcome is Outcome.ROLLED_BACK, reason
    assert run.rollout.weight == weights[1]
    told = [poll for look in run.rollout.looks for poll in look.polls if poll.canary.errors]
    assert {(poll.source, poll.weight) for poll in told} == {(LATE.name, weights[0])}
    failed = [one.kind for one in run.steps if one.verdict and not one.verdict.passed]
    assert failed == [step], reason
    assert "the canary fails more" in reason
    assert reason.endswith(f"; {LATE.name} told it late, of the weight of {weights[0]}")
    assert fakes.provider.lives[next(iter(fakes.provider.lives))].version == "v-before"


async def test_a_good_release_is_asked_about_the_end_of_each_weight_once(fakes: Fakes) -> None:
    plan, late = with_late_numbers(fakes, 0.0, (50, 100))
    run = await roll(fakes, plan)
    assert run.outcome is Outcome.SUCCEEDED, run.reason
    assert late.ended == [50]
    polls = [poll for look in run.rollout.looks for poll in look.polls if poll.source == LATE.name]
    assert len({poll.since for poll in polls}) == len(polls)
    assert all(before.at <= after.since for before, after in pairwise(polls))


async def test_promise_5_no_data_is_not_healthy(fakes: Fakes) -> None:
    fakes.metrics.per_second = 0
    fakes.provider.put("worker", "canary", "v-before")
    run = await begin(fakes, gradual(bake=timedelta(minutes=1), bake_max=timedelta(minutes=2)))
    async with running(fakes):

        async def asks() -> bool:
            bake = (await state(fakes, run)).rollout.bake
            return bake is not None and bake.verdict is not None

        await until(asks)
        found = await state(fakes, run)
    assert found.outcome is None
    assert found.rollout.weight == 10
    assert found.rollout.bakes[-1].verdict is not None
    assert not found.rollout.bakes[-1].verdict.passed


async def test_promise_6_safety_never_waits_for_people(fakes: Fakes) -> None:
    fakes.provider.put("worker", "canary", "v-before")
    run = await begin(fakes, gradual())
    async with running(fakes):
        await until(lambda: _at(fakes, run, 10))
        await tell(fakes, run, Paused(estates.actor(), fakes.clock.now()))
        fakes.metrics.rates = {"v-ccc": 0.5}
        found = await ended(fakes, run)
    assert found.outcome is Outcome.ROLLED_BACK
    assert found.rollout.held_by is not None


async def _at(fakes: Fakes, run: RunId, weight: int) -> bool:
    found = await state(fakes, run)
    return found.rollout.weight == weight and bool(found.rollout.looks)


async def test_a_weight_by_hand_is_set_and_held(fakes: Fakes) -> None:
    fakes.provider.put("worker", "canary", "v-before")
    run = await begin(fakes, gradual())
    async with running(fakes):
        await until(lambda: _at(fakes, run, 10))
        await tell(fakes, run, WeightChosen(30, fakes.clock.now(), estates.actor()))

        async def passed() -> bool:
            bake = (await state(fakes, run)).rollout.bake
            return bake is not None and bake.weight == 30 and bake.verdict is not None

        await until(passed)
        found = await state(fakes, run)
    assert found.rollout.weight == 30
    assert found.rollout.held_by is not None
    assert [share.weight for share in next(iter(fakes.provider.lives.values())).shares] == [70, 30]


async def test_somebody_elses_deploy_is_left_alone_and_told(fakes: Fakes) -> None:
    fakes.provider.put("worker", "canary", "v-before")
    run = await begin(fakes, gradual())
    async with running(fakes):
        await until(lambda: _at(fakes, run, 10))
        fakes.provider.put("worker", "canary", "v-theirs", "carl")

        async def taken() -> bool:
            return (await state(fakes, run)).rollout.overtaken is not None

        await until(taken)
        calls = list(fakes.provider.calls)
        before = fakes.clock.now()

        async def later() -> bool:
            return fakes.clock.now() - before > timedelta(minutes=10)

        await until(later)
    assert fakes.provider.calls == calls
    assert next(iter(fakes.provider.lives.values())).version == "v-theirs"


async def test_the_smoke_keeps_a_broken_version_from_all_traffic(fakes: Fakes) -> None:
    from bot.domain.values import Measurement, Verdict  # noqa: PLC0415 - used here alone

    bad = Verdict(Mark.FAIL, "answered 500")
    fakes.channel.answer = lambda check, wanted: (
        Measurement(bad, 0.01) if wanted.pins else Measurement(Verdict(Mark.PASS), 0.01, wanted.versions[0])
    )
    run = await roll(fakes, gradual())
    assert run.outcome is Outcome.ROLLED_BACK
    assert not run.rollout.bakes
    assert [step.kind for step in run.steps if step.verdict and not step.verdict.passed] == [StepKind.SMOKE]


async def test_a_worker_that_cannot_name_its_version_is_refused_before_anything_is_changed(fakes: Fakes) -> None:
    plan = gradual(health=Health(proof=False))
    plan = replace(plan, target=replace(plan.target, checks=()))
    run = await roll(fakes, plan)
    assert run.outcome is Outcome.STOPPED
    assert "nothing proves which version answers" in run.reason
    assert fakes.provider.calls == []


async def test_every_bake_that_passed_says_what_it_rests_on(fakes: Fakes) -> None:
    run = await roll(fakes, gradual())
    events = await fakes.world.journal.read(run.id)
    assert all(event.verdict.reason for event in events if isinstance(event, BakeEnded))
