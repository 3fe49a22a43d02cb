"""Two hundred deeds on three platforms at once, while lines fail and the bot is killed: nothing is lost or done twice.

Real are the chat adapters with their libraries, the intake, runner, feed and journal, in a process of its own. The
platforms are the strict stand-ins, by a clock that runs `FAST` times as fast as ours, as the bot's does. In place of
git, wrangler and Cloudflare is a quick account in a file.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

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


def doubles(here: Three) -> Counter[str]:
    """Platform -> cards too many."""
    runs = {side.name: Counter(card.run for card in side.cards()) for side in here.trio.sides}
    return Counter({name: many for name, one in runs.items() if (many := one.total() - len(one))})


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
    twice = doubles(storm.here)
    # Telegram has neither a key nor a look-up against a second post: one may be in flight when a life ends.
    if twice.keys() - {"telegram"} or twice["telegram"] > len(storm.kills):
        found.append(f"posted twice: {dict(twice)}")
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
        storm = Storm(here, seed)
        try:
            await storm.blow(deeds, kills)
            await still(storm, folder)
            await here.seen(lambda: all_told(here), SETTLED)
            proof = Proof(storm, folder)
            await settled(here, lambda: unanswered(proof, storm.deeds))
            nothing(proof.complaints())
            await settled(here, lambda: differing(here, proof))
            nothing(excesses(storm))
        except AssertionError as error:
            (folder / "deeds").write_text("\n".join(map(str, storm.deeds)), "utf-8")
            error.add_note(f"the storm of seed {seed}: {deeds} deeds, {kills} kills at {storm.kills}; see {folder}")
            raise
        return f"seed {seed}: {story(storm, proof)}"


def nothing(found: list[str]) -> None:
    """Each complaint is a sentence that says what was lost, or done twice."""
    assert not found, "\n".join(found)


async def settled(here: Three, left: Callable[[], list[str]]) -> None:
    """Return once nothing is left."""
    with suppress(AssertionError):
        await here.seen(lambda: not left(), SETTLED)
    nothing(left())


def story(storm: Storm, proof: Proof) -> str:
    wrong = {name: dict(one) for name, one in storm.here.trio.violations.items()}
    return (
        f"{len(storm.deeds)} deeds, {storm.repeats} of them delivered again, {storm.overtaken} overtaken, "
        f"{storm.faults} faults, {len(storm.kills)} kills, {len(proof.lost)} acknowledged deeds lost, "
        f"{len(proof.runs)} runs, {doubles(storm.here)['telegram']} cards twice on Telegram, "
        f"told off: {wrong or 'never'}"
    )


@pytest.mark.timeout(300)
async def test_a_squall(tmp_path: Path, record_property: Record) -> None:
    record_property("weather", await weather(tmp_path, seed=1, deeds=20, kills=1))


@pytest.mark.timeout(300)
async def test_without_a_kill_no_limit_is_met_at_all(tmp_path: Path, record_property: Record) -> None:
    record_property("weather", await weather(tmp_path, seed=4, deeds=20, kills=0))


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", [2, 3, 5, 6, 7])
async def test_a_storm(tmp_path: Path, seed: int, record_property: Record) -> None:
    record_property("weather", await weather(tmp_path, seed, deeds=200, kills=8))
