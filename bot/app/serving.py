"""Everything that runs while the bot runs, started and stopped together."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from bot.app.answers import Answers
from bot.app.feed import Feed
from bot.app.inbox import FORSAKEN, DurableIntake
from bot.app.intake import Intake
from bot.app.links import Links
from bot.app.runner import Runner
from bot.app.sentinel import Sentinel
from bot.app.world import World
from bot.ports.chat import Chat


async def serve(
    world: World,
    chats: Sequence[Chat],
    leader: Chat | None = None,
    links: Links | None = None,
    sentinel: Sentinel | None = None,
    forsaken: timedelta = FORSAKEN,
) -> None:
    """Drive runs, tell rooms and listen to platforms until cancelled.

    Where `leader` is given (a terminal, say), this returns when it stops listening: everything else stops with it.
    `links` is for who wants to know how they stand; it is made of the same platforms. With a `sentinel`, deployments
    that others made are noticed too. After `forsaken`, what a platform kept and did not hand on is taken up. What an
    earlier life of the bot was asked for and did not decide is decided before anything newer.
    """
    runner, feed = Runner(world), Feed(world, chats)
    intake = DurableIntake(world, Intake(world, Answers(world)), chats, forsaken)
    links = links or Links(world, chats)
    await intake.take_up()
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(intake.serve(), name="inbox"),
            group.create_task(runner.serve(), name="runner"),
            group.create_task(feed.serve(), name="feed"),
            group.create_task(links.serve(intake, leader), name="links"),
        ]
        if sentinel is not None:
            tasks.append(group.create_task(sentinel.serve(), name="sentinel"))
        if leader is not None:
            await leader.listen(intake)
            for task in tasks:
                task.cancel()
