"""A notice: one sentence that stands for itself, with rows or log lines below it where they help.

`notices(before, event, after)` is what a run's thread says of one event. It tells milestones, each once: what the card
shows every second (which step, how long) is not repeated, and why something went wrong is said where the run turns
round or ends, with the last lines of the log. Codes are those of `view.sentences`.
"""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.events import (
    AbortRequested,
    ActFailed,
    Approved,
    CheckMeasured,
    CommitPinned,
    ComponentDeployed,
    ComponentRestored,
    Event,
    MigrationsApplied,
    Rejected,
    RunEnded,
    RunRequested,
    SecretsAccepted,
    StepEnded,
    StepStarted,
    WayBackStarted,
)
from bot.domain.hindrance import Hindered
from bot.domain.plan import RunKind, StepKind
from bot.domain.run import Run
from bot.domain.values import Actor, Mark, Outcome, Verdict
from bot.view.chart import Chart, chart
from bot.view.document import Document
from bot.view.sentences import Say, say
from bot.view.state import approval_words, live_rows, tried_rows
from bot.view.traffic import gist
from bot.view.words import (
    LOG_LINES,
    NOUNS,
    VERBS,
    count,
    listed,
    place,
    release_name,
    subject,
    took,
    traffic,
    way_back,
    why,
)


class Tone(StrEnum):
    """How a notice should look."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something said once. `code` names the sentence, so that a test can count it without reading it."""

    code: str
    text: str
    tone: Tone = Tone.PLAIN
    rows: tuple[tuple[str, ...], ...] = ()
    """A small table: cells of short text; the first cell of a row is its name."""
    log: tuple[str, ...] = ()
    """Lines of output, shown in a fixed-width block."""
    private: bool = False
    """Only for the one who asked, where the platform can."""
    run: str = ""
    """For the answer to a command that began a run: that run. Its card says the rest."""
    document: Document | None = None
    """A file that goes with it. Where a platform does not take it, the sentence is said all the same."""
    chart: Chart | None = None
    """What a picture shall show, as the document, where somebody can draw it; a platform that draws charts by itself
    needs none. Told without where nobody can."""


def begun(run: Run, ahead: int = 0) -> Notice:
    """The answer to a command that began this run; `ahead` is the number of runs before it."""
    blanks = {"run": run.id, "verb": VERBS[run.plan.kind].lower(), "place": place(run)}
    if ahead:
        return Notice(Say.QUEUED, say(Say.QUEUED, runs=count(ahead, "run"), **blanks), run=run.id)
    return Notice(Say.BEGUN, say(Say.BEGUN, **blanks), run=run.id)


def notices(before: Run | None, event: Event, after: Run) -> tuple[Notice, ...]:
    """What the thread says of this event; nothing for most. `before` is None for the first one."""
    match event:
        case RunRequested():
            blanks = {"who": after.actor.name, "kind": NOUNS[after.plan.kind], "subject": subject(after)}
            return (Notice(Say.REQUESTED, say(Say.REQUESTED, **blanks, place=place(after))),)
        case StepStarted(step=StepKind.APPROVAL):
            blanks = {"release": subject(after), "who": after.actor.name, **approval_words(after)}
            return (Notice(Say.APPROVAL_ASKED, say(Say.APPROVAL_ASKED, **blanks), Tone.ASK),)
        case StepEnded(step=StepKind.GATES, verdict=verdict):
            return _gates(after, verdict)
        case Approved() | Rejected() | SecretsAccepted() | AbortRequested():
            return _heard(before, event, after)
        case WayBackStarted(reason=reason):
            text = say(Say.GOING_BACK, versions=way_back(after), reason=why(reason))
            return (Notice(Say.GOING_BACK, text, Tone.BAD, log=_log(after), chart=chart(after, text)),)
        case Hindered(item=item, reason=reason):
            return (Notice(Say.HINDERED, say(Say.HINDERED, component=item, reason=why(reason)), Tone.BAD),)
        case RunEnded():
            return (_ended(event, after),)
        case _:
            return _act_ended(event, after)


