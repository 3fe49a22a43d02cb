"""Measuring a channel until it answers as it should, or until its time is over."""

from dataclasses import replace
from datetime import timedelta

from bot.app.world import World
from bot.domain.events import CheckMeasured
from bot.domain.items import other_versions, wanted_versions
from bot.domain.plan import StepKind
from bot.domain.run import Run
from bot.domain.targets import Check
from bot.domain.values import Mark, Measurement, Verdict
from bot.domain.verdict import judge, pause
from bot.ports.channel import Wanted
from bot.ports.errors import Temporary, Trouble


async def measure(world: World, run: Run, step: StepKind, item: str) -> CheckMeasured:
    """Sample the check until it passes or its deadline is over; the last sample decides.

    A release may need a moment to be everywhere and a container a minute or two to start, so an early failure is not
    yet a verdict: the check's own deadline is the budget for both.
    """
    check = _check(run, step, item)
    wanted = Wanted(wanted_versions(run, step), other_versions(run, step), _pins(run, step))
    begun, samples = world.clock.now(), 0
    while True:
        taken = await sample(world, run, check, wanted)
        samples += 1
        verdict = judge(check, taken, wanted.versions)
        now = world.clock.now()
        rest = pause(check, verdict, samples, now - begun)
        if rest is None:
            return CheckMeasured(step, item, now, taken, _told(verdict, samples, now - begun), samples)
        await world.clock.sleep(rest)


def _check(run: Run, step: StepKind, item: str) -> Check:
    named = {check.name: check for check in run.plan.checks} if step in (StepKind.VERIFY, StepKind.SMOKE) else {}
    return named.get(item, run.plan.health)


def _pins(run: Run, step: StepKind) -> tuple[tuple[str, str], ...]:
    """At weight 0 the new versions have to be asked for; afterwards whoever answers users answers us."""
    return tuple((one.worker, one.version) for one in run.uploaded) if step is StepKind.SMOKE else ()


async def sample(world: World, run: Run, check: Check, wanted: Wanted) -> Measurement:
    """One sample, its reason without secrets: what a Worker answers may hold any."""
    try:
        taken = await world.channel(check.channel).measure(check, run.plan.environment, wanted)
    except Temporary as trouble:
        taken = Measurement(Verdict(Mark.INCONCLUSIVE, trouble.reason))
    except Trouble as trouble:
        taken = Measurement(Verdict(Mark.ERROR, trouble.reason))
    return replace(taken, verdict=Verdict(taken.verdict.mark, world.redactor.clean(taken.verdict.reason)))


def _told(verdict: Verdict, samples: int, took: timedelta) -> Verdict:
    """A failure that was given time says so."""
    if verdict.passed or samples == 1:
        return verdict
    return Verdict(verdict.mark, f"{verdict.reason} ({samples} tries in {took.total_seconds():.0f} s)")
