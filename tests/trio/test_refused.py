"""Whoever may not, and whatever is forged or comes again, on each platform: refused and counted, and nothing is done.

What a platform's own rules refuse before the bot decides (signatures, timestamps, secrets, other bots), and that a
flood is one line a minute, is in `tests/adapters/test_refused.py`.
"""

import re
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from bot.domain.run import Run
from tests.e2e.three import Three
from tests.trio.account import moves
from tests.trio.quick import quick
from tests.trio.side import Delivery, Side
from tests.trio.trio import STRANGER

FAST = 20.0
_CODE, _TIMES = re.compile(r"code=(\w+)"), re.compile(r"times=(\d+)")
Attempt = Callable[[Side, Run], Awaitable[Delivery]]
ATTEMPTS: dict[str, tuple[Attempt, str]] = {
    "a stranger types": (lambda side, _: side.types("/deploy canary", STRANGER), "unknown_person"),
    "a stranger presses": (lambda side, run: side.presses(run.id, "Roll back", STRANGER), "unknown_person"),
    "a viewer types": (lambda side, _: side.types("/rollback canary", "eve"), "not_allowed"),
    "a viewer presses": (lambda side, run: side.presses(run.id, "Roll back", "eve"), "not_allowed"),
    "no token of ours": (lambda side, _: side.forges("DROP TABLE runs", "ana"), "stale_press"),
    "a run that never was": (lambda side, _: side.forges("rollback:00000000", "ana"), "stale_press"),
    "the wrong verb for it": (lambda side, run: side.forges(f"weight:{run.id}", "ana"), "stale_press"),
}


def refused(here: Three) -> Counter[str]:
    """Code -> how often the log says that this was refused; a line counts for all that it stands for."""
    found: Counter[str] = Counter()
    for line in (here.play.folder / "bot.log").read_text("utf-8").splitlines():
        if (code := _CODE.search(line)) and (times := _TIMES.search(line)) and " refused " in line:
            found[code[1]] += int(times[1])
    return found


def heard(folder: Path, key: str) -> list[str]:
    """What the intake answered to that delivery."""
    return [code for line in moves(folder / "heard") if line["key"] == key for code in line["codes"]]


@pytest.mark.parametrize("name", ["slack", "discord", "telegram"])
async def test_refused_logged_and_nothing_done(tmp_path: Path, name: str) -> None:
    async with quick(tmp_path, FAST) as here:
        await here.start()
        side = next(one for one in here.trio.sides if one.name == name)
        run = await here.succeeded(await side.types("/deploy canary", "ana"))
        await here.told(run)
        before = moves(tmp_path / "account"), here.play.rows("SELECT position FROM events")
        for what, (attempt, code) in ATTEMPTS.items():
            delivery = await attempt(side, run)
            assert delivery.acked, what
            await here.seen(partial(heard, tmp_path, delivery.key), 30)
            await here.seen(partial(side.answers, delivery), 60)
            assert heard(tmp_path, delivery.key) == [code], what
        codes = Counter(code for _, code in ATTEMPTS.values())
        await here.seen(lambda: refused(here) == codes, 30)  # what was left out is told within a minute of the bot's
        assert (moves(tmp_path / "account"), here.play.rows("SELECT position FROM events")) == before
        assert here.trio.violations == {}


@pytest.mark.parametrize("name", ["slack", "discord", "telegram"])
async def test_what_comes_again_is_done_once_even_by_another_life(tmp_path: Path, name: str) -> None:
    async with quick(tmp_path, FAST) as here:
        await here.start()
        side = next(one for one in here.trio.sides if one.name == name)
        deployed = await side.types("/deploy canary", "ana")
        run = await here.succeeded(deployed)
        await here.told(run)
        pressed = await side.presses(run.id, "Roll back", "ana")
        await here.succeeded(pressed)
        for _ in range(2):
            await side.again(deployed)
            await side.again(pressed)
            await side.again(await side.types("/whoami", "ben"))
            await here.play.kill()
            await here.start()
        last = await side.types("/whoami", "ana")
        await here.seen(lambda: heard(tmp_path, last.key), 30)
        assert [key for (key,) in here.play.rows("SELECT key FROM heads ORDER BY position")] == [
            deployed.key,
            pressed.key,
        ]
