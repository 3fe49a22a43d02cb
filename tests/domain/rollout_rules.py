"""What holds of every gradual run, rule by rule, over a run that was walked to its end; plans to walk."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.domain.commands import Command
from bot.domain.events import (
    ActEnded,
    ActStarted,
    ComponentDeployed,
    ComponentRestored,
    Event,
    RunEnded,
    StepEnded,
    WayBackStarted,
)
from bot.domain.evidence import clean
from bot.domain.fold import evolve, fold
from bot.domain.picture import Tell
from bot.domain.plan import Plan, StepKind, deploy_plan
from bot.domain.rollout_events import WeightChosen
from bot.domain.run import Run, Way, setting_of
from bot.domain.steering import steer
from bot.domain.targets import Strategy, Unsure
from bot.domain.values import Outcome
from tests.fakes import estates
from tests.fakes.walk import Walk


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


def said(walked: Walk, commands: Sequence[Command]) -> list[Event]:
    """What these commands lead to now, as `decide` has it."""
    run = walked.run
    if run.way is Way.ENDED:
        return []
    decisions = [steer(estates.asked(command, at=walked.now), run) for command in commands]
    return [one.event for one in decisions if isinstance(one, Tell)]


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
