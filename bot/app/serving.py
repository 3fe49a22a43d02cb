"""Everything that runs while the bot runs, started and stopped together."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog

from bot.app.answers import Answers
from bot.app.feed import Feed
from bot.app.intake import Intake
from bot.app.runner import Runner
from bot.app.world import World
from bot.ports.chat import Chat
from bot.ports.errors import Permanent

log = structlog.get_logger("bot")

LONGEST_PAUSE = 60.0
"""Seconds between two starts of a platform that keeps failing."""


async def serve(world: World, chats: Sequence[Chat], leader: Chat | None = None) -> None:
    """Drive runs, tell rooms and listen to platforms until cancelled.

    Where `leader` is given (a terminal, say), this returns when it stops listening: everything else stops with it.
    """
    runner, feed = Runner(world), Feed(world, chats)
    intake = Intake(world, Answers(world))
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(runner.serve(), name="runner"),
            group.create_task(feed.serve(), name="feed"),
            *[
                group.create_task(_supervised(world, chat, intake), name=f"listen {chat.platform}")
                for chat in chats
                if chat is not leader
            ],
        ]
        if leader is not None:
            await leader.listen(intake)
            for task in tasks:
                task.cancel()


async def _supervised(world: World, chat: Chat, intake: Intake) -> None:
    """A platform whose link fails is started again, each time after a longer pause, without touching the others."""
    pause = 1.0
    while True:
        begun = world.clock.elapsed()
        try:
            await chat.listen(intake)
        except Permanent as trouble:
            log.error("a platform is off", platform=chat.platform, reason=trouble.reason)
            return
        except Exception:
            log.exception("a platform's link failed", platform=chat.platform, again_in=pause)
        if world.clock.elapsed() - begun > LONGEST_PAUSE:
            pause = 1.0
        await world.clock.sleep(timedelta(seconds=pause))
        pause = min(pause * 2, LONGEST_PAUSE)
