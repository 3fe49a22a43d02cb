"""One run lives on three platforms: begun on one, seen on all, undone from another."""

from collections.abc import Callable
from functools import partial

import pytest

from bot.domain.plan import RunKind
from bot.domain.run import Run
from bot.domain.values import Outcome
from tests.e2e.stage import CANARY, PRODUCTION, Stage
from tests.e2e.three import SOON, Three, three
from tests.trio.side import Side

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(900),  # whole runs, with real child processes
]
TURNS = {"slack": "discord", "discord": "telegram", "telegram": "slack"}
"""Where it is typed -> where it is undone."""
Record = Callable[[str, object], None]


def on(here: Three, name: str) -> Side:
    return next(side for side in here.trio.sides if side.name == name)


async def ships(here: Three, side: Side, text: str) -> Run:
    """Typed there; the card is live there while the run is under way, and the thread has a row for each channel."""
    delivery = await side.types(text, "ana")
    assert delivery.acked
    begun = await here.play.run(delivery.key)
    await here.seen(lambda: here.card(side, begun) is not None, SOON)
    first = here.card(side, begun)
    assert first is not None
    run = await here.succeeded(delivery)
    assert run.plan.checks
    await here.told(run)
    for one in here.trio.sides:
        last = here.card(one, run)
        assert last is not None
        await here.seen(partial(_verified, one, run), SOON)
    drawn = here.card(side, run)
    assert drawn is not None
    assert drawn.reference == first.reference, "it is edited in place"
    assert drawn.edits > 0
    return run


def _verified(side: Side, run: Run) -> bool:
    """One row for each channel stands in the thread."""
    said = side.said(run.id)
    return all(sum(f"{check.name} passed" in text for text in said) == 1 for check in run.plan.checks)


@pytest.mark.parametrize(
    "typed",
    # Telegram's twenty messages a minute make each of them a long one; all three sides take part in the first, too.
    [name if name == "slack" else pytest.param(name, marks=pytest.mark.soak) for name in TURNS],
)
async def test_a_run_is_begun_on_one_platform_and_undone_from_another(
    stage: Stage, typed: str, record_property: Record
) -> None:
    async with three(stage) as here:
        await here.start()
        side, other = on(here, typed), on(here, TURNS[typed])
        await ships(here, side, "/deploy canary")
        live = await stage.live_of(CANARY)
        promoted = await ships(here, side, "/promote")
        before = stage.live[PRODUCTION]
        assert await stage.live_of(PRODUCTION) != [before]

        delivery = await other.presses(promoted.id, "Roll back", "ben")
        assert delivery.acked
        undone = await here.play.run(delivery.key)
        for one in here.trio.sides:
            waited = await here.seen(partial(here.card, one, undone), SOON)
            record_property("seen", f"pressed on {other.name}, the card is on {one.name} after {waited:.2f} s more")
        assert undone.plan.kind is RunKind.ROLLBACK
        assert (await here.over(delivery)).outcome is Outcome.SUCCEEDED
        assert await stage.live_of(PRODUCTION) == [before]
        assert await stage.live_of(CANARY) == live, "what was not asked for stays as it is"
        await here.told(await here.over(delivery))
        await here.told(promoted, last_word=False)
        assert here.trio.violations == {}
        assert await here.play.terminate() == 0, here.play.log()
        assert here.play.left() == []
