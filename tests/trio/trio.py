"""One room on three platforms, each on this machine behind a line of its own, and people who are on all of them."""

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.trio.discord import DiscordSide, discord_side
from tests.trio.side import Side
from tests.trio.slack import SlackSide, slack_side
from tests.trio.telegram import TelegramSide, telegram_side
from tests.trio.words import Words

PEOPLE: Mapping[str, Sequence[str]] = {
    "ana": ("deployer", "approver"),
    "ben": ("deployer", "approver"),
    "eve": ("viewer",),
}
"""Who is configured, with their roles; anybody else is a stranger."""
STRANGER = "mallory"


@dataclass(frozen=True)
class Trio:
    """The three; `speed` is how fast their clocks run."""

    slack: SlackSide
    discord: DiscordSide
    telegram: TelegramSide
    speed: float = 1.0

    @property
    def sides(self) -> tuple[Side, Side, Side]:
        return self.slack, self.discord, self.telegram

    @property
    def environ(self) -> dict[str, str]:
        """Tokens and addresses."""
        return {name: value for side in self.sides for name, value in side.environ.items()}

    @property
    def told(self) -> str:
        """The people and the room, as the configuration has them."""
        lines = []
        for person, roles in PEOPLE.items():
            accounts = [f'{side.name} = "{side.account(person)}"' for side in self.sides]
            lines += [f"[people.{person}]", *accounts, f"roles = {list(roles)!r}".replace("'", '"'), ""]
        return "\n".join([*lines, "[rooms.ops]", *(f'{side.name} = "{side.address}"' for side in self.sides), ""])

    def ready(self) -> bool:
        """The bot listens on all three."""
        return all(side.ready() for side in self.sides)

    def words(self, run: str) -> dict[str, Words]:
        """What the run's card says on each platform that has one."""
        return {side.name: one.words for side in self.sides for one in side.cards() if one.run == run}

    @property
    def violations(self) -> dict[str, Mapping[str, int]]:
        """What was done wrong, platform by platform; empty where nothing was."""
        return {side.name: side.violations for side in self.sides if side.violations}


def fast(speed: float, begun: float) -> Callable[[], float]:
    """Seconds since 1970 by a clock that was right at `begun` and runs that fast; the same in every process."""
    return lambda: begun + (time.time() - begun) * speed


@asynccontextmanager
async def trio(speed: float = 1.0, begun: float | None = None) -> AsyncIterator[Trio]:
    """All three, until the block ends."""
    now = fast(speed, time.time() if begun is None else begun)
    async with (
        slack_side(now, [*PEOPLE, STRANGER]) as slack,
        discord_side(speed) as discord,
        telegram_side(now, speed) as telegram,
    ):
        yield Trio(slack, discord, telegram, speed)