def _log(run: Run) -> tuple[str, ...]:
    return () if run.aborted_by else run.log[-LOG_LINES:]


def _gates(run: Run, verdict: Verdict) -> tuple[Notice, ...]:
    acts = run.acts_of(StepKind.GATES)
    if verdict.passed:
        names = listed([act.item for act in acts], 10)
        return (Notice(Say.GATES_PASSED, say(Say.GATES_PASSED, names=names), Tone.GOOD),)
    return tuple(
        Notice(
            Say.GATE_FAILED,
            say(Say.GATE_FAILED, name=act.item, reason=act.verdict.reason or "it gave no reason"),
            Tone.BAD,
            log=getattr(act.end, "log", ())[-LOG_LINES:],
        )
        for act in acts
        if act.verdict is not None and not act.verdict.passed
    )


def _heard(
    before: Run | None, event: Approved | Rejected | SecretsAccepted | AbortRequested, run: Run
) -> tuple[Notice, ...]:
    blanks = {"who": event.actor.name, "release": release_name(run), "environment": run.plan.environment.name}
    match event:
        case AbortRequested():
            first: Actor | None = before.aborted_by if before else None
            return () if first else (Notice(Say.ABORT_ASKED, say(Say.ABORT_ASKED, **blanks)),)
        case Approved():
            return (Notice(Say.APPROVED, say(Say.APPROVED, **blanks), Tone.GOOD),)
        case SecretsAccepted():
            return (Notice(Say.SECRETS_ACCEPTED, say(Say.SECRETS_ACCEPTED, **blanks)),)
        case Rejected():
            code = Say.SECRETS_REJECTED if before and before.question else Say.REJECTED
            return (Notice(code, say(code, **blanks), Tone.BAD),)


def _act_ended(event: Event, run: Run) -> tuple[Notice, ...]:
    environment = run.plan.environment.name
    match event:
        case CommitPinned(commit=commit):
            about = f": {commit.subject}" if commit.subject else ""
            about += f" (by {commit.author})" if commit.author else ""
            text = say(Say.COMMIT_PINNED, ref=run.plan.ref, commit=commit.short, about=about)
            return (Notice(Say.COMMIT_PINNED, text),) if run.plan.ref else ()
        case MigrationsApplied(names=names):
            said = [(database, listed(files)) for database, files in names.items() if files]
            return tuple(Notice(Say.MIGRATED, say(Say.MIGRATED, database=one, names=files)) for one, files in said)
        case ComponentDeployed(step=step, item=item, live=live) if step not in IN_STEPS:
            code = Say.SWITCHED if step is StepKind.SWITCH else Say.DEPLOYED
            text = say(code, component=item, version=traffic(live), environment=environment)
            return (Notice(code, text, Tone.GOOD),)
        case ComponentRestored():
            return _restored(event)
        case CheckMeasured(step=step) if step not in IN_STEPS:
            return _measured(event)
        case ActFailed():
            return _failed(event)
        case _:
            return ()


def _restored(event: ComponentRestored) -> tuple[Notice, ...]:
    code = Say.RESTORED if event.changed else Say.NEVER_MOVED
    text = say(code, component=event.item, version=traffic(event.live))
    found = [Notice(code, text, Tone.GOOD)]
    if event.rewound:
        found.append(Notice(Say.REWOUND, say(Say.REWOUND, databases=listed(event.rewound))))
    return tuple(found)


IN_STEPS = (StepKind.SMOKE, StepKind.ROLLOUT)
"""What happens there is told by `view.rollout`."""
_MARKS = {Mark.FAIL: "failed", Mark.INCONCLUSIVE: "could not be told", Mark.ERROR: "could not be measured"}
_ASKED = {
    StepKind.HEALTH: (Say.HEALTHY, Say.NOT_HEALTHY),
    StepKind.RECHECK: (Say.RECHECKED, Say.RECHECK_FAILED),
    StepKind.VERIFY: (Say.CHECK_PASSED, Say.CHECK_NOT_PASSED),
}


