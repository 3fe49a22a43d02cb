"""What holds of every gradual run, whatever happens to it: acts that fail, conflict, are lost or taken up again,
anything that a person may say at any time, looks of every kind, and a journal that is cut anywhere.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.domain.baking import EDGE, LOOK, ours
from bot.domain.commands import Advance, Command, Pause, Resume, SetWeight
from bot.domain.events import (
    AbortRequested,
    ActEnded,
    ActStarted,
    ComponentDeployed,
    ComponentRestored,
    Event,
    RunEnded,
    SecretsAccepted,
    StepEnded,
    WayBackStarted,
)
from bot.domain.evidence import clean, judged
from bot.domain.fold import evolve, fold
from bot.domain.picture import Tell
from bot.domain.plan import Plan, StepKind, deploy_plan
from bot.domain.rollout_events import BakeEnded, LiveSeen, Looked, Overtaken, Resumed, WeightChosen
from bot.domain.run import Run, Way, seeing, setting, setting_of
from bot.domain.steering import steer
from bot.domain.steps import advance
from bot.domain.targets import Strategy, Unsure
from bot.domain.values import Mark, Outcome
from tests.fakes import estates
from tests.fakes.walk import How, Walk

MOVES = 40
ROOMY = settings(
    max_examples=60,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def gradual(
    names: Sequence[str] = ("worker",),
    weights: tuple[int, ...] = (10, 50, 100),
    unsure: Unsure = Unsure.WAIT,
    watch: int = 20,
) -> Plan:
    place = replace(
        estates.environment(watch=timedelta(seconds=watch)),
        strategy=Strategy.GRADUAL,
        weights=weights,
        bake=timedelta(seconds=15),
        bake_max=timedelta(seconds=30),
        inconclusive=unsure,
    )
    components = [estates.component(name) for name in names]
    return deploy_plan(estates.target(components=components, environments=[place, estates.PRODUCTION]), place, "main")


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    return gradual(
        draw(st.sampled_from([("worker",), ("api", "worker")])),
        draw(st.sampled_from([(10, 50, 100), (5, 100), (100,)])),
        draw(st.sampled_from(list(Unsure))),
        draw(st.sampled_from([0, 20])),
    )


def hows(step: StepKind, item: str) -> list[How]:
    """How an act can end; mostly well, so that runs come far."""
    well = [How.PASS] * 12
    if setting_of(item):
        return [*well, How.TROUBLE, How.CONFLICT]
    if item.startswith("live of "):
        return [*well, How.SPLIT, How.TROUBLE]
    if item == LOOK:
        return [*well, How.FAIL, How.ERROR, How.INCONCLUSIVE, How.TROUBLE]
    if step is StepKind.RESTORE:
        return [*well, How.TROUBLE, How.QUESTION]
    if step is StepKind.SNAPSHOT:
        return [*well, How.TROUBLE, How.SPLIT]
    return [*well, How.FAIL, How.INCONCLUSIVE, How.TROUBLE]


def said(walked: Walk, commands: Sequence[Command]) -> list[Event]:
    """What these commands lead to now, as `decide` has it."""
    run = walked.run
    if run.way is Way.ENDED:
        return []
    decisions = [steer(estates.asked(command, at=walked.now), run) for command in commands]
    return [one.event for one in decisions if isinstance(one, Tell)]


def people(walked: Walk) -> list[Event]:
    """Everything that a person can say now."""
    run = walked.run
    events = said(walked, [Pause(), Resume(), Advance(), *(SetWeight(weight) for weight in (0, 3, 30, 100))])
    if run.aborted_by is None and not run.going_back and run.way is not Way.ENDED:
        events.append(AbortRequested(estates.actor(), walked.now))
    if run.question:
        events.append(SecretsAccepted(estates.actor(), walked.now))
    return events


def move(walked: Walk, draw: st.DataObject) -> None:
    """One thing that happens."""
    answer = walked.settle()
    choices = ["land"] * 12 * bool(walked.flight) + ["crash", "time"] + ["wake"] * 6 * (answer.wake is not None)
    says = people(walked)
    choices += ["say"] * bool(says)
    match draw.draw(st.sampled_from(choices)):
        case "land":
            key = draw.draw(st.sampled_from(list(walked.flight)))
            walked.land(key, draw.draw(st.sampled_from(hows(*key))))
        case "crash":
            walked.crash()
        case "say":
            walked.append(draw.draw(st.sampled_from(says)))
        case "wake":
            walked.now = max(walked.now, answer.wake or walked.now)
        case _:
            walked.now += timedelta(seconds=draw.draw(st.integers(0, 40)))


def wander(plan: Plan, draw: st.DataObject) -> Walk:
    """All goes well up to a step of chance; then anything may be."""
    walked = Walk(plan)
    walked.go(until=draw.draw(st.sampled_from([*plan.steps, StepKind.ROLLOUT, StepKind.ROLLOUT])))
    for _ in range(draw.draw(st.integers(0, MOVES))):
        if walked.run.way is Way.ENDED:
            break
        move(walked, draw)
    return walked


def play(plan: Plan, draw: st.DataObject) -> Walk:
    walked = wander(plan, draw)
    walked.go()
    return walked


# ---------------------------------------------------------------- what holds


def states(walked: Walk) -> list[Run]:
    """The run after each of its events."""
    first = fold(walked.events[:1])
    assert first is not None
    found = [first]
    for event in walked.events[1:]:
        found.append(evolve(found[-1], event))
    return found


def holds_end(walked: Walk) -> None:
    """It ends once, as its last event, and nothing of it is under way then."""
    assert [at for at, one in enumerate(walked.events) if isinstance(one, RunEnded)] == [len(walked.events) - 1]
    assert not walked.run.open_acts


def holds_weight(walked: Walk) -> None:
    """Every weight that is set is the last one that the journal says was chosen; before any it is none."""
    for at, action in walked.done:
        if action.step not in (StepKind.SMOKE, StepKind.ROLLOUT) or (found := setting_of(action.item)) is None:
            continue
        chosen = [one.weight for one in walked.events[:at] if isinstance(one, WeightChosen)]
        wanted = (chosen[-1], len(chosen)) if chosen else (0, 0)
        assert found[1:] == wanted, f"{action.item} while the journal says {wanted}"
        assert action.step is (StepKind.ROLLOUT if chosen else StepKind.SMOKE)


def holds_growth(walked: Walk) -> None:
    """By itself the weight grows after a bake that passed or that a person did not wait for; never while it is held."""
    before: Run | None = None
    for event, after in zip(walked.events, states(walked), strict=True):
        if isinstance(event, WeightChosen) and event.actor is None and before is not None:
            bake, rollout = before.rollout.bake, before.rollout
            assert rollout.overtaken is None
            assert event.weight > rollout.weight or not rollout.begun
            if bake is None or (bake.weight == 0 and bake.advanced_by is None):
                assert rollout.held_by is None
            elif bake.advanced_by is None:
                assert rollout.held_by is None
                assert bake.verdict is not None
                assert bake.verdict.passed
        before = after


def holds_order(walked: Walk) -> None:
    """Nothing of the way forward is open when the way back begins, nor while a step ends."""
    for event, run in zip(walked.events, states(walked), strict=True):
        if isinstance(event, WayBackStarted | RunEnded):
            assert not run.open_acts
        if isinstance(event, StepEnded):
            assert not [act for act in run.open_acts if act.step is event.step]


def holds_one_setting(walked: Walk) -> None:
    """Never are two weights on their way at once: the one that is cancelled has ended before the next begins."""
    for event, run in zip(walked.events, states(walked), strict=True):
        if isinstance(event, ActStarted):
            assert len([act for act in run.open_acts if setting_of(act.item)]) <= 1


def holds_overtaken(walked: Walk) -> None:
    """Where somebody else has deployed, no weight is set until a person says so."""
    runs = states(walked)
    for at, action in walked.done:
        if setting_of(action.item) and action.step is StepKind.ROLLOUT and not action.resumed:
            assert runs[at - 1].rollout.overtaken is None


def holds_clean(walked: Walk) -> None:
    """No look is counted in whose time traffic may have moved, whoever moved it."""
    moving: list[tuple[ActStarted, ActEnded | None]] = []
    for event in walked.events:
        if isinstance(event, ActStarted) and event.step is StepKind.ROLLOUT and setting_of(event.item):
            moving.append((event, None))
        elif isinstance(event, ActEnded) and moving and event.item == moving[-1][0].item:
            moving[-1] = (moving[-1][0], event)
    for poll in clean(walked.run):
        for started, end in moving:
            if end is None or isinstance(end, ComponentDeployed):
                until = end.at if end else walked.now
                assert poll.at <= started.at or poll.since >= until, (poll, started, end)


def holds_way_back(walked: Walk) -> None:
    """Restored is exactly what was touched, the last touched first."""
    restores = [one.item for one in walked.events if isinstance(one, ActStarted) and one.step is StepKind.RESTORE]
    assert list(dict.fromkeys(restores)) == (list(reversed(walked.run.touched)) if walked.run.going_back else [])
    if walked.run.outcome in (Outcome.ROLLED_BACK, Outcome.ABORTED):
        restored = {one.item for one in walked.events if isinstance(one, ComponentRestored)}
        assert restored == set(walked.run.touched)
    if walked.run.outcome is Outcome.SUCCEEDED:
        assert walked.run.rollout.weight == 100
        assert not walked.run.going_back


def holds_everything(walked: Walk) -> None:
    for holds in (
        holds_end,
        holds_weight,
        holds_growth,
        holds_order,
        holds_one_setting,
        holds_overtaken,
        holds_clean,
        holds_way_back,
    ):
        holds(walked)


@ROOMY
@given(plan=plans(), draw=st.data())
def test_every_rollout_ends_well_ordered(plan: Plan, draw: st.DataObject) -> None:
    holds_everything(play(plan, draw))


@ROOMY
@given(plan=plans(), draw=st.data())
def test_a_rollout_taken_up_after_any_event_ends_well_ordered(plan: Plan, draw: st.DataObject) -> None:
    played = play(plan, draw)
    cut = draw.draw(st.integers(1, len(played.events)))
    taken_up = Walk(plan, now=played.events[cut - 1].at)
    taken_up.append(*played.events[1:cut])
    taken_up.go()
    holds_everything(taken_up)


@ROOMY
@given(plan=plans(), draw=st.data())
def test_the_same_journal_gives_the_same_answer(plan: Plan, draw: st.DataObject) -> None:
    walked = wander(plan, draw)
    walked.settle()
    cut = draw.draw(st.integers(1, len(walked.events)))
    for events in (walked.events, walked.events[:cut]):
        again = fold(events)
        assert again is not None
        assert advance(again, walked.now) == advance(fold(list(events)) or again, walked.now)
    again = fold(walked.events)
    assert again == walked.run
    assert again is not None
    resumed = {(one.step, one.item, one.attempt) for one in advance(again, walked.now).actions if one.resumed}
    assert resumed <= {(one.step, one.item, one.attempt) for one in again.open_acts}


@ROOMY
@given(plan=plans(), draw=st.data())
def test_bad_evidence_leads_back_whatever_is_held(plan: Plan, draw: st.DataObject) -> None:
    walked = Walk(plan, {StepKind.ROLLOUT: How.PASS})
    walked.go(until=StepKind.ROLLOUT)
    for _ in range(draw.draw(st.integers(0, 20))):
        if walked.run.way is Way.ENDED or walked.run.aborted_by:
            return
        move(walked, draw)
    for _ in range(60):
        found = judged(walked.run, walked.now)
        current = walked.run.current
        if found is not None and found.mark is Mark.FAIL and current and current.kind is StepKind.ROLLOUT:
            break
        walked.settle()
        if walked.run.way is not Way.FORWARD or walked.run.rollout.overtaken:
            return
        for key in list(walked.flight):
            walked.land(key, How.FAIL if key[1] == LOOK else How.PASS)
        walked.now += timedelta(seconds=5)
    else:
        return
    if walked.run.rollout.overtaken or walked.run.aborted_by:
        return
    walked.go(agree=False)
    assert walked.run.going_back
    assert not [one for one in walked.events if isinstance(one, RunEnded) and one.outcome is Outcome.SUCCEEDED]


# ---------------------------------------------------------------- one by one


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


def test_an_act_that_keeps_meeting_somebody_elses_deploy_waits_for_a_person_each_time() -> None:
    """Also where time stands still: going on is counted, not timed."""
    walked = at_ten()
    walked.append(*said(walked, [SetWeight(30)]))
    item = setting("worker", 30, 2)
    for number in range(1, 6):
        walked.settle()
        assert (StepKind.ROLLOUT, item) in walked.flight
        walked.land((StepKind.ROLLOUT, item), How.CONFLICT)
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
        if (StepKind.ROLLOUT, LOOK) in walked.flight:
            walked.land((StepKind.ROLLOUT, LOOK))
    counted = len(clean(walked.run))
    walked.land((StepKind.ROLLOUT, setting("worker", 50, 2)))
    assert len(clean(walked.run)) == counted
    holds_clean(walked)


def test_what_was_measured_while_somebody_elses_deploy_was_live_is_not_counted() -> None:
    walked = at_ten()
    walked.now += timedelta(seconds=30)
    walked.settle()
    walked.land((StepKind.ROLLOUT, seeing("worker")), How.SPLIT)
    walked.land((StepKind.ROLLOUT, LOOK), How.FAIL)
    walked.settle()
    assert walked.run.rollout.overtaken is not None
    before = len(clean(walked.run))
    walked.now += timedelta(minutes=5)
    walked.append(*said(walked, [Resume()]))
    walked.settle()
    walked.land((StepKind.ROLLOUT, LOOK), How.FAIL)
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
