"""Deployments that were made outside the bot are noticed, and told once with their author."""

from dataclasses import replace

import pytest

from bot.app.sentinel import Sentinel
from bot.domain.redaction import MARK, Redactor
from bot.domain.values import Outcome
from bot.ports.errors import Permanent, Temporary
from bot.view.sentences import Say
from tests.app.conftest import begin, ended, running
from tests.app.test_intake import Talk
from tests.fakes.chat import FakeChat
from tests.fakes.estates import deploying
from tests.fakes.world import Fakes


@pytest.fixture
async def deployed(fakes: Fakes) -> Fakes:
    """A world in which a run has left a release."""
    fakes.provider.put("worker", "canary", "v-before")
    run = await begin(fakes, deploying())
    async with running(fakes):
        assert (await ended(fakes, run)).outcome is Outcome.SUCCEEDED
    return fakes


def chats() -> tuple[FakeChat, FakeChat]:
    return FakeChat("slack"), FakeChat("discord")


async def test_what_a_run_left_is_not_told_of(deployed: Fakes) -> None:
    slack, discord = chats()
    await Sentinel(deployed.world, [slack, discord]).look()
    assert slack.codes() == discord.codes() == []


async def test_a_deploy_of_somebody_else_is_told_once_on_every_platform(deployed: Fakes) -> None:
    slack, discord = chats()
    deployed.provider.put("worker", "canary", "v-theirs", "carl@acme.example")
    sentinel = Sentinel(deployed.world, [slack, discord])
    await sentinel.look()
    await sentinel.look()
    await Sentinel(deployed.world, [slack, discord]).look()
    assert slack.codes() == discord.codes() == [Say.FOREIGN]
    (text,) = [notice.text for _, notice in slack.said]
    assert "carl@acme.example" in text
    assert "v-theirs" in text
    deployed.provider.put("worker", "canary", "v-again", "carl@acme.example")
    await sentinel.look()
    assert slack.codes() == [Say.FOREIGN, Say.FOREIGN]


async def test_promise_11_what_somebody_wrote_at_the_provider_is_told_without_secrets(deployed: Fakes) -> None:
    secret = "s3cr3t-value-of-ours"
    deployed.world = replace(deployed.world, redactor=Redactor((secret,)))
    live = deployed.provider.put("worker", "canary", "v-theirs", f"carl {secret}")
    deployed.provider.lives["worker", "canary"] = replace(live, message=f"with {secret}")
    slack, discord = chats()
    await Sentinel(deployed.world, [slack, discord]).look()
    said = await Talk(deployed).type("/status")
    everything = repr((slack.said, discord.said, said))
    assert everything.count(MARK) >= 4
    assert secret not in everything


async def test_a_platform_that_is_away_is_told_when_it_is_back_and_the_others_not_again(deployed: Fakes) -> None:
    slack, discord = chats()
    slack.dead = Temporary("nobody answers")
    deployed.provider.put("worker", "canary", "v-theirs")
    sentinel = Sentinel(deployed.world, [slack, discord])
    await sentinel.look()
    slack.dead = None
    await sentinel.look()
    assert slack.codes() == discord.codes() == [Say.FOREIGN]


async def test_a_platform_that_never_takes_it_holds_up_nobody(deployed: Fakes) -> None:
    slack, discord = chats()
    slack.dead = Permanent("the channel is gone")
    deployed.provider.put("worker", "canary", "v-theirs")
    sentinel = Sentinel(deployed.world, [slack, discord])
    await sentinel.look()
    board, _ = await deployed.world.journal.board()
    assert discord.codes() == [Say.FOREIGN]
    assert set(board.foreign) == {("moltworker", "canary", "worker")}


async def test_while_a_run_is_under_way_it_looks_for_itself(deployed: Fakes) -> None:
    slack, _ = chats()
    await begin(deployed, replace(deploying(), ref="next"), "00000002")
    deployed.provider.put("worker", "canary", "v-theirs")
    await Sentinel(deployed.world, [slack]).look()
    assert slack.codes() == []
