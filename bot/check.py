"""`outrider check`: everything that a run would need, asked one after the other; each line is ok or says what to do."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.app.world import World
from bot.compose import opened
from bot.domain.plan import deploy_plan, verify_plan
from bot.domain.targets import Component, Environment, Source, Strategy, Target
from bot.domain.values import Live, RunId
from bot.domain.verdict import judge
from bot.ports.channel import Wanted
from bot.ports.deployer import Act, Subject
from bot.ports.errors import Trouble
from bot.ports.metrics import Poll, Scope
from bot.settings import Settings

DEADLINE = timedelta(seconds=30)
LONG_AGO = timedelta(minutes=5)
"""From when on a source is asked to count: so long that the numbers of a late one are there."""
AGAIN = timedelta(milliseconds=500)


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
            lines += await evidence(world, target, environment, lives)
    return lines


async def evidence(world: World, target: Target, environment: Environment, lives: Sequence[Live]) -> list[Line]:
    """Whether each source that a rollout there would be judged by can be asked, all of them side by side."""
    if environment.strategy is not Strategy.GRADUAL:
        return []
    sources = deploy_plan(target, environment, target.branch).sources
    return list(await asyncio.gather(*(_source(world, target, environment, one, lives) for one in sources)))


async def _source(
    world: World, target: Target, environment: Environment, source: Source, lives: Sequence[Live]
) -> Line:
    """Ask it for the version that is live, on both sides, until it has counted once. Nothing is left open."""
    name = source.component or target.components[-1].name
    live = next((one for one in lives if one.component == name), None)
    where = f"{environment.name} {source.name}"
    if live is None:
        return Line(True, f"{where}: {name} has never been deployed, so nothing is counted yet.")
    component = next(one for one in target.components if one.name == name)
    version = live.shares[0].version
    scope = Scope(source, Subject(component, environment, worker=live.worker), version, version, 0)
    try:
        poll = await _counted(world, scope)
    except Trouble as trouble:
        return Line(False, f"{where}: {world.redactor.clean(trouble.reason).rstrip('.')}.")
    if poll is None:
        return Line(False, f"{where}: it told nothing within {DEADLINE.total_seconds():.0f} s: look whether it is up.")
    return Line(True, f"{where}: counts what canary and baseline do.")


async def _counted(world: World, scope: Scope) -> Poll | None:
    """The source's first poll; the first answers of some are where they begin."""
    begun = world.clock.now()
    while world.clock.now() - begun < DEADLINE:
        poll = await world.counter(scope.source.kind).count(scope, begun - LONG_AGO)
        if poll is not None:
            return poll
        await world.clock.sleep(AGAIN)
    return None


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
