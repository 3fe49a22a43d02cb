"""What a run does next. `advance` is pure: the same run at the same time always gives the same answer.

It answers with facts to append at once, with acts to do, or with a time to ask again. The runner does the acts,
appends what became of them and asks again; after a crash it asks the same question of the same journal. So every rule
about the order of things stands here, and none in the shell.

An act of which the journal says "started" and not how it ended comes back as a resumed action: the runner then asks
the outside world what became of it before it does anything.
"""

from collections.abc import Iterable
from datetime import datetime

from bot.domain.action import Next, due
from bot.domain.baking import left_to_others, roll, smoke
from bot.domain.events import Event, RunEnded, RunStarted, StepEnded, StepStarted, WayBackStarted
from bot.domain.fold import evolve
from bot.domain.items import items
from bot.domain.plan import CHANGING, RunKind, StepKind
from bot.domain.run import Run, StepState, Way
from bot.domain.values import Live, Mark, Outcome, Verdict
from bot.domain.verdict import overall
from bot.domain.watching import watch

SIDE_BY_SIDE = frozenset({StepKind.GATES, StepKind.SNAPSHOT, StepKind.BUILD, StepKind.UPLOAD, StepKind.VERIFY})
"""Steps whose acts do not depend on each other."""

PASS = Verdict(Mark.PASS)


def follow(run: Run, came: Iterable[Event], now: datetime, ahead: int = 0) -> tuple[list[Event], Next]:
    """What came in and every fact that follows from it at once, and what is to be done after them."""
    facts = list(came)
    for event in facts:
        run = evolve(run, event)
    while (then := advance(run, now, ahead)).events:
        facts += then.events
        for event in then.events:
            run = evolve(run, event)
    return facts, then


def advance(run: Run, now: datetime, ahead: int = 0) -> Next:
    """What comes next; `ahead` is the number of runs that hold this environment before this one, and of freezes and
    locks that stand in its way.
    """
    if run.way is Way.ENDED:
        return Next()
    if run.aborted_by is not None and not run.going_back:
        return _abort(run, now)
    if run.way is Way.QUEUED:
        return Next(events=(RunStarted(now),)) if ahead == 0 else Next()
    if run.fallen is not None:
        return Next(events=(_setback(run, run.fallen, now),))
    step = run.current
    if step is None:
        return _finish(run, now)
    if step.started_at is None:
        return Next() if ahead and about_to_change(run) else Next(events=(StepStarted(step.kind, now),))
    return _work(run, step, now)


def about_to_change(run: Run) -> bool:
    """True between what only looks and what reads the way back, or changes the first thing: the last place where a run
    can wait without having changed anything.
    """
    step = run.current
    if run.way is not Way.FORWARD or run.touched or step is None or step.started_at is not None:
        return False
    return step.kind is StepKind.SNAPSHOT or step.kind in CHANGING


def _setback(run: Run, step: StepState, now: datetime) -> Event:
    """What it means for the run that a step did not pass. Read off the state, so that no cut between two events of
    the journal can hide it.
    """
    reason = step.verdict.reason if step.verdict else ""
    why = f"{step.kind}: {reason}" if reason else f"{step.kind} did not pass"
    if run.going_back or (run.plan.kind is RunKind.ROLLBACK and run.touched):
        return RunEnded(Outcome.NEEDS_HANDS, _both(run.way_back_reason, why), now)
    if not run.touched:
        return RunEnded(Outcome.STOPPED, why, now)
    return WayBackStarted(why, now)


def _both(first: str, then: str) -> str:
    return f"{first}; then {then}" if first else then


def _abort(run: Run, now: datetime) -> Next:
    if run.open_acts:
        stale = tuple(due(act.step, act.item, act) for act in run.open_acts)
        return Next(actions=stale, cancel=True)
    why = f"aborted by {run.aborted_by.name if run.aborted_by else 'somebody'}"
    if taken := left_to_others(run):
        return Next(events=(RunEnded(Outcome.STOPPED, f"{why}; {taken}", now),))
    if run.touched:
        return Next(events=(WayBackStarted(why, now),))
    return Next(events=(RunEnded(Outcome.STOPPED, why, now),))


