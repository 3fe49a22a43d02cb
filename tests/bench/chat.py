"""The three platforms: how soon what is typed or pressed is acknowledged, carried out, and seen on the others.

The platforms are the strict stand-ins of the tests, on this machine and in the process that measures. Acknowledgement
is timed by the platform: from handing the payload out to being told. A press is timed to the provider's acceptance as
in `rollback`, with `wrangler rollback` on the same account by turns; the bot is `outrider run`, a process of its own.
"""

import asyncio
import time
from asyncio.subprocess import DEVNULL
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.domain.run import Run
from sandbox.running import Sandbox
from tests.bench.figures import Figure, median, spread
from tests.bench.resting import IDLE, resident, threads_of
from tests.bench.stand import INHERITED
from tests.e2e.play import Play
from tests.e2e.scenes import make_scenery
from tests.e2e.stage import CANARY, SAMPLE, Stage
from tests.e2e.three import Three, three
from tests.trio.quick import quick
from tests.trio.side import Delivery, Side

AT_ONCE = 50
"""Commands in one moment."""
BURSTS = (("slack", False), ("slack", True), ("discord", False), ("discord", True), ("telegram", True))
"""Platform, and whether it is pressed or typed: what is typed on Telegram is acknowledged to nobody."""
MINUTE = 61.0
"""Seconds after which no platform counts what was before."""


async def ack_at_once(rounds: int) -> Sequence[Figure]:
    """Rounds of fifty commands, and of fifty presses, on each platform: a fresh bot for each."""
    took: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for name, pressed in BURSTS:
            with TemporaryDirectory(prefix="outrider-bench-") as folder:
                took[f"ack_{name}{'' if pressed else '_typed'}"] += await _burst(Path(folder), name, pressed)
    return [figure for name, seconds in took.items() for figure in spread(name, seconds)]


async def _burst(folder: Path, name: str, pressed: bool) -> list[float]:
    async with quick(folder) as here:
        await here.start()
        side = _side(here, name)
        run = await here.succeeded(await side.types("/deploy canary", "ana"))
        await here.told(run, sides=(side,))

        async def one(number: int) -> Delivery:
            if pressed:
                return await side.forges(f"abort:{number:08}", "ana")
            return await side.types(f"/lock canary note {number}", "ana")

        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(one(number)) for number in range(AT_ONCE)]
    done = [task.result() for task in asked]
    if not all(one.acked for one in done):
        raise RuntimeError(f"{name}: {sum(not one.acked for one in done)} were not acknowledged in time")
    return [one.took for one in done]


def _side(here: Three, name: str) -> Side:
    return next(side for side in here.trio.sides if side.name == name)


@dataclass
class Rounds:
    """What was seen, platform by platform."""

    accepted: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    seen: list[float] = field(default_factory=list)
    edits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    events: list[float] = field(default_factory=list)
    wrangler: list[float] = field(default_factory=list)


async def press_vs_wrangler(rounds: int) -> Sequence[Figure]:
    """Rounds of a deploy and a pressed Roll back for each platform, and one rollback by wrangler."""
    found = Rounds()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="outrider-bench-", ignore_cleanup_errors=True)))
        sandbox = await stack.enter_async_context(Sandbox(folder / "account"))
        stage = Stage(folder / "stage", sandbox)
        stage.folder.mkdir()
        await stage.set()
        await make_scenery(stage)
        for _ in range(rounds):
            for name in ("slack", "discord", "telegram"):
                async with three(stage) as here:
                    await here.start()
                    await _round(here, _side(here, name), found)
            found.wrangler.append(await _by_wrangler(stage))
    return _figures(found)


def _figures(found: Rounds) -> list[Figure]:
    theirs, events = median(found.wrangler), median(found.events)
    made = []
    for name, seconds in found.accepted.items():
        edits = median(found.edits[name])
        made += [
            Figure(f"press_vs_wrangler_{name}", theirs / median(seconds), "ratio"),
            Figure(f"press_accepted_{name}", median(seconds) * 1000, "ms"),
            Figure(f"edits_per_run_{name}", edits, "edits"),
            Figure(f"edits_vs_one_each_{name}", edits / events, "ratio"),
        ]
    return [
        *made,
        Figure("wrangler_accepted", theirs * 1000, "ms"),
        Figure("events_per_run", events, "events"),
        *spread("press_seen_elsewhere", found.seen),
    ]


