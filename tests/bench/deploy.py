"""A whole deploy: how much of its time is the bot's own, and how it compares with a script of the same steps.

Each deploy ships a commit of its own, with a migration in it, so that both sides have the same to do. The bot's own
time is what is left of a run without the times in which at least one command ran, the Worker was asked, or Cloudflare's
API was at work (by the account's own journal). What the bot adds to each command, its guard, is within the command's
time: it has a figure of its own.
"""

import asyncio
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.domain.events import RunEnded
from tests.bench.figures import Figure, median, union
from tests.bench.rollback import wrangler_environment
from tests.bench.stand import INHERITED, Stand, stand
from tests.bench.stopwatch import Stopwatch

SCRIPT = Path(__file__).with_name("deploy.sh")
WORKER = "hello-canary"
GUARDED = 10
"""Commands that the guard's own time is measured on."""
NAMES = {"git": "git", "npm": "npm", "cp": "npm", "node": "wrangler", "the Worker": "worker"}
"""First word of a command -> the figure that it counts for; copying is of the kept dependencies."""


@dataclass(frozen=True, slots=True)
class Took:
    """One deploy by the bot, in seconds. `parts`: time in which at least one command of that name ran."""

    total: float
    own: float
    commands: int
    parts: dict[str, float]


async def deploy_vs_script(rounds: int) -> Sequence[Figure]:
    """Rounds of one deploy by the bot and one by the script."""
    watch = Stopwatch()
    async with stand(commands=watch.commands, outside=watch.outside) as here:
        await here.run("/deploy canary")
        environment = await _script_environment(here)
        bot: list[Took] = []
        script: list[float] = []
        for number in range(2, 2 * rounds + 2, 2):
            await here.commit(number)
            bot.append(await _by_bot(here, watch))
            await here.commit(number + 1)
            script.append(await _by_script(environment))
        return [*_figures(bot, script), *await _guard(here)]


def _figures(bot: Sequence[Took], script: Sequence[float]) -> list[Figure]:
    totals = [one.total for one in bot]
    parts = [
        Figure(f"deploy_{name}", median([one.parts.get(name, 0.0) for one in bot]), "s")
        for name in dict.fromkeys(NAMES.values())
    ]
    return [
        Figure("deploy_vs_script", median(totals) / median(script), "ratio"),
        Figure("deploy", median(totals), "s"),
        Figure("script", median(script), "s"),
        Figure("own_share", median([one.own / one.total for one in bot]), "ratio"),
        Figure("own_time", median([one.own for one in bot]), "s"),
        *parts,
        Figure("deploy_commands", median([one.commands for one in bot]), "commands"),
    ]


async def _by_bot(here: Stand, watch: Stopwatch) -> Took:
    watch.spans.clear()
    await here.forget_calls()
    begun = time.time()
    head = await here.run("/deploy canary")
    events = await here.world.journal.read(head.run)
    ended = next(event.at for event in events if isinstance(event, RunEnded)).timestamp()
    spans = [span for span in watch.spans if begun <= span.begun <= ended]
    calls = [(one["at"], one["at"] + one["seconds"]) for one in await here.calls()]
    outside = union([*((span.begun, span.ended) for span in spans), *calls])
    parts = {
        name: union([(span.begun, span.ended) for span in spans if NAMES[span.what] == name])
        for name in set(NAMES.values())
    }
    commands = sum(NAMES[span.what] != "worker" for span in spans)
    return Took(ended - begun, ended - begun - outside, commands, parts)


async def _script_environment(here: Stand) -> dict[str, str]:
    """A place for the script as it is after its first use: a mirror, and the dependencies."""
    folder = here.demo.config.parent / "script"
    mirror, kept, trees = folder / "mirror.git", folder / "kept", folder / "trees"
    for path in (kept, trees):
        path.mkdir(parents=True)
    repository = here.demo.repository.folder.resolve()
    commit = await here.world.source.resolve(str(repository), "main")
    tree = await here.world.source.checkout(str(repository), commit.sha)
    await _done("git", "clone", "--quiet", "--mirror", str(repository), str(mirror))
    await _done("cp", "-a", str(tree / "node_modules"), str(kept))
    url = (await here.control.get(f"scripts/{WORKER}/url")).json()["url"]
    place = {"REPO": repository, "MIRROR": mirror, "TREES": trees, "KEPT": kept, "URL": url, "SCRIPT": WORKER}
    return {
        **wrangler_environment(here),
        **{name: str(value) for name, value in place.items()},
        "DATABASE": "5d0c7a52-3b5e-4c1f-9a55-0a7d00000002",
    }


async def _by_script(environment: dict[str, str]) -> float:
    begun = time.time()
    process = await asyncio.create_subprocess_exec(
        "sh", str(SCRIPT), env=environment, stdin=DEVNULL, stdout=PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"the script failed: {said.decode()[-2000:]}")
    return time.time() - begun


async def _guard(here: Stand) -> list[Figure]:
    """What the bot's care adds to a command: the same one by the bot and bare, by turns."""
    guarded: list[float] = []
    bare: list[float] = []
    folder = here.demo.config.parent
    for _ in range(GUARDED):
        begun = time.perf_counter()
        await here.world.processes.run(["true"], cwd=folder, env={}, deadline=timedelta(minutes=1))
        guarded.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        await _done("true")
        bare.append(time.perf_counter() - begun)
    return [Figure("command_guard", (median(guarded) - median(bare)) * 1000, "ms")]


async def _done(*argv: str) -> None:
    process = await asyncio.create_subprocess_exec(*argv, env=INHERITED)
    if await process.wait() != 0:
        raise RuntimeError(f"{argv[0]} failed")
