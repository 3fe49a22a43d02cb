"""The report of a run, as JSON has it; `report_form` says what each key means."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.domain.baking import LOOK
from bot.domain.events import (
    ActEnded,
    ActFailed,
    ActStarted,
    CheckMeasured,
    ComponentBuilt,
    ComponentRestored,
    Event,
    GateJudged,
    MigrationsApplied,
    RunEnded,
)
from bot.domain.plan import StepKind
from bot.domain.run import ActState, Run, StepState
from bot.domain.values import Commit, Live, Release
from bot.view import report_form as form
from bot.view.document import Document
from bot.view.notice import Notice
from bot.view.report_parts import actor_form, live_form, rollout_of, verdict_form, words_of
from bot.view.words import NOUNS, last_read, place


def report(run: Run, events: Sequence[Event]) -> dict[str, Any]:
    """Everything that is known of the run; `events` are those that it is the fold of."""
    acts = tuple(_acts(events))
    whole = form.Report(
        form=form.FORM,
        run=run.id,
        kind=run.plan.kind,
        target=run.plan.target.name,
        environment=run.plan.environment.name,
        actor=actor_form(run.actor),
        ref=run.plan.ref,
        commit=_commit(run.commit) if run.commit else None,
        requested_at=run.requested_at,
        started_at=run.started_at,
        ended_at=run.ended_at,
        seconds=_seconds(run.started_at, run.ended_at),
        outcome=run.outcome,
        reason=run.reason,
        going_back=run.way_back_reason,
        release=_release(run.release) if run.release else None,
        way_back=_way_back(run),
        live=tuple(live_form(live) for live in last_read(run)),
        touched=run.touched,
        migrations=run.migrated,
        gates=tuple(_gates(run)),
        checks=tuple(_checks(run)),
        steps=tuple(_step(step, acts) for step in run.steps if step.started_at or step.kind in run.plan.steps),
        rollout=rollout_of(run, events),
        words=tuple(words_of(events)),
    )
    return whole.model_dump(mode="json")


def document(run: Run, events: Sequence[Event]) -> Document:
    """The report as a file: the same run is the same bytes."""
    text = json.dumps(report(run, events), ensure_ascii=False, indent=2)
    about = f"Report of run {run.id}: {NOUNS[run.plan.kind]}, {place(run)}, {run.outcome or 'not over'}."
    return Document(f"outrider-{run.id}.json", "application/json", f"{text}\n".encode(), about)


def reported(said: Sequence[Notice], run: Run, events: Sequence[Event]) -> tuple[Notice, ...]:
    """What an event has the thread say; with the report in its last sentence where that event ended the run.

    `events` are those that `run` is the fold of, the ending with them.
    """
    if not said or not isinstance(events[-1], RunEnded):
        return tuple(said)
    return (*said[:-1], replace(said[-1], document=document(run, events)))


def _acts(events: Sequence[Event]) -> Iterator[ActState]:
    """Every act with every attempt, in the order in which they began."""
    begun: dict[tuple[StepKind, str, int], ActState] = {}
    latest: dict[tuple[StepKind, str], int] = {}
    for event in events:
        if isinstance(event, ActStarted):
            latest[event.step, event.item] = event.attempt
            begun[event.step, event.item, event.attempt] = ActState(event.step, event.item, event.at, event.attempt)
        elif isinstance(event, ActEnded):
            attempt = latest.get((event.step, event.item), 1)
            started = begun.get((event.step, event.item, attempt))
            since = started.started_at if started else event.at
            begun[event.step, event.item, attempt] = ActState(event.step, event.item, since, attempt, event)
    yield from begun.values()


def _commit(commit: Commit) -> form.CommitForm:
    return form.CommitForm(sha=commit.sha, subject=commit.subject, author=commit.author)


def _release(release: Release) -> form.ReleaseForm:
    versions = tuple(
        form.VersionForm(component=one.component, version=one.version, digest=one.digest) for one in release.versions
    )
    return form.ReleaseForm(commit=_commit(release.commit), versions=versions)


def _way_back(run: Run) -> form.WayBackForm:
    marks = (
        form.BookmarkForm(component=one.component, database=one.database, mark=one.mark)
        for one in run.snapshot.bookmarks
    )
    lives = tuple(live_form(live) for live in run.snapshot.lives)
    return form.WayBackForm(
        lives=lives, bookmarks=tuple(marks), blocked=run.snapshot.blocked, limits=run.snapshot.limits
    )


def _seconds(begun: datetime | None, ended: datetime | None) -> float | None:
    return round((ended - begun).total_seconds(), 3) if begun and ended else None


def _step(step: StepState, acts: Sequence[ActState]) -> form.StepForm:
    return form.StepForm(
        step=step.kind,
        started_at=step.started_at,
        ended_at=step.ended_at,
        seconds=_seconds(step.started_at, step.ended_at),
        verdict=verdict_form(step.verdict),
        acts=tuple(_act(act) for act in acts if act.step is step.kind and not act.item.startswith(LOOK)),
    )


def _act(act: ActState) -> form.ActForm:
    end = act.end
    live: Live | None = getattr(end, "live", None)
    return form.ActForm(
        item=act.item,
        attempt=act.attempt,
        started_at=act.started_at,
        ended_at=end.at if end else None,
        seconds=_seconds(act.started_at, end.at if end else None),
        verdict=verdict_form(act.verdict),
        measurement=_measurement(end),
        live=live_form(live) if live else None,
        digest=end.digest if isinstance(end, ComponentBuilt) else None,
        migrations=end.names if isinstance(end, MigrationsApplied) else None,
        rewound=end.rewound if isinstance(end, ComponentRestored) else (),
        question=end.question if isinstance(end, ActFailed) else (),
        log=end.log if isinstance(end, (ActFailed, GateJudged)) else (),
    )


def _measurement(end: ActEnded | None) -> form.MeasurementForm | None:
    if not isinstance(end, CheckMeasured):
        return None
    sample = end.measurement
    return form.MeasurementForm(latency=sample.latency, version=sample.version, samples=end.samples)


def _gates(run: Run) -> Iterator[form.GateForm]:
    for gate in run.plan.target.gates if StepKind.GATES in run.plan.steps else ():
        act = run.act(StepKind.GATES, gate.name)
        seconds = _seconds(act.started_at, act.end.at) if act and act.end else None
        yield form.GateForm(
            name=gate.name, kind=gate.kind, verdict=verdict_form(act.verdict if act else None), seconds=seconds
        )


def _checks(run: Run) -> Iterator[form.CheckForm]:
    for check in run.plan.checks if StepKind.VERIFY in run.plan.steps else ():
        act = run.act(StepKind.VERIFY, check.name)
        sample = act.end.measurement if act and isinstance(act.end, CheckMeasured) else None
        yield form.CheckForm(
            name=check.name,
            channel=check.channel,
            verdict=verdict_form(act.verdict if act else None),
            latency=sample.latency if sample else None,
            version=sample.version if sample else None,
        )
