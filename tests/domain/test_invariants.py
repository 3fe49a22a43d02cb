"""What holds of every run, whatever happens to it: random plans, outcomes, aborts, crashes, answers and delays."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.events import (
    AbortRequested,
    ActFailed,
    ActStarted,
    Approved,
    ComponentBuilt,
    Event,
    GateJudged,
    Rejected,
    RunEnded,
    SecretsAccepted,
    SnapshotTaken,
    StepEnded,
    StepStarted,
    WayBackStarted,
)
from bot.domain.fold import evolve, fold
from bot.domain.plan import CHANGING, WAY_BACK, Plan, RunKind, StepKind
from bot.domain.run import Run, Way
from bot.domain.steps import advance
from bot.domain.values import Outcome
from bot.domain.watching import ROUND
from tests.fakes import estates
from tests.fakes.walk import JUDGED, How, Walk, awaits_approval

FORWARD_CHANGING = CHANGING - {StepKind.RESTORE}
MOVES = 60
"""Moves of chance; after them everything that is asked is answered well, and the run has to end."""

# ---------------------------------------------------------------- chance


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Any plan that the configuration can lead to."""
    names = draw(st.sampled_from([("worker",), ("api", "worker"), ("api", "worker", "cron")]))
    components = [estates.component(name, d1=("db",) if draw(st.booleans()) else ()) for name in names]
    gates = [replace(estates.TESTS, name=name) for name in draw(st.sampled_from([(), ("tests",), ("tests", "types")]))]
    checks = [replace(estates.HTTP, name=name) for name in draw(st.sampled_from([(), ("http",), ("http", "kv")]))]
    place = estates.environment(
        approvals=draw(st.integers(0, 2)), watch=timedelta(seconds=draw(st.sampled_from([0, 1, 60, 600])))
    )
    of = estates.target(components=components, environments=[place, estates.PRODUCTION], gates=gates, checks=checks)
    only = draw(st.lists(st.sampled_from(names), unique=True))
    kinds = {
        RunKind.DEPLOY: estates.deploying(of, only=tuple(only)),
        RunKind.PROMOTE: estates.promoting(of, estates.release(2, names), to=place),
        RunKind.ROLLBACK: estates.rolling_back(of),
        RunKind.VERIFY: estates.verifying(of),
    }
    return kinds[draw(st.sampled_from([RunKind.DEPLOY, *RunKind]))]


def hows(step: StepKind) -> list[How]:
    """How an act of that step can end; mostly well, so that runs come far."""
    well = [How.PASS] * 10
    match step:
        case StepKind.DEPLOY:
            return [*well, How.TROUBLE, How.TROUBLE, How.CONFLICT]
        case StepKind.SWITCH:
            return [*well, How.TROUBLE, How.QUESTION, How.QUESTION, How.CONFLICT]
        case StepKind.RESTORE:
            return [*well, How.TROUBLE, How.QUESTION, How.QUESTION]
        case StepKind.SNAPSHOT:
            return [*well, How.TROUBLE, How.NEVER, How.SPLIT]
        case _ if step in JUDGED:
            return [*well, How.FAIL, How.ERROR, How.INCONCLUSIVE, How.TROUBLE]
        case _:
            return [*well, How.TROUBLE]


def people(run: Run, walked: Walk) -> list[Event]:
    """What people can say now, as `decide` lets them."""
    says: list[Event] = []
    if run.aborted_by is None and not run.going_back and run.way is not Way.ENDED:
        says.append(AbortRequested(estates.actor(), walked.now))
    if awaits_approval(run):
        who = [one for one in (estates.EVE, estates.MAX) if one.name not in {seen.person for seen in run.approvals}]
        says += [Approved(estates.actor(one), walked.now) for one in who] * 4
        says.append(Rejected(estates.actor(estates.EVE), walked.now))
    if run.question:
        says += [SecretsAccepted(estates.actor(), walked.now)] * 2 + [Rejected(estates.actor(), walked.now)]
    return says


