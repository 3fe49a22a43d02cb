"""Asking a gate: does what has to hold before anything is changed hold. A gate that could not run has not passed."""

from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path

from bot.app.world import World
from bot.domain.calendar import judge_calendar
from bot.domain.migrations import judge_migrations
from bot.domain.run import Run
from bot.domain.targets import (
    BranchGate,
    CalendarGate,
    CommandGate,
    Component,
    Gate,
    MigrationGate,
    PatternGate,
    SecretsGate,
    SplitGate,
)
from bot.domain.values import Mark, Verdict
from bot.domain.verdict import overall
from bot.ports.deployer import Subject
from bot.ports.errors import Doubtful

PASS = Verdict(Mark.PASS)
UNPROVEN = (
    "nothing proves which version answers: have the Worker name its version and leave proof = true in the "
    "environment's health or in a check, or give it all the traffic at once with strategy=direct"
)
Judged = tuple[Verdict, tuple[str, ...]]


async def ask_gate(world: World, run: Run, name: str, folder: Path) -> Judged:
    """The gate's verdict, and the last lines that its command printed."""
    gate = next(one for one in run.plan.target.gates if one.name == name)
    if isinstance(gate, CommandGate):
        return await _command(world, run, gate, folder)
    return await _condition(world, run, gate, folder), ()


async def _condition(world: World, run: Run, gate: Gate, folder: Path) -> Verdict:
    match gate:
        case PatternGate():
            return await _pattern(world, run, gate)
        case BranchGate(branches=allowed):
            return _branches(allowed, await world.source.branches(run.plan.target.repo, _sha(run)))
        case CalendarGate():
            return judge_calendar(gate, world.clock.now())
        case MigrationGate():
            return await _migrations(world, run, folder)
        case SecretsGate():
            return await _secrets(world, run)
        case SplitGate():
            return await _split(world, run, folder)
        case CommandGate():
            return Verdict(Mark.ERROR, "a command was asked as a condition")


def _sha(run: Run) -> str:
    return run.commit.sha if run.commit else ""


async def _command(world: World, run: Run, gate: CommandGate, folder: Path) -> Judged:
    cookie = f"{run.id}/gates/{gate.name}"
    try:
        ran = await world.processes.run(gate.argv, cwd=folder, env={"CI": "1"}, deadline=gate.deadline, cookie=cookie)
    except Doubtful as trouble:
        return Verdict(Mark.FAIL, f"not done within {_minutes(gate.deadline)}"), trouble.log
    if ran.status == 0:
        return PASS, ()
    how = f"ended by signal {-ran.status}" if ran.status < 0 else f"exit status {ran.status}"
    return Verdict(Mark.FAIL, how), ran.tail


def _minutes(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    return f"{seconds // 60} min" if seconds >= 60 else f"{seconds} s"


async def _pattern(world: World, run: Run, gate: PatternGate) -> Verdict:
    hits = await world.source.search(run.plan.target.repo, _sha(run), gate.pattern, gate.paths)
    if not hits:
        return PASS
    more = f" and {len(hits) - 1} more" if len(hits) > 1 else ""
    return Verdict(Mark.FAIL, f"forbidden text in {hits[0].path}:{hits[0].line}{more}")


def _branches(allowed: tuple[str, ...], found: frozenset[str]) -> Verdict:
    if any(fnmatchcase(name, pattern) for name in found for pattern in allowed):
        return PASS
    return Verdict(Mark.FAIL, f"the commit is on none of {', '.join(allowed)}")


async def _migrations(world: World, run: Run, folder: Path) -> Verdict:
    verdicts: dict[str, Verdict] = {}
    for component in run.plan.components:
        subject = Subject(component, run.plan.environment, folder)
        databases = world.provider(component).databases
        for database in component.d1:
            files = await databases.files(subject, database)
            pending = await databases.pending(subject, database)
            verdicts[database] = judge_migrations(pending, files)
    return overall(verdicts) if verdicts else PASS


async def _secrets(world: World, run: Run) -> Verdict:
    verdicts: dict[str, Verdict] = {}
    for component in run.plan.components:
        missing = await missing_secrets(world, component, Subject(component, run.plan.environment))
        reason = f"missing {', '.join(missing)}"
        verdicts[component.name] = Verdict(Mark.FAIL, reason) if missing else PASS
    return overall(verdicts)


async def missing_secrets(world: World, component: Component, subject: Subject) -> tuple[str, ...]:
    """Names of the required secrets that the component lacks there."""
    if not component.required_secrets:
        return ()
    present = await world.provider(component).secrets.names(subject)
    return tuple(name for name in component.required_secrets if name not in present)


async def _split(world: World, run: Run, folder: Path) -> Verdict:
    """What cannot be split is said here, before anything is changed."""
    found: list[str] = [] if run.plan.smoke else [UNPROVEN]
    for component in run.plan.components:
        subject = Subject(component, run.plan.environment, folder)
        found += await world.provider(component).deployer.obstacles(subject)
    return Verdict(Mark.FAIL, "; ".join(found)) if found else PASS
