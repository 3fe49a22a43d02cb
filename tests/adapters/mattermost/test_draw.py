"""Cards and sentences against the stand-in: posted once, replaced, drawn anew, and every trouble a decision."""

from dataclasses import replace

import pytest

from adapters.mattermost.api import Lost
from adapters.mattermost.posts import KEY
from bot.ports.errors import Permanent, Temporary
from bot.view.document import Document
from bot.view.notice import Notice
from tests.adapters.mattermost.stage import opened_at
from tests.fakes.world import VirtualClock
from tests.vendors.mattermost.server import MattermostServer
from tests.vendors.mattermost.state import BOT, OTHER, ROOM, id_of
from tests.view.gallery import SCREENS

CARD = replace(SCREENS["running"](), state="first state")
LATER = replace(CARD, state="second state")
SAID = Notice("said", "The gates hold.")


async def test_a_card_is_posted_and_replaced(server: MattermostServer, clock: VirtualClock) -> None:
    async with opened_at(server, clock) as chat:
        card = await chat.draw(ROOM, CARD, "", "run:card")
        assert await chat.draw(ROOM, LATER, card, "run:card") == card
        await chat.say(ROOM, card, SAID, "run:1:0")
    post = server.world.posts[card]
    assert (post.edits, server.said("second state"), server.said("first state")) == (1, 1, 0)
    assert post.props["from_bot"] == "true"
    assert server.said("The gates hold.", card) == 1


@pytest.mark.parametrize("fault", ["lost", "502", "429:3", "cut"])
async def test_a_post_that_met_trouble_stands_once(server: MattermostServer, clock: VirtualClock, fault: str) -> None:
    async with opened_at(server, clock) as chat:
        server.world.faults["POST posts"] = [fault]
        with pytest.raises(Temporary):
            await chat.draw(ROOM, CARD, "", "run:card")
        await clock.sleep(chat.limits.min_edit_interval * 5)
        card = await chat.draw(ROOM, CARD, "", "run:card")
        server.world.faults["POST posts"] = [fault]
        with pytest.raises(Temporary):
            await chat.say(ROOM, card, SAID, "run:1:0")
        await clock.sleep(chat.limits.min_edit_interval * 5)
        await chat.say(ROOM, card, SAID, "run:1:0")
        await chat.say(ROOM, card, SAID, "run:1:0")
    assert [one.props[KEY] for one in server.world.standing()] == ["run:card", "run:1:0"]


async def test_a_card_of_an_earlier_life_is_found(server: MattermostServer, clock: VirtualClock) -> None:
    async with opened_at(server, clock) as chat:
        card = await chat.draw(ROOM, CARD, "", "run:card")
        for number in range(230):
            await chat.say(ROOM, card, SAID, f"run:{number}:0")
        server.writes("chatter", root=card)
    async with opened_at(server, clock) as chat:
        await clock.sleep(chat.limits.min_edit_interval * 60)
        await chat.say(ROOM, card, SAID, "run:229:0")
    async with opened_at(server, clock) as chat:
        for post in server.world.standing(ROOM, card)[150:]:
            post.deleted = True
        assert await chat.draw(ROOM, CARD, "", "run:card") == card
    assert len(server.world.standing(ROOM, card)) == 150


async def test_the_same_post_at_the_same_time_is_one(server: MattermostServer, clock: VirtualClock) -> None:
    async with opened_at(server, clock) as first, opened_at(server, clock) as second:
        one = await first.draw(ROOM, CARD, "", "run:card")
        server.world.posts[one].props.pop(KEY)  # as it is for a reader that is not up to date
        assert await second.draw(ROOM, CARD, "", "run:card") == one
    assert len(server.world.standing()) == 1


async def test_a_deleted_card_is_drawn_anew_with_a_thread_of_its_own(
    server: MattermostServer, clock: VirtualClock
) -> None:
    async with opened_at(server, clock) as chat:
        first = await chat.draw(ROOM, CARD, "", "run:card")
        await chat.say(ROOM, first, SAID, "run:1:0")
        server.world.delete(first)
        await chat.say(ROOM, first, Notice("said", "In between."), "run:2:0")
        second = await chat.draw(ROOM, LATER, first, "run:card")
        assert await chat.draw(ROOM, LATER, second, "run:card") == second
        await chat.say(ROOM, second, Notice("said", "Live."), "run:3:0")
    assert second != first
    assert [one.root for one in server.world.standing()] == ["", "", second]


async def test_a_card_that_is_too_old_to_be_edited_is_drawn_anew(server: MattermostServer, clock: VirtualClock) -> None:
    server.world.edit_limit = 30.0
    async with opened_at(server, clock) as chat:
        first = await chat.draw(ROOM, CARD, "", "run:card")
        await clock.sleep(chat.limits.min_edit_interval * 60)
        second = await chat.draw(ROOM, LATER, first, "run:card")
        assert await chat.draw(ROOM, LATER, second, "run:card") == second
    assert second != first


