"""What a rollout's card says is live, when nobody but a person can do anything about it."""

from bot.domain.fold import fold
from bot.domain.rollout_events import WeightChosen
from bot.view.words import last_read
from tests.app.test_rollout import gradual, roll
from tests.fakes.world import Fakes


async def test_it_is_the_split_that_was_read_last_and_not_the_snapshot(fakes: Fakes) -> None:
    run = await roll(fakes, gradual())
    events = await fakes.world.journal.read(run.id)
    second = [at for at, event in enumerate(events) if isinstance(event, WeightChosen)][1]
    found = fold(events[:second])
    assert found is not None
    assert [(live.component, [share.weight for share in live.shares]) for live in last_read(found)] == [
        ("worker", [90, 10])
    ]
