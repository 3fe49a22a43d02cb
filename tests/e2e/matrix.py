"""Kills at many points of one kind of run, and the count of them.

A run may be killed in several of its lives: each life is armed with the next point, and when the run is over without
having come to that point, a new play begins with it. So every point is tried, and a run that is killed thirty times
must end as well as one that is killed once. What a play comes to is proven after its last life.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.domain.run import Run
from tests.e2e.hands import steered
from tests.e2e.play import Play
from tests.e2e.scenes import Scene, opened, prove, prove_rest
from tests.e2e.stage import Stage

MOMENT = 0.3
"""Seconds. The bot looks for two until what it asks about has settled."""
Record = Callable[[str, object], None]
"""pytest's `record_property`: how the count reaches the end of the tests, from whichever process."""


class Point(Protocol):
    """Somewhere to kill the bot."""

    async def strike(self, play: Play, key: str) -> bool:
        """Start the bot and kill it there; False where the run was over before."""
        ...

    @property
    def uploads(self) -> int:
        """How many more uploads such a kill may cost."""
        ...


@dataclass(frozen=True)
class AtPort:
    """Before or after a call of a port, see `kill`."""

    name: str
    uploads: int = 0

    async def strike(self, play: Play, key: str) -> bool:
        await play.start(self.name)
        return await play.died(key)


@dataclass(frozen=True)
class AtCall:
    """In the middle of a call of the API: before or after the account has acted, and with no answer given yet.

    `late`: the call is let go only while the next life is already asking what became of it.
    """

    method: str
    path: str
    when: str
    nth: int = 1
    late: bool = False
    uploads: int = 1

    async def strike(self, play: Play, key: str) -> bool:
        sandbox = play.stage.sandbox
        rule = {"do": "hold", "method": self.method, "path": self.path, "when": self.when, "after": self.nth - 1}
        made = await sandbox.post("rules/api", {**rule, "times": 1})
        await play.start()

        async def find() -> bool | None:
            if await sandbox.get("held"):
                return True
            return False if play.is_over(key) else None

        held = await play.until(find)
        if held:
            await play.kill()
        await sandbox.delete(f"rules/{made['id']}")
        if held and not self.late:
            await sandbox.post("held/release")
        return held


@dataclass(frozen=True)
class AtChild:
    """While a child process runs whose words have this in them."""

    words: str
    uploads: int = 1

    async def strike(self, play: Play, key: str) -> bool:
        await play.start()

        async def find() -> bool | None:
            if any(self.words in one for one in play.left()):
                return True
            return False if play.is_over(key) else None

        seen = await play.until(find)
        if seen:
            await play.kill()
        return seen


@dataclass
class Tally:
    """Points of one kind of run: those that were tried, and those whose play was proven."""

    kind: str
    tried: list[object] = field(default_factory=list)
    passed: list[object] = field(default_factory=list)

    def note(self, record: Record) -> None:
        """For the lines at the end of the tests."""
        record("matrix", [self.kind, len(self.tried), len(self.passed)])


async def strike_each(stage: Stage, scene: Scene, points: Sequence[Point], tally: Tally) -> None:
    """Every point, in as few plays as the order of the points allows."""
    waiting = deque(points)
    while waiting:
        async with await opened(stage, scene) as play:
            key, struck = play.type(scene.text), list[Point]()
            async with steered(play, key, scene.hands):
                while waiting and await waiting[0].strike(play, key):
                    struck.append(waiting.popleft())
                    tally.tried.append(struck[-1])
                assert struck, f"{waiting[0]} was never reached by a {scene.name}\n{play.log()}"
                await _finish(play, scene, key, struck)
            tally.passed += struck


async def strike_every_append(stage: Stage, scene: Scene, when: str, tally: Tally) -> None:
    """One run, killed at each of its appends: after, or before it is made (with what it tells of already done)."""
    async with await opened(stage, scene) as play:
        key, struck, brought_to = play.type(scene.text), list[Point](), 0
        async with steered(play, key, scene.hands):
            while await AtPort(f"append:{brought_to + 1}:{when}").strike(play, key):
                brought_to = play.struck()[-1]["number"]
                struck.append(AtPort(f"append:{brought_to}:{when}"))
                tally.tried.append(struck[-1])
            run = await _finish(play, scene, key, struck)
        assert len(struck) >= len([step for step in run.steps if step.ended_at]), struck
        tally.passed += struck


async def _finish(play: Play, scene: Scene, key: str, struck: Sequence[Point]) -> Run:
    """The last life, and the proof; the run. A failure names the points that this play was killed at."""
    try:
        if not play.is_over(key):
            await play.kill()
            async with asyncio.TaskGroup() as group:
                group.create_task(_let_go(play, struck))
                group.create_task(play.start())
        run = await play.over(key)
        if scene.by_chance:
            assert run.outcome is scene.outcome, f"{run.outcome}: {run.reason}\n{play.log()}"
            await prove_rest(play, scene, run)
        else:
            await prove(play, scene, run, scene.uploads + sum(point.uploads for point in struck))
        return run
    except AssertionError as error:
        error.add_note(f"killed at: {', '.join(map(str, struck))}")
        raise


async def _let_go(play: Play, struck: Sequence[Point]) -> None:
    """A call that is held for the next life to meet is let go a moment after that life has begun to ask."""
    if not getattr(struck[-1], "late", False):
        return
    sandbox, before = play.stage.sandbox, len((await play.stage.sandbox.get("calls"))["calls"])

    async def asked() -> bool | None:
        return True if len((await sandbox.get("calls"))["calls"]) > before else None

    await play.until(asked)
    await asyncio.sleep(MOMENT)
    await sandbox.post("held/release")
