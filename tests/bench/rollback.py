"""How soon traffic is back: the bot's rollback against `wrangler rollback`, by turns, on the same account.

Both are timed to the provider's acceptance: the end of the POST that moved the traffic, as the account's own journal
has it. The bot's time begins with the typed words at its `Intake`, wrangler's with the start of its process. The
answer to a person comes later in both (the bot reads back, wrangler prints); those times have figures of their own.
"""

import asyncio
import time
from asyncio.subprocess import DEVNULL
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.domain.board import Head
from tests.bench.figures import Figure, median, quantile, spread
from tests.bench.stand import INHERITED, Stand, stand

BY_BOT = 4
"""Rollbacks by the bot for each one by wrangler, which takes so much longer."""

QUIET = 0.7
"""Seconds before each, in which the bot finishes telling the one before: nobody rolls back twice in a breath."""


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds to the provider's acceptance, and to the end: the command's exit, the bot's own reading back."""

    accepted: float
    ended: float


async def rollback_vs_wrangler(rounds: int) -> Sequence[Figure]:
    """Rounds of a few rollbacks by the bot and one by wrangler."""
    async with stand() as here:
        first, second = await _two_releases(here)
        folder = await here.world.source.checkout(str(here.demo.repository.folder.resolve()), _sha(second))
        await _by_wrangler(here, first, folder)
        bot: list[Took] = []
        wrangler: list[Took] = []
        goal, other = second, first
        for _ in range(rounds):
            for _ in range(BY_BOT):
                bot.append(await _by_bot(here, goal))
                goal, other = other, goal
            wrangler.append(await _by_wrangler(here, goal, folder))
            goal, other = other, goal
    return _figures(bot, wrangler)


def _figures(bot: Sequence[Took], wrangler: Sequence[Took]) -> list[Figure]:
    mine, theirs = [one.accepted for one in bot], [one.accepted for one in wrangler]
    return [
        Figure("rollback_vs_wrangler", median(theirs) / median(mine), "ratio"),
        Figure("rollback_vs_wrangler_p99", quantile(theirs, 0.99) / quantile(mine, 0.99), "ratio"),
        *spread("rollback_accepted", mine),
        *spread("wrangler_rollback_accepted", theirs),
        *spread("rollback_read_back", [one.ended for one in bot]),
        *spread("wrangler_rollback_exit", [one.ended for one in wrangler]),
        Figure("rollback_samples", len(mine), "rollbacks"),
        Figure("wrangler_rollback_samples", len(theirs), "rollbacks"),
    ]


async def _two_releases(here: Stand) -> tuple[Head, Head]:
    first = await here.run("/deploy canary")
    await here.commit(2)
    return first, await here.run("/deploy canary")


def _sha(head: Head) -> str:
    if head.release is None:
        raise RuntimeError("a deploy that succeeded has a release")
    return head.release.commit.sha


def _version(head: Head) -> str:
    return head.release.versions[0].version if head.release else ""


async def _by_bot(here: Stand, goal: Head) -> Took:
    await here.forget_calls()
    await asyncio.sleep(QUIET)
    begun = time.time()
    head = await here.run(f"/rollback canary to={_sha(goal)[:10]}")
    switched = next(event.at for event in await here.world.journal.read(head.run) if _is_switched(event))
    return Took(await _accepted(here) - begun, switched.timestamp() - begun)


def _is_switched(event: object) -> bool:
    return type(event).__name__ == "ComponentDeployed"


async def _by_wrangler(here: Stand, goal: Head, folder: Path) -> Took:
    await here.forget_calls()
    await asyncio.sleep(QUIET)
    words = ("rollback", _version(goal), "-y", "--env=canary", "--message=bench")
    begun = time.time()
    process = await asyncio.create_subprocess_exec(
        "node", str(folder / "node_modules" / "wrangler" / "bin" / "wrangler.js"), *words,
        cwd=folder, env=wrangler_environment(here), stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL,
    )  # fmt: skip  # one kind of argument a line
    if await process.wait() != 0:
        raise RuntimeError("wrangler rollback failed")
    return Took(await _accepted(here) - begun, time.time() - begun)


def wrangler_environment(here: Stand) -> dict[str, str]:
    """What wrangler is told by a careful script."""
    access = {name: value for name, value in here.demo.environ.items() if name.startswith("CLOUDFLARE_")}
    quiet = {"CI": "1", "WRANGLER_SEND_METRICS": "false", "WRANGLER_SEND_ERROR_REPORTS": "false"}
    return {**INHERITED, **access, **quiet}


async def _accepted(here: Stand) -> float:
    """When the one call that moved traffic had done so."""
    moved = [one for one in await here.calls() if one["method"] == "POST" and one["path"].endswith("/deployments")]
    if len(moved) != 1 or not moved[0]["acted"]:
        raise RuntimeError(f"one call should have moved the traffic, not {len(moved)}")
    return float(moved[0]["at"] + moved[0]["seconds"])