def _measured(event: CheckMeasured) -> tuple[Notice, ...]:
    verdict, latency = event.verdict, event.measurement.latency
    good, bad = _ASKED.get(event.step, (None, Say.WATCH_NOT_PASSED))
    code = good if verdict.passed else bad
    if code is None:
        return ()
    blanks = {
        "name": event.item,
        "round": event.item,
        "mark": _MARKS.get(verdict.mark, "passed"),
        "latency": f" in {took(latency)}" if latency is not None else "",
        "reason": verdict.reason or "no reason was given",
    }
    return (Notice(code, say(code, **blanks), Tone.GOOD if verdict.passed else Tone.BAD),)


def _failed(event: ActFailed) -> tuple[Notice, ...]:
    """What fails on the way forward is told where the run turns round or ends; here only what stands alone."""
    if event.question:
        return (Notice(Say.SECRETS_ASKED, say(Say.SECRETS_ASKED, secrets=listed(event.question, 20)), Tone.ASK),)
    if event.step is StepKind.RESTORE:
        text = say(Say.RESTORE_FAILED, component=event.item, reason=event.reason)
        return (Notice(Say.RESTORE_FAILED, text, Tone.BAD, log=event.log[-LOG_LINES:]),)
    if event.step is StepKind.VERIFY:
        blanks = {"name": event.item, "mark": "could not be measured", "latency": "", "reason": event.reason}
        return (Notice(Say.CHECK_NOT_PASSED, say(Say.CHECK_NOT_PASSED, **blanks), Tone.BAD),)
    return ()


_SUCCEEDED = {RunKind.VERIFY: Say.ENDED_VERIFIED, RunKind.ROLLBACK: Say.ENDED_BACK_ON}


def _ended(event: RunEnded, run: Run) -> Notice:
    code, tone = _last_word(event.outcome, run)
    blanks = {
        "environment": run.plan.environment.name,
        "release": release_name(run),
        "versions": way_back(run),
        "time": took((event.at - (run.started_at or run.requested_at)).total_seconds()),
        "reason": why(gist(event.reason)) or "no reason is known",
    }
    rows: tuple[tuple[str, ...], ...] = ()
    if event.outcome is Outcome.NEEDS_HANDS:
        rows = (*(("live", *row) for row in live_rows(run)), *(("tried", *row) for row in tried_rows(run)))
    return Notice(code, say(code, **blanks), tone, rows, _log(run) if _unheard(run) else ())


def _last_word(outcome: Outcome, run: Run) -> tuple[Say, Tone]:
    match outcome:
        case Outcome.SUCCEEDED:
            return _SUCCEEDED.get(run.plan.kind, Say.ENDED_LIVE), Tone.GOOD
        case Outcome.STOPPED if run.plan.kind is RunKind.VERIFY and run.aborted_by is None:
            return Say.ENDED_NOT_VERIFIED, Tone.BAD
        case Outcome.STOPPED | Outcome.ABORTED:
            left = Say.ENDED_LEFT if run.rollout.overtaken else Say.ENDED_STOPPED
            code = left if outcome is Outcome.STOPPED else Say.ENDED_ABORTED
            return code, Tone.PLAIN if run.aborted_by else Tone.BAD
        case Outcome.ROLLED_BACK:
            return Say.ENDED_ROLLED_BACK, Tone.BAD
        case Outcome.NEEDS_HANDS:
            return Say.ENDED_NEEDS_HANDS, Tone.BAD


def _unheard(run: Run) -> bool:
    """True where the log of what ended the run was not told yet: gates and the way back have told theirs."""
    gates = next((step for step in run.steps if step.kind is StepKind.GATES), None)
    told = gates is not None and gates.verdict is not None and not gates.verdict.passed
    return run.outcome in (Outcome.STOPPED, Outcome.NEEDS_HANDS) and not told and not run.going_back
