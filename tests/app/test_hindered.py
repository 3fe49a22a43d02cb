"""The way back that does not get through says so: in the thread once, and on the card for as long as it lasts."""

from dataclasses import replace

import pytest

from bot.domain.fold import evolve, fold
from bot.domain.hindrance import Hindered
from bot.domain.plan import StepKind
from bot.domain.redaction import Redactor
from bot.domain.run import Run
from bot.domain.values import Outcome
from bot.ports.errors import Doubtful, Temporary, Trouble
from bot.view.card import card
from bot.view.notice import notices
from bot.view.sentences import Say
from tests.app.conftest import begin, ended, running
from tests.app.test_runner import sick_unless
from tests.fakes.estates import deploying
from tests.fakes.world import Fakes

REASON = "Cloudflare's API is in trouble (502)."


async def taken_back(fakes: Fakes, *troubles: Trouble) -> Run:
    """A release that fails its health, where the provider is in trouble on the way back."""
    fakes.channel.answer = sick_unless("v-before")
    fakes.provider.put("worker", "canary", "v-before")
    fakes.provider.trouble.before["switch"] = list(troubles)
    run = await begin(fakes, deploying())
    async with running(fakes):
        return await ended(fakes, run)


@pytest.mark.parametrize("trouble", [Temporary(REASON), Doubtful(REASON)])
async def test_what_holds_the_way_back_up_is_told_once_and_shown_meanwhile(fakes: Fakes, trouble: Trouble) -> None:
    run = await taken_back(fakes, *[trouble] * 12)
    assert run.outcome is Outcome.ROLLED_BACK
    events = await fakes.world.journal.read(run.id)
    [at] = [number for number, event in enumerate(events) if isinstance(event, Hindered)]
    before = fold(events[:at])
    assert before is not None
    after = evolve(before, events[at])
    [said] = notices(before, events[at], after)
    assert said.code == Say.HINDERED
    assert said.text.startswith("worker cannot be taken back yet: Cloudflare's API is in trouble (502). It is tried")
    notes = {row.name: row.note for row in card(after, events[at].at).steps}
    assert notes[StepKind.RESTORE] == f"trying again: {REASON}"
    assert "trying again" not in str(card(run, events[-1].at))


async def test_a_long_wait_is_told_when_it_begins(fakes: Fakes) -> None:
    """Cloudflare turns away for five minutes who has asked too much: that is no time to be silent."""
    run = await taken_back(fakes, Temporary(REASON, retry_after=300.0))
    assert run.outcome is Outcome.ROLLED_BACK
    [told] = [event for event in await fakes.world.journal.read(run.id) if isinstance(event, Hindered)]
    act = run.act(StepKind.RESTORE, "worker")
    assert act is not None
    assert (told.at - act.started_at).total_seconds() < 10


async def test_trouble_that_passes_soon_is_no_news(fakes: Fakes) -> None:
    run = await taken_back(fakes, Temporary(REASON), Temporary(REASON))
    assert run.outcome is Outcome.ROLLED_BACK
    assert not any(isinstance(event, Hindered) for event in await fakes.world.journal.read(run.id))


async def test_no_secret_is_in_what_is_told_of_it(fakes: Fakes) -> None:
    fakes.world = replace(fakes.world, redactor=Redactor(("s3cr3t-t0ken",)))
    run = await taken_back(fakes, *[Temporary("the token s3cr3t-t0ken was not heard")] * 12)
    [told] = [event for event in await fakes.world.journal.read(run.id) if isinstance(event, Hindered)]
    assert "s3cr3t" not in told.reason
