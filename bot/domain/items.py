"""What a step's acts are about, and which versions an answer has to name at it."""

from bot.domain.plan import RunKind, StepKind
from bot.domain.run import Run, setting


def items(run: Run, kind: StepKind) -> tuple[str, ...]:  # noqa: C901, PLR0912 - a table, a line for each step
    """The items of a step's acts, in order."""
    match kind:
        case StepKind.CHECKOUT:
            return ("source",)
        case StepKind.GATES:
            return tuple(gate.name for gate in run.plan.target.gates)
        case StepKind.SNAPSHOT:
            # Whole even where only some components are deployed: who answers may be one of the others.
            return tuple(component.name for component in run.plan.read)
        case StepKind.BUILD | StepKind.DEPLOY | StepKind.UPLOAD | StepKind.ROUTES:
            return tuple(component.name for component in run.plan.components)
        case StepKind.SWITCH:
            # As on the way back: who calls goes back before who is called.
            return tuple(component.name for component in reversed(run.plan.components))
        case StepKind.MIGRATE:
            return tuple(component.name for component in run.plan.components if component.d1)
        case StepKind.SMOKE:
            beside = tuple(setting(component.name, 0, 0) for component in run.plan.components)
            return (*beside, *(check.name for check in run.plan.smoke))
        case StepKind.HEALTH | StepKind.RECHECK:
            return ("health",)
        case StepKind.VERIFY:
            return tuple(check.name for check in run.plan.checks)
        case StepKind.RESTORE:
            return tuple(reversed(run.touched))
        case StepKind.APPROVAL | StepKind.ROLLOUT | StepKind.WATCH:
            return ()


def wanted_versions(run: Run, step: StepKind) -> tuple[str, ...]:
    """The versions that an answer has to name at that step to count."""
    if step in (StepKind.SMOKE, StepKind.ROLLOUT):
        return tuple(one.version for one in run.uploaded)
    restored = run.plan.kind is RunKind.VERIFY or step is StepKind.RECHECK
    chosen = {component.name for component in run.plan.components}
    others = tuple(live for live in run.snapshot.lives if live.component not in chosen)
    lives = run.snapshot.lives if restored else (*run.deployed, *others)
    return tuple(share.version for live in lives for share in live.shares)


def other_versions(run: Run, step: StepKind) -> tuple[str, ...]:
    """The versions that are known and must not be the ones that answer."""
    known = [share.version for live in (*run.snapshot.lives, *run.deployed) for share in live.shares]
    wanted = wanted_versions(run, step)
    return tuple(version for version in dict.fromkeys(known) if version not in wanted)
