"""Cards and what is said below them, by the real library against the stand-in."""

import asyncio
from dataclasses import replace

import pytest

from adapters.discord.client import Discord
from adapters.discord.settings import Settings
from bot.ports.errors import Permanent, Temporary
from bot.view.card import RunCard
from bot.view.notice import Notice, Tone
from tests.adapters.discord.talk import QuickClock, Talk, estate_at, recent, talking
from tests.vendors.discord.faults import Fault
from tests.vendors.discord.server import DiscordServer
from tests.view.gallery import SCREENS

RUNNING, DONE = SCREENS["running"](), SCREENS["succeeded"]()
KEY = "k3v9x2mq:card"
GATES = Notice("gates_passed", "Gates passed: tests, types.", Tone.GOOD)
POST = r"POST .*/messages$"
PATCH = r"PATCH .*/messages/\d+$"


async def drawn(talk: Talk, card: RunCard = RUNNING, known: str = "", key: str = KEY) -> str:
    return await talk.chat.draw(talk.room, card, known, key)


async def test_a_card_is_posted_with_its_thread_and_then_edited_in_place(server: DiscordServer) -> None:
    async with talking(server) as talk:
        known = await drawn(talk)
        assert await drawn(talk, DONE, known) == known
    (card,) = server.cards()
    assert card.edits == 1
    assert "canary" in card.text
    assert list(card.buttons) == ["Roll back", "Promote"]
    thread = server.world.channels[card.id]
    assert thread.name == f"{RUNNING.title} · {RUNNING.run}"
    assert known == f"{card.id}:{thread.id}"


async def test_what_is_said_goes_into_the_thread(server: DiscordServer) -> None:
    async with talking(server) as talk:
        known = await drawn(talk)
        await talk.chat.say(talk.room, known, GATES, "k3v9x2mq:4:0")
        await talk.chat.say(talk.room, "", Notice("frozen", "ana stopped all deploys."), "board:1")
    thread = int(known.partition(":")[2])
    assert [one.text for one in server.world.shown(thread)] == ["✅ Gates passed: tests, types."]
    assert [one.text for one in server.world.shown(server.room.id)][1:] == ["ana stopped all deploys."]


@pytest.mark.parametrize("fault", [Fault(POST, lost=True), Fault(POST, cut=True), Fault(POST, status=503)])
async def test_a_card_whose_answer_was_lost_is_not_posted_twice(server: DiscordServer, fault: Fault) -> None:
    async with talking(server) as talk:
        server.faults.add(fault)
        with pytest.raises(Temporary):
            await drawn(talk)
        known = await drawn(talk)
        assert known.partition(":")[0] == str(server.cards()[0].id)
    assert len(server.cards()) == 1


async def test_a_card_that_was_posted_by_an_earlier_life_says_what_is_true_now(server: DiscordServer) -> None:
    """Killed between the post and the journal, the bot knows nothing of the card that stands there."""
    async with talking(server) as talk:
        await drawn(talk)
        assert server.cards()[0].edits == 0, "a fresh card needs no edit"
    async with talking(server) as talk:
        known = await drawn(talk, DONE)
    (card,) = server.cards()
    assert known == f"{card.id}:{card.id}"
    assert list(card.buttons) == ["Roll back", "Promote"]


async def test_a_thread_whose_answer_was_lost_is_begun_once(server: DiscordServer) -> None:
    async with talking(server) as talk:
        server.faults.add(Fault(r"POST .*/threads$", lost=True))
        with pytest.raises(Temporary):
            await drawn(talk)
        assert await drawn(talk) == f"{server.cards()[0].id}:{server.cards()[0].id}"
    assert len(server.cards()) == 1


async def test_what_was_said_and_lost_is_said_once(server: DiscordServer) -> None:
    async with talking(server) as talk:
        known = await drawn(talk)
        server.faults.add(Fault(POST, lost=True))
        with pytest.raises(Temporary):
            await talk.chat.say(talk.room, known, GATES, "k3v9x2mq:4:0")
        await talk.chat.say(talk.room, known, GATES, "k3v9x2mq:4:0")
        await talk.chat.say(talk.room, known, GATES, "k3v9x2mq:5:0")
    assert len(server.world.shown(server.cards()[0].id)) == 2


async def test_a_deleted_card_is_drawn_anew_and_keeps_its_thread(server: DiscordServer) -> None:
    async with talking(server) as talk:
        known = await drawn(talk)
        first = server.cards()[0]
        first.deleted = True
        fresh = await drawn(talk, DONE, known)
        await talk.chat.say(talk.room, fresh, GATES, "k3v9x2mq:9:0")
    (card,) = server.cards()
    assert fresh == f"{card.id}:{first.id}"
    assert f"<#{first.id}>" in card.text
    assert len(server.world.shown(first.id)) == 1


async def test_a_card_deleted_before_its_post_was_remembered_is_posted_under_another_nonce(
    server: DiscordServer,
) -> None:
    async with talking(server) as talk:
        server.faults.add(Fault(POST, lost=True))
        with pytest.raises(Temporary):
            await drawn(talk)
        server.cards()[0].deleted = True
        await drawn(talk)
    assert len(server.cards()) == 1


async def test_a_card_older_than_an_hour_that_may_not_be_edited_is_replaced_once(server: DiscordServer) -> None:
    server.world.old_edits = 0
    async with talking(server) as talk:
        known = await drawn(talk)
        old = server.cards()[0]
        server.world.clock.skip(3700)
        fresh = await drawn(talk, DONE, known)
        assert old.deleted
        assert await drawn(talk, RUNNING, fresh) == fresh
    (card,) = server.cards()
    assert fresh == f"{card.id}:{old.id}"
    assert card.edits == 1


