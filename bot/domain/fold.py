"""A run is the fold of its events; `evolve` is the only way from one state to the next.

The fold believes its events; whether an event may be appended is decided before (`decide`, `steps`). It is total: an
event that does not fit leaves the run as it was but for the count, so that an old journal always reads.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bot.domain.events import (
    AbortRequested,
    ActEnded,
    ActStarted,
    Approved,
    CommitPinned,
    Event,
    Rejected,
    RunEnded,
    RunRequested,
    RunStarted,
    SecretsAccepted,
    StepEnded,
    StepStarted,
    WayBackStarted,
)
from bot.domain.hindrance import Hindered
from bot.domain.plan import WAY_BACK, StepKind
from bot.domain.rollout import hear
from bot.domain.rollout_events import Advanced, BakeEnded, Overtaken, Paused, Resumed, WeightChosen
from bot.domain.run import ActState, Run, StepState
from bot.domain.values import Verdict


def start(event: RunRequested) -> Run:
    """The run that begins with this event."""
    kinds = (*event.plan.steps, *WAY_BACK)
    return Run(
        id=event.run,
        plan=event.plan,
        actor=event.actor,
        requested_at=event.at,
        key=event.key,
        seq=1,
        steps=tuple(StepState(kind) for kind in kinds),
        commit=event.plan.commit,
    )


def fold(events: Iterable[Event]) -> Run | None:
    """The run after these events; None for an empty stream or one that does not begin with a request."""
    run: Run | None = None
    for event in events:
        if run is not None:
            run = evolve(run, event)
        elif isinstance(event, RunRequested):
            run = start(event)
    return run


def evolve(run: Run, event: Event) -> Run:
    """The run after one more event."""
    run = replace(run, seq=run.seq + 1)
    match event:
        case RunStarted(at=at):
            return replace(run, started_at=at)
        case StepStarted(step=step, at=at):
            return _set_step(run, step, started_at=at)
        case StepEnded(step=step, verdict=verdict, at=at):
            return _set_step(run, step, ended_at=at, verdict=verdict)
        case ActStarted(step=step, item=item, at=at, attempt=attempt):
            earlier = run.act(step, item)
            return _set_act(run, ActState(step, item, at, attempt, agreed=earlier.agreed if earlier else 0))
        case WayBackStarted(reason=reason):
            return replace(run, going_back=True, way_back_reason=reason)
        case RunEnded(outcome=outcome, reason=reason, at=at):
            return replace(run, outcome=outcome, reason=reason, ended_at=at)
        case Approved() | Rejected() | SecretsAccepted() | AbortRequested() | Hindered():
            return _hear(run, event)
        case RunRequested():
            return run
        case WeightChosen() | BakeEnded() | Overtaken() | Paused() | Resumed() | Advanced():
            return _steer(run, event)
        case _:
            return _end_act(run, event)


def _hear(run: Run, event: Approved | Rejected | SecretsAccepted | AbortRequested | Hindered) -> Run:
    match event:
        case Approved(actor=actor):
            return replace(run, approvals=(*run.approvals, actor))
        case Rejected(actor=actor):
            return replace(run, rejected_by=actor)
        case SecretsAccepted(actor=actor):
            # Who agrees has been shown these names: an act that asks later, for other secrets, asks again.
            acts = {key: replace(act, agreed=act.attempt) if act.question else act for key, act in run.acts.items()}
            return replace(run, secrets_accepted_by=actor, acts=acts)
        case AbortRequested(actor=actor):
            return replace(run, aborted_by=run.aborted_by or actor)
        case Hindered(step=step, item=item, reason=reason):
            act = run.act(step, item)
            return _set_act(run, replace(act, hindered=reason)) if act else run


def _steer(run: Run, event: WeightChosen | BakeEnded | Overtaken | Paused | Resumed | Advanced) -> Run:
    run = replace(run, rollout=hear(run.rollout, event))
    if not isinstance(event, Resumed):
        return run
    # Counted, not timed: an attempt that fails later is a new one, however little time has passed.
    return replace(run, acts={key: replace(act, waived=act.end is not None) for key, act in run.acts.items()})


def _set_step(
    run: Run,
    kind: StepKind,
    started_at: datetime | None = None,
    ended_at: datetime | None = None,
    verdict: Verdict | None = None,
) -> Run:
    steps = tuple(
        replace(
            step,
            started_at=started_at or step.started_at,
            ended_at=ended_at or step.ended_at,
            verdict=verdict or step.verdict,
        )
        if step.kind is kind
        else step
        for step in run.steps
    )
    return replace(run, steps=steps)


def _set_act(run: Run, act: ActState) -> Run:
    return replace(run, acts={**run.acts, (act.step, act.item): act})


def _end_act(run: Run, event: ActEnded) -> Run:
    begun = run.acts.get((event.step, event.item)) or ActState(event.step, event.item, event.at)
    run = replace(run, rollout=hear(run.rollout, event))
    run = _set_act(run, replace(begun, end=event))
    return replace(run, commit=event.commit) if isinstance(event, CommitPinned) else run
