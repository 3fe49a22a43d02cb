"""`outrider check`: everything that a run would need, asked one after the other; each line is ok or says what to do."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.app.world import World
from bot.compose import opened
from bot.domain.targets import Target
from bot.ports.deployer import Subject
from bot.ports.errors import Trouble
from bot.settings import Settings

DEADLINE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at."""

    ok: bool
    text: str


async def check(settings: Settings) -> Sequence[Line]:
    """Look at everything; nothing is changed."""
    lines = [_platform(one.name, one.why_off) for one in settings.platforms]
    try:
        async with opened(settings) as world:
            lines.append(Line(True, "The journal opens."))
            lines += [await _command(world, name) for name in ("git", "node", "npm")]
            for target in settings.estate.targets:
                lines += await _target(world, target)
    except Trouble as trouble:
        lines.append(Line(False, trouble.reason))
    return lines


def _platform(name: str, why_off: str) -> Line:
    return Line(True, f"{name} is off: {why_off}." if why_off else f"{name} is on.")


async def _command(world: World, name: str) -> Line:
    try:
        ran = await world.processes.run([name, "--version"], cwd=Path("/"), env={}, deadline=DEADLINE)
    except Trouble as trouble:
        return Line(False, trouble.reason)
    return Line(ran.status == 0, f"{name} {ran.out.strip()}")


async def _target(world: World, target: Target) -> list[Line]:
    """Repository, then each environment's components: what is live, and which secrets are missing."""
    try:
        commit = await world.source.resolve(target.repo, target.branch)
        folder = await world.source.checkout(target.repo, commit.sha)
    except Trouble as trouble:
        return [Line(False, f"{target.name}: {trouble.reason}")]
    lines = [Line(True, f"{target.name}: {target.branch} is at {commit.short} {commit.subject}")]
    for environment in target.environments:
        for component in target.components:
            where = f"{target.name} {environment.name} {component.name}"
            lines.append(await _component(world, Subject(component, environment, folder), where))
    return lines


async def _component(world: World, subject: Subject, where: str) -> Line:
    provider = world.provider(subject.component)
    try:
        live, present = await asyncio.gather(provider.deployer.live(subject), provider.secrets.names(subject))
    except Trouble as trouble:
        return Line(False, f"{where}: {trouble.reason}")
    missing = [name for name in subject.component.required_secrets if name not in present]
    if missing:
        return Line(False, f"{where}: set the secrets {', '.join(missing)} (wrangler secret put).")
    shares = ", ".join(f"{share.version[:8]} at {share.weight} %" for share in live.shares)
    return Line(True, f"{where}: {live.worker} has {shares or 'never been deployed'}.")
