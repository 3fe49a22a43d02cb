"""Where a run is, in one line of plain words."""

from datetime import datetime, timedelta

from bot.domain.items import items
from bot.domain.picture import clock_words
from bot.domain.plan import RunKind, StepKind
from bot.domain.refusal import Code, Refusal
from bot.domain.run import Run, StepState, Way, component_of, setting_of
from bot.domain.steps import about_to_change
from bot.domain.values import Outcome
from bot.view.sentences import Say, say
from bot.view.traffic import at_rollout, gist
from bot.view.words import count, last_read, listed, release_name, span, versions, way_back, why


def state(run: Run, now: datetime, place: int = 0, hold: Refusal | None = None) -> str:
    """The state line; `place` is the number of runs before this one, `hold` the freeze or lock in its way."""
    if run.way is Way.ENDED:
        return _ended(run)
    if run.question:
        return say(Say.AT_QUESTION, secrets=listed(run.question))
    if run.aborted_by is not None and not run.going_back:
        return say(Say.AT_ABORTING, who=run.aborted_by.name)
    if run.way is Way.QUEUED and place:
        return say(Say.AT_QUEUED, runs=count(place, "run"))
    if hold is not None and (run.way is Way.QUEUED or about_to_change(run)):
        return say(Say.AT_FROZEN if hold.code is Code.FROZEN else Say.AT_LOCKED, **hold.says)
    if run.way is Way.QUEUED:
        return say(Say.AT_STARTING)
    step = run.current
    return _at(run, step, now) if step else say(Say.AT_FINISHING)


def _at(run: Run, step: StepState, now: datetime) -> str:
    blanks = {
        "environment": run.plan.environment.name,
        "names": listed([component_of(name) for name in _busy(run, step.kind)], 3),
        "ref": run.plan.ref or release_name(run),
        "release": release_name(run),
        "limit": span(run.plan.environment.health.cold_start),
        "versions": way_back(run),
        "reason": why(gist(run.way_back_reason)),
    }
    if step.kind is StepKind.ROLLOUT and step.started_at is not None:
        return at_rollout(run, now)
    if step.kind is StepKind.SMOKE and any(setting_of(name) for name in _busy(run, step.kind)):
        return say(Say.AT_BESIDE, names=blanks["names"])
    if step.kind is StepKind.APPROVAL:
        blanks |= approval_words(run)
    if step.kind is StepKind.WATCH:
        blanks |= _watch_words(run, step, now)
    return say(Say(f"at_{step.kind}"), **blanks)


def _busy(run: Run, kind: StepKind) -> tuple[str, ...]:
    """What the step is at: acts under way, or those still to come where none is."""
    every = items(run, kind)
    busy = [act.item for act in run.acts_of(kind) if act.end is None]
    open_ones = [name for name in every if run.act(kind, name) is None]
    return tuple(busy or open_ones[:1] or every)


def approval_words(run: Run) -> dict[str, str]:
    """How many approvals are still wanted, and until when somebody may give them."""
    step = next((one for one in run.steps if one.kind is StepKind.APPROVAL), None)
    begun = (step.started_at if step else None) or run.requested_at
    missing = max(1, run.plan.environment.approvals - len(run.approvals))
    return {
        "approvals": count(missing, "approval"),
        "until": clock_words(begun + run.plan.environment.approval_expires),
    }


def _watch_words(run: Run, step: StepState, now: datetime) -> dict[str, str]:
    whole = run.plan.environment.watch
    done = min(max(timedelta(0), now - (step.started_at or now)), whole)
    size, unit = (60, "minute") if whole >= timedelta(minutes=2) else (1, "second")
    passed = int(done.total_seconds() // size)
    return {"done": str(passed), "all": count(int(whole.total_seconds() // size), unit)}


def _ended(run: Run) -> str:
    reason = why(gist(run.reason)) or "no reason is known"
    match run.outcome:
        case Outcome.SUCCEEDED:
            return _succeeded(run)
        case Outcome.ROLLED_BACK:
            return say(Say.AT_ROLLED_BACK, reason=reason, versions=way_back(run))
        case Outcome.ABORTED:
            return say(Say.AT_ABORTED, reason=reason, versions=way_back(run))
        case Outcome.STOPPED if run.rollout.overtaken is not None:
            return say(Say.AT_LEFT, reason=reason)
        case Outcome.STOPPED if run.plan.kind is RunKind.VERIFY and run.aborted_by is None:
            return say(Say.AT_NOT_VERIFIED, reason=reason)
        case Outcome.NEEDS_HANDS:
            return say(Say.AT_NEEDS_HANDS, reason=reason, live=live_words(run), tried=tried_words(run))
        case _:
            return say(Say.AT_STOPPED, reason=reason)


def _succeeded(run: Run) -> str:
    match run.plan.kind:
        case RunKind.VERIFY:
            return say(Say.AT_VERIFIED)
        case RunKind.ROLLBACK:
            return say(Say.AT_BACK_ON, release=release_name(run))
        case _:
            return say(Say.AT_LIVE, release=release_name(run))


def live_words(run: Run) -> str:
    """What is live as it was last read; says so of what could not be read afterwards."""
    return "; ".join(f"{name} {words}" for name, words in live_rows(run)) or "not known"


def live_rows(run: Run) -> tuple[tuple[str, str], ...]:
    """Each component and what is live of it, as last read."""
    read = {live.component: versions([live]) for live in last_read(run)}
    unsure = {act.item for act in run.acts_of(StepKind.RESTORE) if getattr(act.end, "live", None) is None}
    names = [one.name for one in run.plan.components]
    return tuple(
        (name, read.get(name, "not known") + (" (not readable since)" if name in unsure and name in read else ""))
        for name in names
    )


def tried_words(run: Run) -> str:
    """What the run tried to get back, act by act."""
    return "; ".join(f"{name}: {words}" for name, words in tried_rows(run)) or "nothing"


def tried_rows(run: Run) -> tuple[tuple[str, str], ...]:
    """Each act of the way back (of a rollback: its own acts) and what became of it."""
    kinds = (StepKind.SWITCH, StepKind.HEALTH) if run.plan.kind is RunKind.ROLLBACK else ()
    wanted = (*kinds, StepKind.RESTORE, StepKind.RECHECK)
    acts = [act for act in run.acts.values() if act.step in wanted and act.verdict is not None]
    return tuple(
        (
            f"{act.step} {act.item}" if act.item != act.step else act.item,
            _became(act.verdict.reason, act.verdict.passed),
        )
        for act in acts
        if act.verdict is not None
    )


def _became(reason: str, passed: bool) -> str:
    return "done" if passed else reason or "failed"