def _finish(run: Run, now: datetime) -> Next:
    if run.going_back:
        outcome = Outcome.ABORTED if run.aborted_by else Outcome.ROLLED_BACK
        return Next(events=(RunEnded(outcome, run.way_back_reason, now),))
    way_back = None if run.plan.kind in (RunKind.ROLLBACK, RunKind.VERIFY) else run.snapshot
    ended = RunEnded(Outcome.SUCCEEDED, "", now, release=run.release, way_back=way_back)
    return Next(events=(ended,))


def _work(run: Run, step: StepState, now: datetime) -> Next:
    match step.kind:
        case StepKind.APPROVAL:
            return _await_approval(run, step, now)
        case StepKind.WATCH:
            return watch(run, step, now)
        case StepKind.SMOKE:
            return smoke(run, step, now)
        case StepKind.ROLLOUT:
            return roll(run, step, now)
        case StepKind.RESTORE:
            return _each(run, step, now, stop_at_failure=False)
        case kind if kind in SIDE_BY_SIDE:
            return _all(run, step, now)
        case _:
            return _each(run, step, now)


def _all(run: Run, step: StepState, now: datetime) -> Next:
    """Side by side; the step ends when every act has, so that every reason is known."""
    acts = {item: run.act(step.kind, item) for item in items(run, step.kind)}
    open_ones = [due(step.kind, item, act) for item, act in acts.items() if act is None or act.end is None]
    if open_ones:
        return Next(actions=tuple(open_ones))
    verdicts = {item: act.verdict for item, act in acts.items() if act and act.verdict}
    return Next(events=(StepEnded(step.kind, _objection(run, step) or overall(verdicts), now),))


def _each(run: Run, step: StepState, now: datetime, stop_at_failure: bool = True) -> Next:
    """One after another; the way back goes on past a failure, so that as much as possible is restored."""
    verdicts: dict[str, Verdict] = {}
    for item in items(run, step.kind):
        act = run.act(step.kind, item)
        if act is None or act.end is None or act.asked_again:
            return Next(actions=(due(step.kind, item, act),))
        verdicts[item] = act.verdict or PASS
        if stop_at_failure and not verdicts[item].passed:
            break
    if run.question:
        return Next()
    return Next(events=(StepEnded(step.kind, _objection(run, step) or overall(verdicts), now),))


def _objection(run: Run, step: StepState) -> Verdict | None:
    """What speaks against going on although every act of the step passed."""
    if step.kind is StepKind.CHECKOUT:
        return _other_commit(run)
    if step.kind is not StepKind.SNAPSHOT:
        return None
    if run.plan.kind in (RunKind.DEPLOY, RunKind.PROMOTE):
        split = next((live for live in run.snapshot.lives if live.split), None)
        return Verdict(Mark.FAIL, _split_reason(split)) if split else None
    for live in run.plan.undoes:
        found = run.snapshot.of(live.component)
        if found is not None and not found.same_traffic(live):
            return Verdict(Mark.FAIL, f"{live.component} is not what this button was drawn for: {_shown(found)}")
    return None


def _other_commit(run: Run) -> Verdict | None:
    """A pinned plan ships its commit and no other."""
    pinned, found = run.plan.commit, run.commit
    if pinned is None or found is None or found.sha == pinned.sha:
        return None
    return Verdict(Mark.FAIL, f"{found.short} was checked out, but {pinned.short} is pinned")


def _split_reason(live: Live) -> str:
    return f"a gradual deployment of {live.component} is under way: {_shown(live)}; finish or undo it first"


def _shown(live: Live) -> str:
    shares = ", ".join(f"{share.version[:8]} at {share.weight} %" for share in live.shares) or "nothing"
    return f"{shares} is live" + (f", deployed by {live.author}" if live.author else "")


def _await_approval(run: Run, step: StepState, now: datetime) -> Next:
    if run.rejected_by is not None:
        verdict = Verdict(Mark.FAIL, f"rejected by {run.rejected_by.name}")
        return Next(events=(StepEnded(step.kind, verdict, now),))
    if len(run.approvals) >= run.plan.environment.approvals:
        return Next(events=(StepEnded(step.kind, PASS, now),))
    expires = approval_ends(run, now)
    if now >= expires:
        return Next(events=(StepEnded(step.kind, Verdict(Mark.FAIL, "nobody approved in time"), now),))
    return Next(wake=expires)


def approval_ends(run: Run, now: datetime) -> datetime:
    """When it is too late to approve; counted from now where nobody was asked yet."""
    asked = next((step.started_at for step in run.steps if step.kind is StepKind.APPROVAL), None)
    return (asked or now) + run.plan.environment.approval_expires
