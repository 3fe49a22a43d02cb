"""How far back a rollback would reach, asked of the providers. It is told to people and stops nothing, so a provider
that does not say it is no trouble of the run's.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from bot.app.world import World
from bot.domain.run import Run
from bot.domain.targets import Component
from bot.domain.values import Reach
from bot.ports.deployer import Subject
from bot.ports.errors import Trouble

WITHIN = timedelta(seconds=10)
"""A provider that takes longer is not waited for."""


async def reach_of(world: World, component: Component, subject: Subject) -> Reach:
    """What the provider says of one component. Raises nothing: what could not be read is a limit of what is known."""
    try:
        async with asyncio.timeout(WITHIN.total_seconds()):
            return await world.provider(component).deployer.reach(subject)
    except TimeoutError:
        reason = f"no answer within {WITHIN.total_seconds():.0f} s"
    except Trouble as trouble:
        reason = world.redactor.clean(trouble.reason)
    return Reach(limits=(f"what else it would meet at {component.name} is not known: {reason}",))


async def reach_ahead(world: World, run: Run, sha: str) -> Mapping[str, Reach]:
    """The same of every component that the run ships, from its checkout."""
    plan = run.plan
    folder = await world.source.checkout(plan.target.repo, sha)
    asked = [reach_of(world, one, Subject(one, plan.environment, folder)) for one in plan.components]
    names = [one.name for one in plan.components]
    return dict(zip(names, await asyncio.gather(*asked), strict=True))
