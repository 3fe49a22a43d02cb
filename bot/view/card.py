"""The card: one run's live picture, platform-free. `card(run, now)` draws it, each platform renders it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.events import CheckMeasured, CommitPinned
from bot.domain.plan import WAY_BACK, RunKind, StepKind
from bot.domain.press import token
from bot.domain.refusal import Refusal
from bot.domain.run import ActState, Run, StepState, Way
from bot.domain.targets import Check
from bot.domain.values import Mark, Outcome, Verdict
from bot.view.notes import note
from bot.view.state import state
from bot.view.traffic import Held, canary, stands_still, weights
from bot.view.words import VERBS, count, readiness, subject
from bot.view.words import place as where


class Light(StrEnum):
    """How a line of the card is marked."""

    WAITING = "waiting"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    UNSURE = "unsure"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of the plan: its mark, name, seconds taken so far (None before it began), and a few words."""

    light: Light
    name: str
    seconds: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One verified channel: verdict, latency in seconds, one reason."""

    light: Light
    channel: str
    latency: float | None = None
    reason: str = ""


class ButtonStyle(StrEnum):
    """How a button should look; Roll back and Abort are DANGER."""

    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press. `token`: at most 60 ASCII characters, carries the run and the state it was drawn for."""

    label: str
    token: str
    style: ButtonStyle = ButtonStyle.PLAIN


@dataclass(frozen=True, slots=True)
class RunCard:
    """Everything a platform shows of a run."""

    run: str
    title: str
    """Verb, target → environment."""
    subtitle: str
    """Short commit and subject."""
    actor: str
    state: str
    """Where it is now, in one line."""
    light: Light
    steps: tuple[StepRow, ...] = ()
    checks: tuple[CheckRow, ...] = ()
    canary: int | None = None
    """Weight of the canary, 0–100; None where nothing is split."""
    ready: bool | None = None
    """Rollback light: True ready, False blocked, None before it is known."""
    way_back: str = ""
    """'rollback ready …' or 'rollback blocked: why'."""
    buttons: tuple[Button, ...] = ()
    over: bool = False
    """Nothing will change any more but the buttons."""


def card(run: Run, now: datetime, place: int = 0, last_word: bool = True, hold: Refusal | None = None) -> RunCard:
    """The run as it stands at that time.

    `place`: how many runs of the environment are before it. `last_word`: no later run of the environment is known;
    only then are there buttons that would change what this run left. `hold`: a freeze or lock in its way.
    """
    ready, back = _rollback_light(run, last_word)
    return RunCard(
        run=run.id,
        title=f"{VERBS[run.plan.kind]} {where(run)}",
        subtitle=subject(run),
        actor=run.actor.name,
        state=state(run, now, place, hold),
        light=_light(run),
        steps=_step_rows(run, now),
        checks=_check_rows(run),
        canary=canary(run),
        ready=ready,
        way_back=back,
        buttons=_buttons(run, ready, last_word),
        over=run.way is Way.ENDED,
    )


_LIGHTS = {
    Mark.PASS: Light.PASSED,
    Mark.FAIL: Light.FAILED,
    Mark.INCONCLUSIVE: Light.UNSURE,
    Mark.ERROR: Light.UNSURE,
}


def _light(run: Run) -> Light:
    match run.outcome:
        case None:
            waits = run.way is Way.QUEUED or bool(run.question) or _awaits_approval(run) or stands_still(run)
            return Light.WAITING if waits else Light.RUNNING
        case Outcome.SUCCEEDED:
            return Light.PASSED
        case Outcome.ABORTED:
            return Light.SKIPPED
        case Outcome.STOPPED if run.aborted_by is not None:
            return Light.SKIPPED
        case _:
            return Light.FAILED


def _awaits_approval(run: Run) -> bool:
    step = run.current
    return step is not None and step.kind is StepKind.APPROVAL and step.started_at is not None and not run.aborted_by


def _left_behind(run: Run, kind: StepKind) -> bool:
    """True for a step that will not be walked any more."""
    return run.way is Way.ENDED or (run.going_back and kind not in WAY_BACK)


def _step_rows(run: Run, now: datetime) -> tuple[StepRow, ...]:
    """A row for each step of the plan, one for each weight of a rollout, those of the way back once it is walked."""
    rows: list[StepRow] = []
    for step in run.steps:
        if step.kind is StepKind.ROLLOUT:
            never = _left_behind(run, step.kind) or step.ended_at is not None
            rows += [_weight_row(held, step, now, never) for held in weights(run, step)]
        elif run.going_back or step.kind not in WAY_BACK:
            rows.append(_step_row(run, step, now))
    return tuple(rows)


def _weight_row(held: Held, step: StepState, now: datetime, never: bool) -> StepRow:
    """A weight with its mark, how long it was held, and what was found at it."""
    name = f"canary {held.weight} %"
    if held.since is None:
        return StepRow(Light.SKIPPED if never else Light.WAITING, name)
    seconds = max(0.0, ((held.until or now) - held.since).total_seconds())
    if held.until is None:
        return StepRow(Light.SKIPPED if never else Light.RUNNING, name, seconds, held.words)
    fell = held.last and step.verdict is not None and not step.verdict.passed
    verdict = step.verdict if fell else held.verdict
    unknown = Light.PASSED if held.last else Light.SKIPPED
    return StepRow(_LIGHTS[verdict.mark] if verdict else unknown, name, seconds, held.words)


