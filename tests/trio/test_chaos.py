"""Two hundred deeds on three platforms at once, while lines fail and the bot is killed: nothing is lost or done twice.

Real are the chat adapters with their libraries, the intake, runner, feed and journal, in a process of its own. The
platforms are the strict stand-ins, by a clock that runs `FAST` times as fast as ours, as the bot's does. In place of
git, wrangler and Cloudflare is a quick account in a file.
"""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.domain.run import Run
from tests.e2e.three import Three
from tests.trio.account import moves
from tests.trio.proof import Proof, unanswered
from tests.trio.quick import quick
from tests.trio.storm import Storm
from tests.trio.words import Words

Record = Callable[[str, object], None]
FAST = 20.0
SETTLED = 90.0
"""Seconds in which everything must be told."""


async def still(storm: Storm, folder: Path) -> None:
    """Let everybody go, and every run end; what was typed for it was heard."""
    here = storm.here
    lines = [(text, who) for text in ("/unfreeze", "/unlock canary") for who in ("ana", "ben")]
    last = [await storm.types(here.trio.slack, text, who) for text, who in lines]

    def open_runs() -> list[str]:
        return [run for (run,) in here.play.rows("SELECT run FROM heads WHERE outcome IS NULL")]

    last += [await storm.types(here.trio.telegram, f"/abort {run}", "ana") for run in open_runs()]
    keys = {deed.delivery.key for deed in last}
    await here.seen(lambda: keys <= {line["key"] for line in moves(folder / "heard")}, SETTLED)
    await here.seen(lambda: not open_runs(), SETTLED)


def differing(here: Three, proof: Proof) -> list[str]:
    """Cards that do not say what the journal says, platform by platform. Where one stands twice the last one counts."""
    found = []
    for run in proof.runs.values():
        wanted = here.meant(run, run.id in proof.standing)
        for side in here.trio.sides:
            shown = [card.words for card in side.cards() if card.run == run.id]
            if shown[-1:] != [wanted]:
                found.append(f"{side.name} {run.id}: {_short(shown)} instead of {wanted}")
    return found


def doubles(here: Three) -> dict[str, int]:
    """Platform -> cards too many."""
    runs = {side.name: Counter(card.run for card in side.cards()) for side in here.trio.sides}
    return {name: many for name, one in runs.items() if (many := one.total() - len(one))}


PACE = ("more than twenty a minute in a group", "called while closed", "was called too often", "Retry-After was over")
LATE = "answered too late"


def excesses(storm: Storm) -> list[str]:
    """What was done wrong. A life that follows a kill does not know what the one before has used of a minute: it may be
    told so once by each platform. An interaction of Discord's that is made to come again later cannot be answered.
    """
    found = []
    for name, wrong in storm.here.trio.violations.items():
        over = sum(times for what, times in wrong.items() if what.endswith(PACE))
        others = {what: times for what, times in wrong.items() if not what.endswith((*PACE, LATE))}
        if over > len(storm.kills) or wrong.get(LATE, 0) > storm.repeats or others:
            found.append(f"{name}: {dict(wrong)}")
    return found


def _short(shown: list[Words]) -> str:
    return " AND ".join(map(str, shown)) or "nothing"


def all_told(here: Three) -> bool:
    """Every cursor is at its run's end."""
    behind = """
        SELECT 1 FROM cursors WHERE seq < (SELECT max(seq) FROM events WHERE stream = cursors.run)
        UNION ALL SELECT 1 FROM heads WHERE (SELECT count(*) FROM cursors WHERE cursors.run = heads.run) < 3
    """
    return not here.play.rows(behind)


async def weather(folder: Path, seed: int, deeds: int, kills: int) -> str:
    """One storm and its proof; what it came to, in a line."""
    async with quick(folder, FAST, approvals=1) as here:
        storm = Storm(here, random.Random(seed))
        await storm.blow(deeds, kills)
        await still(storm, folder)
        await here.seen(lambda: all_told(here), SETTLED)
        proof = Proof(storm, folder)
        try:
            await here.seen(lambda: not unanswered(proof, storm.deeds), SETTLED)
        finally:
            assert unanswered(proof, storm.deeds) == []
        assert "\n".join(proof.complaints()) == "", [f"{kill:.2f}" for kill in storm.kills]
        try:
            await here.seen(lambda: not differing(here, proof), SETTLED)
        finally:
            assert differing(here, proof) == []
        twice = doubles(here)
        assert twice.keys() <= {"telegram"}, "the others have a key, or a look-up, against a second post"
        assert twice.get("telegram", 0) <= kills, "one may be in flight when a life ends"
        assert excesses(storm) == []
        return f"{story(storm, proof)}, {twice.get('telegram', 0)} cards twice on Telegram"


def story(storm: Storm, proof: Proof) -> str:
    runs: list[Run] = list(proof.runs.values())
    return (
        f"{len(storm.deeds)} deeds, {storm.repeats} of them delivered again, {storm.faults} faults, "
        f"{len(storm.kills)} kills, {len(proof.lost)} acknowledged deeds lost, {len(runs)} runs"
    )


@pytest.mark.soak  # after a kill libraries wait by clocks of their own: now and then for too long
@pytest.mark.timeout(300)
async def test_a_squall(tmp_path: Path, record_property: Record) -> None:
    record_property("weather", await weather(tmp_path, seed=1, deeds=40, kills=2))


@pytest.mark.timeout(300)
async def test_without_a_kill_no_limit_is_met_at_all(tmp_path: Path, record_property: Record) -> None:
    record_property("weather", await weather(tmp_path, seed=4, deeds=30, kills=0))


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [2, 3, 5])
async def test_a_storm(tmp_path: Path, seed: int, record_property: Record) -> None:
    record_property("weather", await weather(tmp_path, seed, deeds=200, kills=8))
