"""The facts of the way back reach the journal, the card, `/plan` and `/status`; not to know them stops nothing."""

from dataclasses import replace

from bot.domain.events import CommitPinned
from bot.domain.plan import StepKind
from bot.domain.values import Outcome, Reach
from bot.ports.errors import Permanent
from bot.view.card import card
from tests.app.conftest import begin, ended, running
from tests.app.test_intake import Talk
from tests.fakes.estates import deploying
from tests.fakes.world import Fakes

GONE = Reach("Durable Objects of worker change, for good", ("the image of worker's containers stays",))


async def test_it_is_told_when_the_commit_is_pinned_and_at_the_snapshot(fakes: Fakes) -> None:
    fakes.provider.put("worker", "canary", "v-before")
    fakes.provider.reaches = GONE
    async with running(fakes):
        done = await ended(fakes, await begin(fakes, deploying()))
    [pinned] = [act.end for act in done.acts_of(StepKind.CHECKOUT)]
    assert isinstance(pinned, CommitPinned)
    assert pinned.reach == {"worker": GONE}
    assert (done.snapshot.refused, done.snapshot.limits) == ((GONE.refused,), GONE.limits)
    assert card(done, fakes.clock.now()).way_back == f"rollback blocked: {GONE.refused}"
    [head] = await fakes.world.archive.history(None, None, 1)
    assert head.way_back == done.snapshot
    talk = Talk(fakes)
    assert ("canary", f"rollback blocked: {GONE.refused}") in (await talk.type("/status")).rows
    assert ("way back", "rollback", f"blocked: {GONE.refused}") in (await talk.type("/plan canary")).rows
    refused = await talk.type("/rollback canary")
    assert (refused.code, GONE.refused in refused.text) == ("no_way_back", True)


async def test_a_provider_that_does_not_tell_stops_nothing(fakes: Fakes) -> None:
    fakes.provider.put("worker", "canary", "v-before")
    fakes.provider.trouble.before["reach"] = [Permanent("the API answered 403") for _ in range(2)]
    async with running(fakes):
        done = await ended(fakes, await begin(fakes, deploying()))
    assert done.outcome is Outcome.SUCCEEDED
    said = "what else it would meet at worker is not known: the API answered 403"
    assert card(done, fakes.clock.now()).way_back == f"rollback ready: back to v-before; {said}"


async def test_a_first_release_is_told_before_its_snapshot(fakes: Fakes) -> None:
    async with running(fakes):
        done = await ended(fakes, await begin(fakes, deploying()))
    early = replace(
        done, outcome=None, acts={key: act for key, act in done.acts.items() if key[0] is StepKind.CHECKOUT}
    )
    assert card(early, fakes.clock.now()).way_back == "rollback blocked: worker had no earlier release"
