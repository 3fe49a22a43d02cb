"""Says on one platform what became of the links of the others, in the rooms that both tell.

Told by state and not by event: a crier compares how a link stands with what it said of it last, and says what differs.
So each thing is said once, what was over before it could be said is never said, and a platform that takes nothing for
the moment is told when it does, if it is still true.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from bot.app.teller import AFTER_TROUBLE
from bot.app.world import World
from bot.domain.link import Link, LinkState
from bot.ports.chat import Chat
from bot.ports.errors import Permanent, Temporary
from bot.view.links import link_notice

log = structlog.get_logger("links")


@dataclass(eq=False)
class Crier:
    """One platform's. `links` is how all of them stand now; whoever changes it sets `changed`."""

    world: World
    chat: Chat
    links: Mapping[str, Link]
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    said: dict[tuple[str, str], Link] = field(default_factory=dict)
    """Platform and conversation -> what was said last there of that platform."""

    async def serve(self) -> None:
        """Until cancelled."""
        failures = 0
        while True:
            await self.changed.wait()
            self.changed.clear()
            try:
                await self._tell()
                failures = 0
            except Temporary as trouble:
                pause = AFTER_TROUBLE[min(failures, len(AFTER_TROUBLE) - 1)]
                if failures == 0:
                    log.warning("not said yet", platform=self.chat.platform, reason=trouble.reason)
                failures += 1
                self.changed.set()
                await self.world.clock.sleep(timedelta(seconds=max(pause, trouble.retry_after or 0.0)))

    async def _tell(self) -> None:
        for platform, address in self._places():
            if self.links[self.chat.platform].state is LinkState.OFF:
                return  # what it does not take it would not take tomorrow
            link, last = self.links[platform], self.said.get((platform, address))
            notice = link_notice(platform, last, link)
            if notice is None:
                continue
            try:
                key = f"link:{platform}:{link.state}:{link.since.timestamp():.0f}"
                await self.chat.say(address, "", notice, key)
            except Permanent as trouble:
                log.warning(
                    "the platform does not take this notice", platform=self.chat.platform, reason=trouble.reason
                )
            self.said[platform, address] = link

    def _places(self) -> Iterator[tuple[str, str]]:
        """Each other platform, with this one's conversation in each room that both tell."""
        for room in self.world.estate.rooms:
            if here := room.addresses.get(self.chat.platform):
                for platform in room.addresses:
                    if platform != self.chat.platform and platform in self.links:
                        yield platform, here
