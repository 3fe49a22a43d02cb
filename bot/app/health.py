"""What `/healthz` says: journal, workspace, and each platform's link.

The form is one that the channel `health` reads: `status` of the whole and of each component. A deaf platform makes the
whole `degraded` and not `fail`, so the answer stays 200: a process manager that restarts the bot mends no vendor.
"""

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path

from bot.app.world import World
from bot.domain.link import Link, LinkState
from bot.ports.errors import Trouble

Part = dict[str, str | int]
LEAST_FREE = 1_000_000_000
"""Bytes: a checkout with its node_modules takes some hundred megabytes."""
_STATUS = {LinkState.LIVE: "ok", LinkState.STARTING: "warn", LinkState.DEAF: "fail", LinkState.OFF: "fail"}


async def health(world: World, links: Mapping[str, Link], workspace: Path) -> dict[str, object]:
    """`status` is `ok`, `degraded`, or `fail` where the journal does not answer."""
    journal = await _journal(world)
    parts = {
        "journal": journal,
        "workspace": await asyncio.to_thread(_workspace, workspace),
        **{platform: _platform(link) for platform, link in links.items()},
    }
    worst = "ok" if all(part["status"] in ("ok", "warn") for part in parts.values()) else "degraded"
    return {"status": "fail" if journal["status"] == "fail" else worst, "components": parts}


async def _journal(world: World) -> Part:
    try:
        await world.journal.board()
    except Trouble as trouble:
        return {"status": "fail", "reason": world.redactor.clean(trouble.reason)}
    return {"status": "ok"}


def _workspace(folder: Path) -> Part:
    """Room for checkouts; the folder itself comes to be with the first one."""
    there = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.is_dir())
    free = shutil.disk_usage(there).free
    return {"status": "ok" if free >= LEAST_FREE else "warn", "free_bytes": free}


def _platform(link: Link) -> Part:
    since = link.since.isoformat(timespec="seconds")
    said: Part = {"status": _STATUS[link.state], "link": str(link.state), "since": since}
    return {**said, "reason": link.reason} if link.reason else said
