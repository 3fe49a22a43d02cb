"""A few words beside each step of the card: counts, names that failed, what was read back."""

from bot.domain.events import CheckMeasured, CommitPinned, ComponentDeployed, ComponentRestored, SnapshotTaken
from bot.domain.items import items
from bot.domain.plan import StepKind
from bot.domain.run import ActState, Run, StepState, setting_of
from bot.domain.watching import ROUND
from bot.view.words import count, listed, traffic


def note(run: Run, step: StepState) -> str:
    """The words beside that step, empty where there is nothing to say yet."""
    acts = run.acts_of(step.kind)
    match step.kind:
        case StepKind.APPROVAL:
            return _approval(run, step)
        case StepKind.WATCH:
            return _watch(acts)
        case StepKind.GATES | StepKind.VERIFY:
            return _counted(run, step, acts)
        case StepKind.SMOKE:
            return _failed(acts) or _smoke(acts)
        case StepKind.MIGRATE:
            return _failed(acts) or _migrations(run, acts)
        case _:
            return _failed(acts) or _hindered(acts) or ", ".join(filter(None, map(_done, acts)))


def _failed(acts: tuple[ActState, ...]) -> str:
    bad = [act for act in acts if act.verdict is not None and not act.verdict.passed]
    if len(bad) == 1 and bad[0].verdict is not None:
        reason = bad[0].verdict.reason
        return f"{bad[0].item}: {reason}" if len(acts) > 1 else reason
    return f"{listed([act.item for act in bad])} failed" if bad else ""


def _hindered(acts: tuple[ActState, ...]) -> str:
    return next((f"trying again: {act.hindered}" for act in acts if act.hindered and act.end is None), "")


def _approval(run: Run, step: StepState) -> str:
    if step.verdict is not None and not step.verdict.passed:
        return step.verdict.reason
    if run.approvals:
        return f"by {', '.join(actor.name for actor in run.approvals)}"
    return f"{run.plan.environment.approvals} needed" if step.started_at else ""


def _watch(acts: tuple[ActState, ...]) -> str:
    ended = [act.verdict for act in acts if act.verdict is not None and act.item.startswith(ROUND)]
    bad = [verdict for verdict in ended if not verdict.passed]
    if not ended:
        return ""
    return f"{len(bad)} of {count(len(ended), 'round')} did not pass" if bad else f"{count(len(ended), 'round')} passed"


def _counted(run: Run, step: StepState, acts: tuple[ActState, ...]) -> str:
    every = items(run, step.kind)
    bad = [act.item for act in acts if act.verdict is not None and not act.verdict.passed]
    good = sum(act.verdict is not None and act.verdict.passed for act in acts)
    if bad:
        return f"not passed: {listed(bad, 4)}"
    if not acts:
        return ""
    return f"{good} passed" if good == len(every) else f"{good} of {len(every)} passed"


def _smoke(acts: tuple[ActState, ...]) -> str:
    good = [act for act in acts if not setting_of(act.item) and act.verdict is not None]
    return f"{listed([act.item for act in good], 4)} passed" if good else ""


def _migrations(run: Run, acts: tuple[ActState, ...]) -> str:
    if run.migrated:
        return listed(run.migrated, 3)
    return "nothing was pending" if acts and all(act.end is not None for act in acts) else ""


def _done(act: ActState) -> str:
    match act.end:
        case CommitPinned(commit=commit):
            return commit.short
        case SnapshotTaken(item=item, live=live):
            return f"{item} {traffic(live)}" if live.shares else f"{item}: no earlier release"
        case ComponentDeployed(live=live):
            return f"{live.component} {traffic(live)}"
        case ComponentRestored(item=item, live=live):
            return f"{item} {traffic(live)}"
        case CheckMeasured(samples=samples):
            return f"after {count(samples, 'try', 'tries')}" if samples > 1 else ""
        case None:
            return act.item if act.step in (StepKind.BUILD, StepKind.MIGRATE) else ""
        case _:
            return act.item