def move(walked: Walk, draw: st.DataObject) -> None:
    """One thing that happens."""
    answer = walked.settle()
    choices = ["land"] * 12 * bool(walked.flight) + ["crash", "time"] + ["wake"] * 6 * (answer.wake is not None)
    says = people(walked.run, walked)
    choices += ["say"] * min(len(says), 4)
    match draw.draw(st.sampled_from(choices)):
        case "land":
            key = draw.draw(st.sampled_from(list(walked.flight)))
            walked.land(key, draw.draw(st.sampled_from(hows(key[0]))))
        case "crash":
            walked.crash()
        case "say":
            walked.append(draw.draw(st.sampled_from(says)))
        case "wake":
            walked.now = answer.wake or walked.now
        case _:
            walked.now += timedelta(seconds=draw.draw(st.integers(0, 3 * 3600)))


def play(plan: Plan, draw: st.DataObject) -> Walk:
    walked = wander(plan, draw)
    walked.go()
    return walked


def wander(plan: Plan, draw: st.DataObject) -> Walk:
    """All goes well up to a step of chance, so that late steps are met as often as early ones; then anything may be."""
    walked = Walk(plan)
    walked.go(until=draw.draw(st.sampled_from(plan.steps)))
    for _ in range(draw.draw(st.integers(0, MOVES))):
        if walked.run.way is Way.ENDED:
            break
        move(walked, draw)
    return walked


# ---------------------------------------------------------------- what holds


def begun(events: Sequence[Event], *steps: StepKind) -> list[tuple[int, ActStarted]]:
    return [(at, one) for at, one in enumerate(events) if isinstance(one, ActStarted) and one.step in steps]


def touches(walked: Walk) -> dict[str, int]:
    """Component -> where in the stream it was last touched; what the provider refused untouched does not count."""
    refused = {(one.step, one.item) for one in walked.events if isinstance(one, ActFailed) and one.untouched}
    return {one.item: at for at, one in begun(walked.events, *FORWARD_CHANGING) if (one.step, one.item) not in refused}


def first_seen(events: Sequence[Event], step: StepKind) -> list[str]:
    return list(dict.fromkeys(one.item for _, one in begun(events, step)))


def holds_end(walked: Walk) -> None:
    ends = [at for at, one in enumerate(walked.events) if isinstance(one, RunEnded)]
    assert ends == [len(walked.events) - 1]
    assert not walked.run.open_acts


def holds_outcome(walked: Walk) -> None:
    run, touching = walked.run, touches(walked)
    back = any(isinstance(one, WayBackStarted) for one in walked.events)
    match run.outcome:
        case Outcome.STOPPED:
            assert not touching
        case Outcome.SUCCEEDED:
            assert bool(touching) == (run.plan.kind is not RunKind.VERIFY)
            assert not back
            assert run.aborted_by is None
        case Outcome.ROLLED_BACK:
            assert touching
            assert back
            assert run.aborted_by is None
        case Outcome.ABORTED:
            assert touching
            assert back
            assert run.aborted_by is not None
        case _:
            assert touching


def holds_way_back(walked: Walk) -> None:
    """Everything touched has a restore act, the last touched first, and only then may the run call itself restored."""
    if not walked.run.going_back:
        assert not begun(walked.events, *WAY_BACK)
        return
    last_touch = touches(walked)
    assert first_seen(walked.events, StepKind.RESTORE) == sorted(last_touch, key=lambda item: -last_touch[item])
    if walked.run.outcome in (Outcome.ROLLED_BACK, Outcome.ABORTED):
        assert {one.component for one in walked.run.restored} == set(last_touch)
        verdicts = [one.verdict for one in walked.events if isinstance(one, StepEnded) and one.step in WAY_BACK]
        assert [one.passed for one in verdicts] == [True, True]


def holds_before_change(walked: Walk) -> None:
    """Nothing is changed before every gate passed, enough people approved and every way-back point was read."""
    plan, changes = walked.plan, begun(walked.events, *FORWARD_CHANGING)
    if not changes:
        return
    before = walked.events[: changes[0][0]]
    names = {one.name for one in plan.read}
    assert {one.item for one in before if isinstance(one, SnapshotTaken)} == names
    if plan.kind is RunKind.ROLLBACK:
        return
    gates = {one.item for one in before if isinstance(one, GateJudged) and one.verdict.passed}
    assert gates == {one.name for one in plan.target.gates}
    people = {one.actor.person for one in before if isinstance(one, Approved)}
    assert len(people) >= plan.environment.approvals
    assert {one.item for one in before if isinstance(one, ComponentBuilt)} == {one.name for one in plan.components}


