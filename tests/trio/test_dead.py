"""A platform is dead for the whole of a run: the run ends the same, the others are live, the dead one catches up."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.domain.values import Outcome
from tests.trio.gate import Line
from tests.trio.quick import quick
from tests.trio.side import Side

FAST = 20.0
QUICKLY = [("slack", Line.REFUSED), ("discord", Line.FAILING), ("telegram", Line.SILENT)]
"""One for each; the others are of the soak."""
ALL = [(name, line) for name, _ in QUICKLY for line in (Line.REFUSED, Line.FAILING, Line.SILENT)]
LONGEST = 100.0
"""Seconds in which a platform's library has to find out that the line is open again."""
Record = Callable[[str, object], None]


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("name", "line"),
    [pytest.param(*one, marks=() if one in QUICKLY else pytest.mark.soak) for one in ALL],
)
async def test_dead_for_the_whole_of_a_run(tmp_path: Path, name: str, line: Line, record_property: Record) -> None:
    async with quick(tmp_path, FAST) as here:
        await here.start()
        dead = next(side for side in here.trio.sides if side.name == name)
        alive: tuple[Side, ...] = tuple(side for side in here.trio.sides if side.name != name)
        await dead.gate.turn(line)

        run = await here.over(await alive[0].types("/deploy canary", "ana"))
        assert run.outcome is Outcome.SUCCEEDED
        await here.told(run, sides=alive)
        assert dead.cards() == []

        await dead.gate.turn(Line.OPEN)
        waited = await here.seen(lambda: here.card(dead, run) is not None, LONGEST)
        record_property("seen", f"{name} {line}: its card is there {waited:.1f} s after the line is open again")
        await here.told(run)
        await here.seen(lambda: any("is live in canary" in text for text in dead.said(run.id)), LONGEST)
        await here.seen(dead.ready, LONGEST)
        answered = await here.over(await dead.types("/rollback canary", "ben"))
        assert answered.outcome is Outcome.SUCCEEDED
        await here.told(answered)
        assert here.trio.violations == {}
        assert await here.play.terminate() == 0, here.play.log()
