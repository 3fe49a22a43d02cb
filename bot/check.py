"""`outrider check`: everything that a run would need, asked one after the other; each line is ok or says what to do."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.app.world import World
from bot.compose import opened
from bot.domain.plan import verify_plan
from bot.domain.targets import Component, Environment, Target
from bot.domain.values import Live, RunId
from bot.domain.verdict import judge
from bot.ports.channel import Wanted
from bot.ports.deployer import Act, Subject
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
    """Repository, bundles, then each environment: what is live, which secrets are missing, what answers."""
    try:
        commit = await world.source.resolve(target.repo, target.branch)
        folder = await world.source.checkout(target.repo, commit.sha)
    except Trouble as trouble:
        return [Line(False, f"{target.name}: {trouble.reason}")]
    lines = [Line(True, f"{target.name}: {target.branch} is at {commit.short} {commit.subject}")]
    lines += [await _bundle(world, target, component, folder) for component in target.components]
    for environment in target.environments:
        found = [await _component(world, Subject(one, environment, folder)) for one in target.components]
        lines += [line for line, _ in found]
        if lives := [live for _, live in found if live is not None and live.shares]:
            lines.append(await _answers(world, target, environment, lives))
    return lines


async def _bundle(world: World, target: Target, component: Component, folder: Path) -> Line:
    """Whether the project's own wrangler can bundle it here; nothing leaves this machine."""
    act = Act(RunId("00000000"), f"check/{component.name}")
    try:
        await world.provider(component).deployer.build(act, Subject(component, target.environments[0], folder))
    except Trouble as trouble:
        return Line(False, f"{target.name} {component.name}: {trouble.reason}")
    return Line(True, f"{target.name} {component.name}: bundles with its own wrangler.")


async def _component(world: World, subject: Subject) -> tuple[Line, Live | None]:
    provider, component = world.provider(subject.component), subject.component
    where = f"{subject.environment.name} {component.name}"
    try:
        live, present = await asyncio.gather(provider.deployer.live(subject), provider.secrets.names(subject))
    except Trouble as trouble:
        return Line(False, f"{where}: {trouble.reason}"), None
    missing = [name for name in component.required_secrets if name not in present]
    if missing:
        return Line(False, f"{where}: set the secrets {', '.join(missing)} (wrangler secret put)."), live
    shares = ", ".join(f"{share.version[:8]} at {share.weight} %" for share in live.shares)
    return Line(True, f"{where}: {live.worker} has {shares or 'never been deployed'}."), live


async def _answers(world: World, target: Target, environment: Environment, lives: Sequence[Live]) -> Line:
    """Whether the health question is answered from here, by a version that says which it is."""
    question = verify_plan(target, environment).health
    versions = tuple(share.version for live in lives for share in live.shares)
    sample = await world.channel(question.channel).measure(question, environment, Wanted(versions))
    verdict = judge(question, sample, versions)
    told = "answers, and says which version it is" if verdict.passed else verdict.reason
    return Line(verdict.passed, f"{environment.name} {environment.url}: {told}.")