def holds_abort(walked: Walk) -> None:
    """After an abort no step forward begins and nothing is changed but back."""
    aborts = [at for at, one in enumerate(walked.events) if isinstance(one, AbortRequested)]
    for at in aborts[:1]:
        assert all(number < at for number, _ in begun(walked.events, *FORWARD_CHANGING))
        assert all(one.step in WAY_BACK for one in walked.events[at:] if isinstance(one, StepStarted))
        fresh = [one for number, one in walked.asked if number > at and one.step not in WAY_BACK]
        assert all(one.resumed for one in fresh)


def holds_forward(walked: Walk) -> None:
    """A step begins only when every step before it has passed."""
    passed: list[StepKind] = []
    for one in walked.events:
        if isinstance(one, StepStarted) and one.step not in WAY_BACK:
            assert tuple(passed) == walked.plan.steps[: len(passed)]
            assert walked.plan.steps[len(passed)] is one.step
        if isinstance(one, StepEnded) and one.verdict.passed and one.step not in WAY_BACK:
            passed.append(one.step)
    if walked.run.outcome is Outcome.SUCCEEDED:
        assert tuple(passed) == walked.plan.steps
        for step in (StepKind.HEALTH, StepKind.VERIFY):
            assert all(act.verdict and act.verdict.passed for act in walked.run.acts_of(step))
        rounds = [act for act in walked.run.acts_of(StepKind.WATCH) if act.item.startswith(ROUND)]
        assert all(act.verdict and act.verdict.passed for act in rounds[-1:])


def holds_everything(walked: Walk) -> None:
    for holds in (holds_end, holds_outcome, holds_way_back, holds_before_change, holds_abort, holds_forward):
        holds(walked)


ROOMY = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@ROOMY
@given(plan=plans(), draw=st.data())
def test_every_run_ends_well_ordered(plan: Plan, draw: st.DataObject) -> None:
    holds_everything(play(plan, draw))


@ROOMY
@given(plan=plans(), draw=st.data())
def test_a_run_taken_up_after_any_event_ends_well_ordered(plan: Plan, draw: st.DataObject) -> None:
    played = play(plan, draw)
    cut = draw.draw(st.integers(1, len(played.events)))
    taken_up = Walk(plan, now=played.now)
    taken_up.append(*played.events[1:cut])
    taken_up.go()
    holds_everything(taken_up)


@ROOMY
@given(plan=plans(), draw=st.data())
def test_folding_a_prefix_and_then_the_rest_is_folding_all(plan: Plan, draw: st.DataObject) -> None:
    events = play(plan, draw).events
    cut = draw.draw(st.integers(1, len(events)))
    run = fold(events[:cut])
    assert run is not None
    for event in events[cut:]:
        run = evolve(run, event)
    assert run == fold(events)
    assert run.seq == len(events)


@ROOMY
@given(plan=plans(), draw=st.data())
def test_the_same_journal_gives_the_same_answer_and_every_open_act_comes_back_resumed(
    plan: Plan, draw: st.DataObject
) -> None:
    walked = wander(plan, draw)
    walked.settle()
    again = fold(walked.events)
    assert again is not None
    answer = advance(again, walked.now)
    assert answer == advance(walked.run, walked.now)
    resumed = {(one.step, one.item, one.attempt) for one in answer.actions if one.resumed}
    assert resumed == {(one.step, one.item, one.attempt) for one in again.open_acts}


@pytest.mark.parametrize(
    "plan", [estates.deploying(), estates.promoting(), estates.rolling_back(), estates.verifying()]
)
def test_a_run_in_which_all_goes_well_succeeds(plan: Plan) -> None:
    walked = Walk(plan)
    assert walked.go().outcome is Outcome.SUCCEEDED
    holds_everything(walked)