async def _round(here: Three, side: Side, found: Rounds) -> None:
    """A deploy, told everywhere; then, when no platform's minute is used up, a press, and its card on the others."""
    before = {one.name: one.edits for one in here.trio.sides}
    run = await here.succeeded(await side.types("/deploy canary", "ana"))
    await here.told(run)
    found.events.append(len(here.play.events(run.id)))
    for one in here.trio.sides:
        found.edits[one.name].append(one.edits - before[one.name])
    await asyncio.sleep(MINUTE)
    await here.play.stage.sandbox.post("reset-calls")
    begun = time.time()
    async with asyncio.TaskGroup() as group:
        pressed = group.create_task(side.presses(run.id, "Roll back", "ben"))
        looks = [group.create_task(_seen(here, one, run, begun)) for one in here.trio.sides if one is not side]
    found.accepted[side.name].append(await _accepted(here.play.stage) - begun)
    found.seen += [look.result() for look in looks]
    await here.succeeded(pressed.result())


async def _seen(here: Three, side: Side, run: Run, begun: float) -> float:
    """Seconds until another run's card is there."""
    await here.seen(lambda: any(one.run != run.id for one in side.cards()))
    return time.time() - begun


async def _accepted(stage: Stage) -> float:
    """When the one call that moved traffic had done so."""

    def moved(calls: Sequence[dict[str, object]]) -> list[float]:
        return [
            float(str(one["at"])) + float(str(one["seconds"]))
            for one in calls
            if one["method"] == "POST" and str(one["path"]).endswith("/deployments") and one["acted"]
        ]

    async with asyncio.timeout(30):
        while not (found := moved((await stage.sandbox.get("calls"))["calls"])):  # noqa: ASYNC110 - asked over HTTP
            await asyncio.sleep(0.05)
    return found[0]


async def _by_wrangler(stage: Stage) -> float:
    await stage.fresh(CANARY, migrated=True)
    program = SAMPLE / "node_modules" / "wrangler" / "bin" / "wrangler.js"
    access = {
        "CLOUDFLARE_API_BASE_URL": stage.sandbox.api,
        "CLOUDFLARE_API_TOKEN": stage.sandbox.token,
        "CLOUDFLARE_ACCOUNT_ID": stage.sandbox.account_id,
    }
    quiet = {"CI": "1", "WRANGLER_SEND_METRICS": "false", "WRANGLER_SEND_ERROR_REPORTS": "false"}
    begun = time.time()
    process = await asyncio.create_subprocess_exec(
        "node", str(program), "rollback", stage.first, "-y", "--env=canary", "--message=bench",
        cwd=stage.folder / "repository", env={**INHERITED, **access, **quiet}, stdin=DEVNULL, stdout=DEVNULL,
        stderr=DEVNULL,
    )  # fmt: skip  # what it runs on a line, what it is told on the next
    if await process.wait() != 0:
        raise RuntimeError("wrangler rollback failed")
    return await _accepted(stage) - begun


async def all_connected(rounds: int) -> Sequence[Figure]:
    """Rounds of one start of `outrider run` with all three platforms, until it listens on each of them."""
    ready: list[float] = []
    memory: list[float] = []
    threads: list[float] = []
    for _ in range(rounds):
        with TemporaryDirectory(prefix="outrider-bench-") as name:
            async with quick(Path(name)) as here:
                real = Play(here.play.stage, here.play.folder, here.play.environ, command=("-m", "bot", "run"))
                async with real:
                    begun = time.perf_counter()
                    await Three(real, here.trio).start()
                    ready.append(time.perf_counter() - begun)
                    await asyncio.sleep(IDLE)
                    pid = _pid(real)
                    memory.append(resident(pid))
                    threads.append(threads_of(pid))
    return [
        Figure("memory_all_connected", median(memory), "MiB"),
        Figure("threads_all_connected", median(threads), "threads"),
        Figure("start_to_all_connected", median(ready), "s"),
    ]


def _pid(play: Play) -> int:
    if play.process is None:
        raise RuntimeError("the bot did not start")
    return play.process.pid
