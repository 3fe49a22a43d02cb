"""Runs driven to their end over the real journal: what is done, how often, in which order, and what is left live."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest

from bot.domain.events import AbortRequested, ActStarted, RunEnded, SecretsAccepted
from bot.domain.fold import fold
from bot.domain.plan import StepKind
from bot.domain.run import Run
from bot.domain.targets import Check
from bot.domain.values import Mark, Measurement, Outcome, Snapshot, Verdict
from bot.ports.channel import Wanted
from bot.ports.errors import Differs, Doubtful, Permanent, Temporary
from tests.app.conftest import begin, ended, running, state, tell, until
from tests.fakes.estates import BOB, CANARY, actor, component, deploying, rolling_back, target
from tests.fakes.world import Fakes

FAIL = Verdict(Mark.FAIL, "503, wanted 200")


def live_version(fakes: Fakes, name: str = "worker", environment: str = "canary") -> str | None:
    return fakes.provider.lives[name, environment].version


def sick_unless(version: str) -> "Sick":
    return Sick(version)


class Sick:
    """A channel that is well only on one version."""

    def __init__(self, well: str) -> None:
        self.well = well

    def __call__(self, check: Check, wanted: Wanted) -> Measurement:
        well = self.well in wanted.versions
        return Measurement(Verdict(Mark.PASS) if well else FAIL, 0.01, wanted.versions[0])


async def deploy(fakes: Fakes) -> Run:
    fakes.provider.put("worker", "canary", "v-before")
    run = await begin(fakes, deploying())
    async with running(fakes):
        return await ended(fakes, run)


async def test_a_deploy_goes_through_every_step_and_is_live(fakes: Fakes) -> None:
    run = await deploy(fakes)
    assert run.outcome is Outcome.SUCCEEDED, run.reason
    assert fakes.provider.calls == ["deploy/worker canary"]
    assert live_version(fakes) == run.deployed[0].version
    assert [step.kind for step in run.steps if step.ended_at] == list(run.plan.steps)
    assert run.release is not None
    assert run.release.commit == fakes.source.commit


async def test_promise_1_intent_before_act_every_act_is_in_the_journal_before_it_is_done(fakes: Fakes) -> None:
    seen: list[bool] = []

    async def look(run: str) -> None:
        events = await fakes.world.journal.read(run)  # type: ignore[arg-type]  # a NewType of str
        seen.append(any(isinstance(one, ActStarted) and one.step is StepKind.DEPLOY for one in events))

    async with asyncio.TaskGroup() as group:
        fakes.provider.during_deploy = lambda: group.create_task(look("00000001"))
        await deploy(fakes)
    assert seen == [True]


async def test_promise_2_pinned_a_ref_is_resolved_once(fakes: Fakes) -> None:
    await deploy(fakes)
    assert fakes.source.resolved == ["main"]


async def test_promise_3_a_way_back_before_the_way_forward(fakes: Fakes) -> None:
    run = await deploy(fakes)
    order = [act.step for act in run.acts.values()]
    assert order.index(StepKind.SNAPSHOT) < order.index(StepKind.DEPLOY)
    assert run.snapshot.lives[0].version == "v-before"


async def test_a_release_that_fails_its_health_is_taken_back(fakes: Fakes) -> None:
    fakes.channel.answer = sick_unless("v-before")
    run = await deploy(fakes)
    assert run.outcome is Outcome.ROLLED_BACK
    assert "503, wanted 200" in run.reason
    assert live_version(fakes) == "v-before"
    assert fakes.provider.calls == ["deploy/worker canary", "restore/worker canary"]


async def test_a_failed_gate_stops_before_anything_changes(fakes: Fakes) -> None:
    fakes.processes.statuses["npm"] = 1
    run = await deploy(fakes)
    assert run.outcome is Outcome.STOPPED
    assert run.log == ("npm said this last",)
    assert fakes.provider.calls == []


async def test_promise_5_no_data_is_not_healthy(fakes: Fakes) -> None:
    fakes.channel.answer = lambda check, wanted: Measurement(Verdict(Mark.PASS), 0.01, None)
    run = await deploy(fakes)
    assert run.outcome is Outcome.NEEDS_HANDS, "what was restored could not be proven either, and that is said"
    assert live_version(fakes) == "v-before"


async def test_a_way_back_that_fails_needs_hands_and_says_what_is_live(fakes: Fakes) -> None:
    fakes.channel.answer = sick_unless("v-before")
    fakes.provider.trouble.before["switch"] = [Permanent("the API refuses: no such version")]
    run = await deploy(fakes)
    assert run.outcome is Outcome.NEEDS_HANDS
    act = run.act(StepKind.RESTORE, "worker")
    assert act is not None
    assert getattr(act.end, "live", None) == fakes.provider.lives["worker", "canary"]


async def test_a_lost_answer_is_asked_about_and_never_repeated_blindly(fakes: Fakes) -> None:
    fakes.provider.trouble.after["deploy"] = [Doubtful("the answer was lost")]
    run = await deploy(fakes)
    assert run.outcome is Outcome.SUCCEEDED
    assert fakes.provider.calls == ["deploy/worker canary"]


async def test_a_passing_trouble_is_waited_out(fakes: Fakes) -> None:
    fakes.provider.trouble.before["deploy"] = [Temporary("429", retry_after=20.0), Temporary("502")]
    run = await deploy(fakes)
    assert run.outcome is Outcome.SUCCEEDED
    assert fakes.provider.calls == ["deploy/worker canary"]


async def test_somebody_elses_deploy_in_between_is_left_alone(fakes: Fakes) -> None:
    fakes.channel.answer = sick_unless("v-before")
    fakes.provider.during_deploy = None
    fakes.provider.put("worker", "canary", "v-before")
    run_id = await begin(fakes, deploying())
    fakes.channel.answer = lambda check, wanted: _foreign(fakes)
    async with running(fakes):
        run = await ended(fakes, run_id)
    assert run.outcome is Outcome.NEEDS_HANDS
    assert "in the meantime" in str(run.reason)
    assert live_version(fakes) == "v-foreign"


def _foreign(fakes: Fakes) -> Measurement:
    fakes.provider.put("worker", "canary", "v-foreign", "eve@acme.example")
    return Measurement(FAIL, 0.01, None)


async def test_an_abort_stops_the_act_and_restores(fakes: Fakes) -> None:
    fakes.provider.put("worker", "canary", "v-before")
    fakes.provider.hang = asyncio.Event()
    run_id = await begin(fakes, deploying())

    async def moved() -> bool:
        return bool(fakes.provider.calls)

    async with running(fakes):
        await until(moved)
        await tell(fakes, run_id, AbortRequested(actor(BOB), fakes.clock.now()))
        run = await ended(fakes, run_id)
    assert run.outcome is Outcome.ABORTED
    assert run.aborted_by is not None
    assert run.aborted_by.person == "bob"
    assert live_version(fakes) == "v-before"


async def test_a_restart_in_the_middle_of_a_deploy_finds_what_was_done(fakes: Fakes) -> None:
    fakes.provider.put("worker", "canary", "v-before")
    fakes.provider.hang = asyncio.Event()
    run_id = await begin(fakes, deploying())

    async def moved() -> bool:
        return bool(fakes.provider.calls)

    async with running(fakes):
        await until(moved)
    assert (await state(fakes, run_id)).outcome is None
    fakes.provider.hang = None
    async with running(fakes):
        run = await ended(fakes, run_id)
    assert run.outcome is Outcome.SUCCEEDED
    assert fakes.provider.calls == ["deploy/worker canary"]


async def test_promise_9_one_run_at_a_time_per_environment(fakes: Fakes) -> None:
    fakes.provider.put("worker", "canary", "v-before")
    runs = [await begin(fakes, deploying(), f"0000000{n}") for n in range(3)]
    async with running(fakes):
        done = [await ended(fakes, run) for run in runs]
    for first, second in pairwise(done):
        assert first.ended_at
        assert second.started_at
        assert first.ended_at <= second.started_at
    assert [run.outcome for run in done] == [Outcome.SUCCEEDED] * 3


async def test_the_second_component_failing_takes_both_back_the_last_one_first(fakes: Fakes) -> None:
    of = target(components=[component("front"), component("api")])
    for name in ("front", "api"):
        fakes.provider.put(name, "canary", f"{name}-before")
    fakes.channel.answer = lambda check, wanted: Measurement(
        Verdict(Mark.PASS) if any("before" in one for one in wanted.versions) else FAIL, 0.01, wanted.versions[0]
    )
    run_id = await begin(fakes, deploying(of))
    async with running(fakes):
        run = await ended(fakes, run_id)
    assert run.outcome is Outcome.ROLLED_BACK
    assert fakes.provider.calls == [
        "deploy/front canary",
        "deploy/api canary",
        "restore/api canary",
        "restore/front canary",
    ]


async def test_changed_secrets_become_a_question_and_never_a_force(fakes: Fakes) -> None:
    before = fakes.provider.put("worker", "canary", "v-before")
    fakes.provider.put("worker", "canary", "v-now")
    fakes.provider.trouble.before["switch"] = [Differs("secrets differ", ["API_KEY"])]
    run_id = await begin(fakes, rolling_back(goal=Snapshot((before,))))

    async def asking() -> bool:
        return bool((await state(fakes, run_id)).question)

    async with running(fakes):
        await until(asking)
        assert (await state(fakes, run_id)).question == ("API_KEY",)
        assert live_version(fakes) == "v-now"
        await tell(fakes, run_id, SecretsAccepted(actor(BOB), fakes.clock.now()))
        run = await ended(fakes, run_id)
    assert run.outcome is Outcome.SUCCEEDED
    assert live_version(fakes) == "v-before"


async def test_a_journal_that_is_away_for_a_while_is_waited_for(fakes: Fakes) -> None:
    """The runner reads again after a pause; an event is never appended twice."""
    run = await deploy(fakes)
    events = await fakes.world.journal.read(run.id)
    assert sum(isinstance(one, RunEnded) for one in events) == 1
    assert fold(events) == run


async def test_the_watch_goes_on_for_its_whole_time(fakes: Fakes) -> None:
    run = await deploy(fakes)
    watch = next(step for step in run.steps if step.kind is StepKind.WATCH)
    assert watch.started_at
    assert watch.ended_at
    assert watch.ended_at - watch.started_at >= CANARY.watch >= timedelta(minutes=1)


@pytest.mark.parametrize("before", ["v-before", ""], ids=["a release before", "a first deploy"])
async def test_a_migrated_database_is_taken_back_where_the_configuration_says_so(fakes: Fakes, before: str) -> None:
    """Also where nothing of the component was ever live: there is no traffic to take back, but there is the data."""
    if before:
        fakes.provider.put("worker", "canary", before)
    fakes.provider.migrations["db"] = ["0001_init.sql"]
    fakes.provider.trouble.before["deploy"] = [Permanent("wrangler deployed nothing")]
    run_id = await begin(fakes, deploying(target(components=[component(d1=("db",), rewind_d1=True)])))
    async with running(fakes):
        run = await ended(fakes, run_id)
    assert run.outcome in (Outcome.ROLLED_BACK, Outcome.NEEDS_HANDS), run.reason
    assert fakes.provider.calls == ["migrate/worker db", "rewind db bookmark-db"]
