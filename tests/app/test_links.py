"""Links that go deaf, come back, or are turned off: known, begun anew, and said on the other platforms."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import pairwise

import pytest

from adapters.sql.journal import SqlJournal
from bot.app.links import Links, Pace
from bot.app.serving import serve
from bot.domain.commands import Origin, Typed
from bot.domain.link import LinkState
from bot.domain.redaction import Redactor
from bot.domain.values import Room
from bot.ports.errors import Permanent, Temporary
from bot.view.sentences import Say
from tests.fakes.chat import FakeChat
from tests.fakes.estates import ANA, actor, estate
from tests.fakes.world import Fakes, fake_world

DEAF = Temporary("nobody answers its pings")
REVOKED = Permanent("the token was revoked")
BOTH = Room("ops", {"slack": "C0OPS", "telegram": "-1001"})
DEV = Room("dev", {"slack": "C0DEV"})
PHONES = Room("phones", {"telegram": "-1002", "discord": "77"})


@pytest.fixture
def fakes(journal: SqlJournal) -> Fakes:
    return fake_world(estate(rooms=(BOTH, DEV, PHONES)), journal)


@asynccontextmanager
async def served(fakes: Fakes, *chats: FakeChat) -> AsyncIterator[Links]:
    """The whole bot with these platforms, until the block ends."""
    links = Links(fakes.world, chats)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(serve(fakes.world, chats, links=links))
        yield links
        task.cancel()


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - a virtual clock is what moves the world
            await asyncio.sleep(0.002)


def stand(links: Links, platform: str) -> LinkState:
    return links.now[platform].state


async def test_a_link_is_live_once_its_probe_was_answered(fakes: Fakes) -> None:
    slack, telegram = FakeChat("slack"), FakeChat("telegram", deaf=DEAF)
    async with served(fakes, slack, telegram) as links:
        assert {one.state for one in links.now.values()} == {LinkState.STARTING}
        await until(lambda: stand(links, "slack") is LinkState.LIVE)
        assert stand(links, "telegram") is LinkState.STARTING
        await until(lambda: stand(links, "telegram") is LinkState.DEAF)
        assert fakes.clock.elapsed() >= Pace().patience.total_seconds()
    assert slack.listened == 1


async def test_a_deaf_link_is_begun_anew_and_said_once_on_the_others(fakes: Fakes) -> None:
    slack, telegram, discord = (FakeChat(one) for one in ("slack", "telegram", "discord"))
    async with served(fakes, slack, telegram, discord) as links:
        await until(lambda: all(one.state is LinkState.LIVE for one in links.now.values()))
        slack.deaf = DEAF
        await until(lambda: slack.listened >= 4)
        assert links.now["slack"].reason == DEAF.reason
        slack.mended = True
        await until(lambda: telegram.codes() == [Say.LINK_DEAF, Say.LINK_BACK])
        assert stand(links, "slack") is LinkState.LIVE
    assert (telegram.listened, discord.listened) == (1, 1), "the others were left alone"
    assert [address for address, _ in telegram.posted] == ["-1001", "-1001"], "in the room that both tell, and no other"
    assert "nobody answers its pings" in telegram.said[0][1].text
    assert slack.codes() == discord.codes() == []


async def test_one_probe_that_fails_is_chance(fakes: Fakes) -> None:
    slack, telegram = FakeChat("slack"), FakeChat("telegram")
    async with served(fakes, slack, telegram) as links:
        await until(lambda: stand(links, "slack") is LinkState.LIVE)
        probed, slack.deaf = slack.probed, DEAF
        await until(lambda: slack.probed == probed + 1)
        slack.deaf = None
        await until(lambda: slack.probed >= probed + 4)
    assert slack.listened == 1
    assert telegram.codes() == []


async def test_what_is_typed_after_the_link_was_begun_anew_arrives(fakes: Fakes) -> None:
    slack, telegram = FakeChat("slack"), FakeChat("telegram")
    async with served(fakes, slack, telegram) as links:
        await until(lambda: stand(links, "slack") is LinkState.LIVE)
        slack.deaf, slack.mended = DEAF, True
        slack.intents.put_nowait(Typed("/help", actor(ANA), Origin("slack", "C0OPS"), "lost"))
        await until(lambda: slack.listened == 2 and stand(links, "slack") is LinkState.LIVE)
        assert slack.answers == []
        slack.intents.put_nowait(Typed("/help", actor(ANA), Origin("slack", "C0OPS"), "heard"))
        await until(lambda: len(slack.answers) == 1)


async def test_a_probe_that_hangs_has_failed(fakes: Fakes) -> None:
    slack, telegram = FakeChat("slack"), FakeChat("telegram")
    async with served(fakes, slack, telegram) as links:
        await until(lambda: stand(links, "slack") is LinkState.LIVE)
        slack.hangs = True
        await until(lambda: stand(links, "slack") is LinkState.DEAF)
        assert links.now["slack"].reason == "its probe did not come back"
        slack.hangs = False
        await until(lambda: stand(links, "slack") is LinkState.LIVE)


async def test_a_platform_that_takes_nothing_is_told_later_and_only_what_is_still_true(fakes: Fakes) -> None:
    slack, telegram = FakeChat("slack"), FakeChat("telegram", dead=Temporary("down"))
    async with served(fakes, slack, telegram) as links:
        await until(lambda: stand(links, "slack") is LinkState.LIVE)
        slack.deaf = DEAF
        await until(lambda: stand(links, "slack") is LinkState.DEAF)
        slack.mended = True
        await until(lambda: stand(links, "slack") is LinkState.LIVE)
        slack.mended = False
        telegram.dead = None
        probed = telegram.probed
        await until(lambda: telegram.probed > probed + 2)
        assert telegram.codes() == [], "it was over before it could be said"
        slack.deaf = DEAF
        await until(telegram.codes)
    assert telegram.codes() == [Say.LINK_DEAF]


async def test_a_revoked_token_is_said_once_and_stays_off(fakes: Fakes) -> None:
    slack, telegram = FakeChat("slack", refused=REVOKED), FakeChat("telegram")
    async with served(fakes, slack, telegram) as links:
        await until(lambda: telegram.codes() == [Say.LINK_OFF])
        await fakes.clock.sleep(timedelta(minutes=10))
        assert stand(links, "slack") is LinkState.OFF
        assert links.now["slack"].reason == "the token was revoked"
    assert slack.listened == 1
    assert telegram.codes() == [Say.LINK_OFF]


async def test_a_token_that_a_probe_finds_revoked_is_said_once(fakes: Fakes) -> None:
    slack, telegram = FakeChat("slack"), FakeChat("telegram")
    async with served(fakes, slack, telegram) as links:
        await until(lambda: stand(links, "slack") is LinkState.LIVE)
        slack.deaf = slack.refused = REVOKED
        await until(lambda: telegram.codes() == [Say.LINK_OFF])
        await fakes.clock.sleep(timedelta(minutes=10))
        assert stand(links, "slack") is LinkState.OFF
    assert slack.listened == 2
    assert telegram.codes() == [Say.LINK_OFF]


async def test_a_link_that_cannot_begin_is_tried_less_and_less_often(fakes: Fakes) -> None:
    slack, telegram = FakeChat("slack", refused=Temporary("no connection")), FakeChat("telegram")
    async with served(fakes, slack, telegram) as links:
        await until(lambda: stand(links, "slack") is LinkState.DEAF)
        assert slack.listened == 2
        await until(lambda: fakes.clock.elapsed() > 900)
        assert 15 < slack.listened < 23, "once a minute in the end"
        slack.refused = None
        await until(lambda: telegram.codes() == [Say.LINK_DEAF, Say.LINK_BACK])


async def test_a_link_that_goes_deaf_again_and_again_is_begun_less_and_less_often(fakes: Fakes) -> None:
    slack, telegram = FakeChat("slack", mended=True), FakeChat("telegram")
    async with served(fakes, slack, telegram) as links:

        def lives_for_the(time: int) -> bool:
            return slack.listened == time and stand(links, "slack") is LinkState.LIVE

        begun: list[float] = []
        for lives in range(1, 8):
            await until(partial(lives_for_the, lives))
            begun.append(fakes.clock.elapsed())
            slack.deaf = DEAF
        await until(lambda: slack.listened == 8)
        apart = [after - before for before, after in pairwise(begun)]
        assert apart[-1] - apart[0] > 15, "the pauses have grown"
        await until(lambda: stand(links, "slack") is LinkState.LIVE)
        begun.append(fakes.clock.elapsed())
        await fakes.clock.sleep(Pace().steady + timedelta(minutes=1))
        begun.append(fakes.clock.elapsed())
        slack.deaf = DEAF
        await until(lambda: slack.listened == 9)
        assert fakes.clock.elapsed() - begun[-1] < 90, "a link that was well for long begins anew at once"


async def test_a_fault_of_the_bot_itself_ends_one_life_of_one_link(fakes: Fakes) -> None:
    slack, telegram = FakeChat("slack", faults=1), FakeChat("telegram")
    async with served(fakes, slack, telegram) as links:
        await until(lambda: slack.listened == 2 and stand(links, "slack") is LinkState.LIVE)
        await until(lambda: stand(links, "telegram") is LinkState.LIVE)
    assert telegram.codes() == []


async def test_no_secret_is_in_a_reason(journal: SqlJournal) -> None:
    fakes = fake_world(estate(rooms=(BOTH,)), journal)
    fakes = replace(fakes, world=replace(fakes.world, redactor=Redactor(("s3cr3t-token",))))
    slack, telegram = FakeChat("slack", refused=Permanent("Slack refuses s3cr3t-token")), FakeChat("telegram")
    async with served(fakes, slack, telegram) as links:
        await until(telegram.codes)
        assert "s3cr3t" not in links.now["slack"].reason + telegram.said[0][1].text


async def test_the_leader_is_live_and_listened_to_by_nobody_else(fakes: Fakes) -> None:
    slack, telegram = FakeChat("slack"), FakeChat("telegram")
    links = Links(fakes.world, [slack, telegram])
    async with asyncio.TaskGroup() as group:
        task = group.create_task(serve(fakes.world, [slack, telegram], slack, links))
        await until(lambda: all(one.state is LinkState.LIVE for one in links.now.values()))
        assert (slack.listened, slack.probed) == (1, 0)
        task.cancel()
