"""Runs and releases that are worth suggesting while somebody types: those of the room, to people who may see them."""

import asyncio
from collections.abc import Iterable, Sequence

import structlog

from bot.app.world import World
from bot.domain.board import Head
from bot.domain.commands import Origin, ShowHistory
from bot.domain.policy import known, permit
from bot.domain.values import Actor
from bot.domain.verbs import Kind
from bot.ports.errors import Trouble

log = structlog.get_logger("recent")

MOST = 25
"""Heads of each target that are looked at."""


class Recents:
    """Supplies `bot.ports.platform.Recent`. Whoever may ask for the history is suggested what stands in it."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def __call__(self, kind: Kind, actor: Actor, origin: Origin) -> Sequence[str]:
        """Names, newest first; runs that are under way before those that are over."""
        estate = self._world.estate
        room = estate.room_at(origin.platform, origin.address)
        if room is None or permit(ShowHistory(), known(actor, estate), estate) is not None:
            return ()
        targets = [target.name for target in estate.targets if target.room == room.name]
        try:
            pages = await asyncio.gather(*(self._world.archive.history(one, None, MOST) for one in targets))
        except Trouble as trouble:
            log.info("nothing to suggest", reason=trouble.reason)
            return ()
        heads = sorted((head for page in pages for head in page), key=lambda head: head.requested_at, reverse=True)
        return _names(kind, heads)


def _names(kind: Kind, heads: Iterable[Head]) -> Sequence[str]:
    match kind:
        case Kind.RUN:
            return [head.run for head in sorted(heads, key=lambda head: not head.open)]
        case Kind.RELEASE:
            return list(dict.fromkeys(head.release.name for head in heads if head.release and head.release.versions))
        case _:
            return ()
