"""What holds of every gradual run, whatever happens to it: acts that fail, conflict, are lost or taken up again,
anything that a person may say at any time, looks of every kind, and a journal that is cut anywhere.
"""

from datetime import timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.domain.baking import LOOK
from bot.domain.commands import Advance, Pause, Resume, SetWeight
from bot.domain.events import (
    AbortRequested,
    Event,
    RunEnded,
    SecretsAccepted,
)
from bot.domain.evidence import judged
from bot.domain.fold import fold
from bot.domain.plan import Plan, StepKind
from bot.domain.run import Way, setting_of
from bot.domain.steps import advance
from bot.domain.targets import Unsure
from bot.domain.values import Mark, Outcome
from tests.domain.rollout_rules import gradual, holds_everything, said
from tests.fakes import estates
from tests.fakes.walk import How, Walk

MOVES = 40
ROOMY = settings(
    max_examples=60,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


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
        return [*well, How.TROUBLE, How.CONFLICT, How.REPLACED]
    if item.startswith("live of "):
        return [*well, How.SPLIT, How.TROUBLE]
    if item.startswith(LOOK):
        return [*well, How.FAIL, How.ERROR, How.INCONCLUSIVE, How.TROUBLE]
    if step is StepKind.RESTORE:
        return [*well, How.TROUBLE, How.QUESTION]
    if step is StepKind.SNAPSHOT:
        return [*well, How.TROUBLE, How.SPLIT]
    return [*well, How.FAIL, How.INCONCLUSIVE, How.TROUBLE]


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
            walked.land(key, How.FAIL if key[1].startswith(LOOK) else How.PASS)
        walked.now += timedelta(seconds=5)
    else:
        return
    if walked.run.rollout.overtaken or walked.run.aborted_by:
        return
    walked.go(agree=False)
    assert walked.run.going_back
    assert not [one for one in walked.events if isinstance(one, RunEnded) and one.outcome is Outcome.SUCCEEDED]
