"""What a rollback goes back to, found in the journal whatever has happened since."""

from datetime import timedelta

from bot.app.intake import PAGE
from bot.domain.board import head_of
from bot.domain.events import RunEnded
from bot.domain.fold import evolve, start
from bot.domain.values import Outcome, RunId
from bot.ports.errors import Permanent
from tests.app.conftest import begin, ended, running, state
from tests.app.test_intake import Talk, deployed
from tests.app.test_runner import sick_unless
from tests.fakes.estates import deploying, requested, verifying
from tests.fakes.world import Fakes


async def looked_at(fakes: Fakes, times: int) -> None:
    """That many verifications of canary, each over at once."""
    for number in range(times):
        event = requested(verifying(), run=RunId(f"z{number:0>7}"), at=fakes.clock.now() + timedelta(seconds=number))
        ends = RunEnded(Outcome.STOPPED, "verify: 503", fakes.clock.now())
        run = evolve(start(event), ends)
        await fakes.world.journal.append(event.run, 0, (event, ends), head_of(run))


async def test_promise_3_the_way_back_is_found_behind_any_number_of_verifications(fakes: Fakes) -> None:
    """In an incident people look again and again before they go back: the rollback must not go past what broke."""
    first = await deployed(fakes)
    await fakes.clock.sleep(timedelta(minutes=1))
    now_live = first.deployed[0].version
    fakes.channel.answer = sick_unless("nothing is well")
    fakes.provider.trouble.before["switch"] = [Permanent("the API refuses")]
    broken = await begin(fakes, deploying(), "0000000b")
    async with running(fakes):
        assert (await ended(fakes, broken)).outcome is Outcome.NEEDS_HANDS
    await fakes.clock.sleep(timedelta(minutes=1))
    await looked_at(fakes, PAGE + 1)
    said = await Talk(fakes).type("/rollback canary")
    plan = (await state(fakes, RunId(said.run))).plan
    assert plan.goal is not None
    assert [live.version for live in plan.goal.lives] == [now_live]