def _step_row(run: Run, step: StepState, now: datetime) -> StepRow:
    words = note(run, step)
    if step.verdict is not None and step.ended_at is not None:
        words = words or step.verdict.reason
        return StepRow(_LIGHTS[step.verdict.mark], step.kind, _seconds(step, step.ended_at), words)
    if _left_behind(run, step.kind):
        return StepRow(Light.SKIPPED, step.kind, note=words or ("stopped" if step.started_at else ""))
    if step.started_at is None:
        return StepRow(Light.WAITING, step.kind)
    light = Light.WAITING if step.kind is StepKind.APPROVAL else Light.RUNNING
    return StepRow(light, step.kind, _seconds(step, now), words)


def _seconds(step: StepState, until: datetime) -> float | None:
    return max(0.0, (until - step.started_at).total_seconds()) if step.started_at else None


def _check_rows(run: Run) -> tuple[CheckRow, ...]:
    never = _left_behind(run, StepKind.VERIFY) and not run.acts_of(StepKind.VERIFY)
    if StepKind.VERIFY not in run.plan.steps or never:
        return ()
    return tuple(_check_row(run, check, run.act(StepKind.VERIFY, check.name)) for check in run.plan.checks)


def _check_row(run: Run, check: Check, act: ActState | None) -> CheckRow:
    name = check.name if check.name.split()[0] == check.channel else f"{check.name} ({check.channel})"
    verdict = act.verdict if act else None
    if act is None or verdict is None:
        idle = Light.SKIPPED if _left_behind(run, StepKind.VERIFY) else Light.WAITING
        return CheckRow(Light.RUNNING if act and idle is Light.WAITING else idle, name)
    latency = act.end.measurement.latency if isinstance(act.end, CheckMeasured) else None
    return CheckRow(_LIGHTS[verdict.mark], name, latency, _check_reason(act, verdict))


def _check_reason(act: ActState, verdict: Verdict) -> str:
    if verdict.reason or not isinstance(act.end, CheckMeasured) or act.end.samples == 1:
        return verdict.reason
    return f"after {count(act.end.samples, 'try', 'tries')}"


def _rollback_light(run: Run, last_word: bool) -> tuple[bool | None, str]:
    """Known once the checkout could be compared with what is live, surer once every component was read; and only while
    there is something that could be undone.
    """
    settled = run.outcome is not None and (run.outcome is not Outcome.SUCCEEDED or not last_word)
    if run.plan.kind not in (RunKind.DEPLOY, RunKind.PROMOTE) or run.going_back or settled:
        return None, ""
    if len(run.snapshot.lives) < len(run.plan.components):
        return _expected_light(run)
    if taken := _taken(run):
        return False, f"rollback blocked: {taken}"
    return not run.snapshot.blocked, f"rollback {readiness(run.snapshot)}"


def _expected_light(run: Run) -> tuple[bool | None, str]:
    """What the pinned commit would leave to go back to, before anything is read for good."""
    ends = [act.end for act in run.acts_of(StepKind.CHECKOUT)]
    told = next((end.reach for end in ends if isinstance(end, CommitPinned)), {})
    found = [told[one.name] for one in run.plan.components if one.name in told]
    if len(found) < len(run.plan.components):
        return None, ""
    if refused := [one.refused for one in found if one.refused]:
        return False, f"rollback blocked: {'; '.join(refused)}"
    return True, "; ".join(("rollback ready", *(limit for one in found for limit in one.limits)))


def _taken(run: Run) -> str:
    """Where somebody else has deployed, the way back leaves that as it is."""
    taken = run.rollout.overtaken
    return f"{taken.author or 'somebody'} deployed {taken.component} outside Outrider" if taken else ""


def _buttons(run: Run, ready: bool | None, last_word: bool) -> tuple[Button, ...]:
    if run.way is Way.ENDED:
        return _buttons_after(run, ready, last_word)
    asked: tuple[Button, ...] = ()
    if run.question:
        asked = _approve_or_not(run, "Approve older secrets", "secrets")
    elif _awaits_approval(run) and run.rejected_by is None:
        asked = _approve_or_not(run, "Approve", "release")
    stoppable = not run.going_back and run.aborted_by is None
    if not stoppable:
        return asked
    return (*asked, *_steering(run), Button("Abort", token("abort", run.id), ButtonStyle.DANGER))


def _steering(run: Run) -> tuple[Button, ...]:
    """Of a rollout: hold it, let it go on, or do not wait for the rest of this bake."""
    step, bake = run.current, run.rollout.bake
    if step is None or step.kind not in (StepKind.SMOKE, StepKind.ROLLOUT) or not run.plan.gradual:
        return ()
    still = stands_still(run) or run.rollout.held_by is not None
    resume = Button("Resume", token("resume", run.id, run.rollout.mark), ButtonStyle.PRIMARY)
    found = (resume,) if still else (Button("Pause", token("pause", run.id)),)
    if bake is None or bake.weight == 100 or bake.advanced_by is not None or run.rollout.overtaken is not None:
        return found
    return (*found, Button("Advance", token("advance", run.id, str(bake.weight))))


def _approve_or_not(run: Run, label: str, about: str) -> tuple[Button, ...]:
    approve = Button(label, token("approve", run.id, about), ButtonStyle.PRIMARY)
    return approve, Button("Reject", token("reject", run.id, about))


def _buttons_after(run: Run, ready: bool | None, last_word: bool) -> tuple[Button, ...]:
    if run.outcome is not Outcome.SUCCEEDED or not last_word:
        return ()
    found = []
    if ready:
        found.append(Button("Roll back", token("rollback", run.id), ButtonStyle.DANGER))
    if run.plan.kind in (RunKind.DEPLOY, RunKind.PROMOTE) and run.plan.environment.promotes_to is not None:
        found.append(Button("Promote", token("promote", run.id), ButtonStyle.PRIMARY))
    return tuple(found)