async def test_a_room_that_is_an_archived_thread_gets_a_fresh_card(server: DiscordServer) -> None:
    async with talking(server) as talk:
        known = await drawn(talk)
        thread = server.world.channels[int(known.partition(":")[2])]
        inside = await talk.chat.draw(str(thread.id), RUNNING, "", "other:card")
        assert inside.endswith(":")
        thread.archived = True
        fresh = await talk.chat.draw(str(thread.id), DONE, inside, "other:card")
        assert not thread.archived
        await talk.chat.say(str(thread.id), fresh, GATES, "other:4:0")
    card, notice = server.world.shown(thread.id)
    assert fresh == f"{card.id}:"
    assert notice.payload["message_reference"]["message_id"] == card.id


async def test_saying_opens_an_archived_thread_and_passes_by_a_locked_one(server: DiscordServer) -> None:
    async with talking(server) as talk:
        known = await drawn(talk)
        thread = server.world.channels[int(known.partition(":")[2])]
        thread.archived = True
        await talk.chat.say(talk.room, known, GATES, "k3v9x2mq:4:0")
        assert not thread.archived
        thread.archived = thread.locked = True
        await talk.chat.say(talk.room, known, GATES, "k3v9x2mq:5:0")
    assert len(server.world.shown(thread.id)) == 1
    card, answer = server.world.shown(server.room.id)
    assert answer.payload["message_reference"]["message_id"] == card.id


async def test_without_the_right_to_begin_threads_the_run_is_told_in_answers(server: DiscordServer) -> None:
    server.room.forbidden.add("threads")
    async with talking(server) as talk:
        known = await drawn(talk)
        await talk.chat.say(talk.room, known, GATES, "k3v9x2mq:4:0")
    card, answer = server.world.shown(server.room.id)
    assert known == f"{card.id}:"
    assert answer.payload["message_reference"]["message_id"] == card.id


async def test_without_the_right_to_read_the_history_it_is_told_in_the_channel(server: DiscordServer) -> None:
    server.room.forbidden |= {"threads", "reply"}
    async with talking(server) as talk:
        known = await drawn(talk)
        await talk.chat.say(talk.room, known, GATES, "k3v9x2mq:4:0")
    assert [one.text for one in server.world.shown(server.room.id)][1:] == ["✅ Gates passed: tests, types."]


async def test_a_thread_has_a_name_that_fits_whatever_is_in_it(server: DiscordServer) -> None:
    async with talking(server) as talk:
        known = await drawn(talk, replace(RUNNING, title="🟢" * 90))
    assert server.world.channels[int(known.partition(":")[2])].name == "🟢" * 49 + "…"


async def test_a_ban_for_invalid_requests_is_waited_out(server: DiscordServer) -> None:
    """The shield in front of Discord answers then, in no JSON; every further request would be one more."""
    async with talking(server) as talk:
        known = await drawn(talk)
        server.world.most_invalid = 0
        with pytest.raises(Temporary) as trouble:
            await drawn(talk, DONE, known)
        assert trouble.value.retry_after == 600
        assert server.world.violations.pop("was banned for invalid requests") == 1


@pytest.mark.parametrize(
    ("right", "address", "says"),
    [("view", "", "rights"), ("send", "", "rights"), ("", "4711", "id"), ("", "general", "id"), ("", "٣", "id")],
)
async def test_what_only_a_person_can_mend_is_permanent(
    server: DiscordServer, right: str, address: str, says: str
) -> None:
    async with talking(server) as talk:
        server.room.forbidden.add(right)
        with pytest.raises(Permanent, match=says):
            await talk.chat.draw(address or talk.room, RUNNING, "", KEY)


async def test_a_rate_limit_is_waited_out_by_the_library_and_never_answered_with_a_post(server: DiscordServer) -> None:
    async with talking(server) as talk:
        known = await drawn(talk)
        server.faults.add(Fault(PATCH, times=2, status=429, retry_after=0.02))
        await drawn(talk, DONE, known)
        await asyncio.gather(*(drawn(talk, RUNNING, known) for _ in range(12)))
    (card,) = server.cards()
    assert card.edits == 13
    # Made to fail, the first answers tell of no bucket: the library may run into it, and waits as it is told.
    server.world.violations.pop("went over a rate limit", None)


async def test_a_long_rate_limit_says_when_to_come_back(server: DiscordServer) -> None:
    async with talking(server) as talk:
        known = await drawn(talk)
        server.faults.add(Fault(PATCH, status=429, retry_after=45.5))
        with pytest.raises(Temporary) as told:
            await drawn(talk, DONE, known)
        assert told.value.retry_after == 45.5
        server.faults.add(Fault(PATCH, status=429, retry_after=7.5, via=False))
        with pytest.raises(Temporary) as told:
            await drawn(talk, DONE, known)
        assert told.value.retry_after == 7.5
    assert len(server.cards()) == 1


async def test_without_a_connection_everything_is_temporary() -> None:
    chat = Discord(Settings("none"), estate_at("1"), QuickClock(), recent)
    with pytest.raises(Temporary):
        await chat.draw("1", RUNNING, "", KEY)
    with pytest.raises(Temporary):
        await chat.say("1", "", GATES, KEY)


async def test_limits_are_the_platforms() -> None:
    chat = Discord(Settings("none"), estate_at("1"), QuickClock(), recent)
    assert chat.platform == "discord"
    assert chat.limits.max_text == 4000
    assert chat.limits.has_threads