async def test_a_post_that_never_was_is_drawn_anew(server: MattermostServer, clock: VirtualClock) -> None:
    async with opened_at(server, clock) as chat:
        assert await chat.draw(ROOM, CARD, id_of("nothing"), "run:card") in server.world.posts


REPORT = Document("outrider-k3v9x2mq.json", "application/json", b"{}", "Report of run k3v9x2mq.")
ENDED = Notice("ended_live", "It is live.", document=REPORT)


async def test_a_file_stands_with_its_sentence(server: MattermostServer, clock: VirtualClock) -> None:
    async with opened_at(server, clock) as chat:
        card = await chat.draw(ROOM, CARD, "", "run:card")
        await chat.say(ROOM, card, ENDED, "run:9:0")
        await chat.say(ROOM, card, replace(ENDED, document=None), "run:9:0")
    [said] = server.world.standing(ROOM, card)
    assert said.files == ("outrider-k3v9x2mq.json",)
    assert "Report of run k3v9x2mq." in said.message


@pytest.mark.parametrize("where", ["POST files", "POST posts"])
async def test_a_file_whose_answer_was_lost_stands_once(
    server: MattermostServer, clock: VirtualClock, where: str
) -> None:
    async with opened_at(server, clock) as chat:
        card = await chat.draw(ROOM, CARD, "", "run:card")
        server.world.faults[where] = ["lost"]
        with pytest.raises(Temporary):
            await chat.say(ROOM, card, ENDED, "run:9:0")
        await chat.say(ROOM, card, ENDED, "run:9:0")
    assert [one.files for one in server.world.standing(ROOM, card)] == [("outrider-k3v9x2mq.json",)]


async def test_a_server_that_takes_no_files_takes_the_sentence(server: MattermostServer, clock: VirtualClock) -> None:
    server.world.takes_files = False
    async with opened_at(server, clock) as chat:
        card = await chat.draw(ROOM, CARD, "", "run:card")
        with pytest.raises(Permanent, match="does not take the file"):
            await chat.say(ROOM, card, ENDED, "run:9:0")
        await chat.say(ROOM, card, replace(ENDED, document=None), "run:9:0")
    assert [one.files for one in server.world.standing(ROOM, card)] == [()]


async def test_the_rate_limit_closes_every_call_for_as_long_as_it_says(
    server: MattermostServer, clock: VirtualClock
) -> None:
    async with opened_at(server, clock) as chat:
        card = await chat.draw(ROOM, CARD, "", "run:card")
        server.world.faults["PUT posts"] = ["429:7"]
        with pytest.raises(Temporary) as refused:
            await chat.draw(ROOM, LATER, card, "run:card")
        assert refused.value.retry_after == 7.0
        asked = server.world.calls.total()
        with pytest.raises(Temporary) as waiting:
            await chat.say(ROOM, card, SAID, "run:1:0")
        assert server.world.calls.total() == asked
        assert 0 < (waiting.value.retry_after or 0) <= 7
        await clock.sleep(chat.limits.min_edit_interval * 8)
        assert await chat.draw(ROOM, LATER, card, "run:card") == card


async def test_what_a_person_can_mend_is_tried_again(server: MattermostServer, clock: VirtualClock) -> None:
    async with opened_at(server, clock) as chat:
        with pytest.raises(Temporary, match="add the bot to the team and the channel"):
            await chat.draw(OTHER, CARD, "", "run:card")
        server.world.members[OTHER].add(BOT)
        assert await chat.draw(OTHER, CARD, "", "run:card")
        server.world.tokens.clear()
        with pytest.raises(Temporary, match="MATTERMOST_BOT_TOKEN"):
            await chat.draw(ROOM, CARD, "", "run:card")


async def test_what_mattermost_never_takes_is_permanent(server: MattermostServer, clock: VirtualClock) -> None:
    async with opened_at(server, clock) as chat:
        await chat.draw(ROOM, CARD, "", "run:card")
        with pytest.raises(Temporary):
            await chat.draw(id_of("no channel"), CARD, "", "run:card")
        with pytest.raises(Permanent):
            await chat._posts.post((ROOM, ""), {"message": "x" * 20_000, "props": {}}, "k")


async def test_a_proxys_own_words_are_a_lost_answer(server: MattermostServer, clock: VirtualClock) -> None:
    async with opened_at(server, clock) as chat:
        server.world.faults["GET users"] = ["200"]
        with pytest.raises(Lost):
            await chat.draw(ROOM, CARD, "", "run:card")


async def test_a_server_that_is_away_is_temporary(server: MattermostServer, clock: VirtualClock) -> None:
    async with opened_at(server, clock, url="http://127.0.0.1:9") as chat:
        with pytest.raises(Temporary, match="cannot be reached"):
            await chat.draw(ROOM, CARD, "", "run:card")
