"""Cards and notices through the real library to the stand-in: posted once, replaced, drawn anew, and in time."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import pytest

from adapters.slack.client import Slack, opened
from bot.ports.errors import Permanent, Temporary
from bot.view.notice import Notice, Tone
from tests.adapters.slack.stage import ROOM, settings_for
from tests.fakes.clock import StillClock
from tests.vendors.slack.server import Server
from tests.vendors.slack.workspace import APP_TOKEN, BOT, BOT_TOKEN, SIGNING_SECRET, Message, Workspace
from tests.view.gallery import SCREENS

CARD = SCREENS["running"]()
LATER = SCREENS["succeeded"]()
SAID = Notice("said", "Gates passed: tests, types.", Tone.GOOD)


def kinds(message: Message) -> list[str]:
    return [block["type"] for block in message.blocks]


async def test_a_card_is_posted_and_then_replaced(chat: Slack, space: Workspace) -> None:
    reference = await chat.draw(ROOM, CARD, "", "r1:card")
    assert await chat.draw(ROOM, LATER, reference, "r1:card") == reference
    (message,) = space.standing(ROOM)
    assert reference == f"{ROOM}:{message.ts}"
    assert message.edits == 1
    assert "Roll back" in message.buttons()
    assert message.metadata["event_payload"] == {"key": "r1:card"}
    assert space.violations == []


async def test_a_deleted_card_is_drawn_anew(chat: Slack, space: Workspace) -> None:
    first = await chat.draw(ROOM, CARD, "", "r1:card")
    space.delete(ROOM, first.partition(":")[2])
    second = await chat.draw(ROOM, LATER, first, "r1:card")
    assert second != first
    assert [one.ts for one in space.standing(ROOM)] == [second.partition(":")[2]]
    assert await chat.draw(ROOM, CARD, second, "r1:card") == second


async def test_a_card_that_may_not_be_edited_any_more_is_drawn_anew(chat: Slack, space: Workspace) -> None:
    first = await chat.draw(ROOM, CARD, "", "r1:card")
    space.errors["chat.update"] = "edit_window_closed"
    second = await chat.draw(ROOM, LATER, first, "r1:card")
    assert second != first
    assert len(space.standing(ROOM)) == 2


@pytest.mark.parametrize("fault", ["lost", "500", "503", "html", "plain"])
async def test_a_lost_answer_posts_no_second_card(chat: Slack, space: Workspace, fault: str) -> None:
    """Whether it was done or not: asked again there is one card, and its reference is right."""
    space.faults["chat.postMessage"] = [fault]
    with pytest.raises(Temporary):
        await chat.draw(ROOM, CARD, "", "r1:card")
    reference = await chat.draw(ROOM, CARD, "", "r1:card")
    (message,) = space.standing(ROOM)
    assert reference == f"{ROOM}:{message.ts}"
    assert space.calls["chat.postMessage"] == (1 if fault == "lost" else 2)


async def test_a_card_that_was_posted_by_an_earlier_life_says_what_is_true_now(
    chat: Slack, space: Workspace, server: Server
) -> None:
    """Killed between the post and the journal, the bot knows nothing of the card that stands there."""
    await chat.draw(ROOM, CARD, "", "r1:card")
    async with opened(settings_for(server), StillClock()) as again:
        reference = await again.draw(ROOM, LATER, "", "r1:card")
    (message,) = space.standing(ROOM)
    assert reference == f"{ROOM}:{message.ts}"
    assert "Roll back" in message.buttons()
    assert space.violations == []


async def test_a_lost_answer_posts_no_second_notice(chat: Slack, space: Workspace) -> None:
    reference = await chat.draw(ROOM, CARD, "", "r1:card")
    space.faults["chat.postMessage"] = ["lost"]
    with pytest.raises(Temporary):
        await chat.say(ROOM, reference, SAID, "r1:3:0")
    await chat.say(ROOM, reference, SAID, "r1:3:0")
    await chat.say(ROOM, reference, SAID, "r1:4:0")
    assert len(space.standing(ROOM, reference.partition(":")[2])) == 2


async def test_the_library_repeats_no_post_by_itself(chat: Slack, space: Workspace) -> None:
    space.faults["chat.postMessage"] = ["cut"]
    with pytest.raises(Temporary):
        await chat.draw(ROOM, CARD, "", "r1:card")
    assert space.calls["chat.postMessage"] == 1
    assert space.standing(ROOM) == []


async def test_another_life_of_the_bot_posts_nothing_twice(server: Server, clock: StillClock, space: Workspace) -> None:
    """A crash after the post and before the cursor was moved: the next life finds what stands there."""
    references = []
    for _ in range(2):
        async with opened(settings_for(server), clock) as life:
            references.append(await life.draw(ROOM, CARD, "", "r1:card"))
            await life.say(ROOM, references[0], SAID, "r1:3:0")
    assert references[0] == references[1]
    assert len(space.standing(ROOM)) == 1
    assert len(space.standing(ROOM, references[0].partition(":")[2])) == 1


async def test_another_replica_that_lives_beside_it_posts_nothing_twice(
    server: Server, clock: StillClock, chat: Slack, space: Workspace
) -> None:
    """What this one remembers of the room is older than what the other one did before it died."""
    await chat.draw(ROOM, CARD, "", "r0:card")
    async with opened(settings_for(server), clock) as other:
        reference = await other.draw(ROOM, CARD, "", "r1:card")
        await other.say(ROOM, reference, SAID, "r1:3:0")
    assert await chat.draw(ROOM, CARD, "", "r1:card") == reference
    await chat.say(ROOM, reference, SAID, "r1:3:0")
    assert len(space.standing(ROOM)) == 2
    assert len(space.standing(ROOM, reference.partition(":")[2])) == 1


async def test_a_thread_of_its_own_is_not_read_again(chat: Slack, space: Workspace) -> None:
    reference = await chat.draw(ROOM, CARD, "", "r1:card")
    for number in range(3):
        await chat.say(ROOM, reference, SAID, f"r1:{number}")
    assert space.calls["conversations.replies"] == 0
    assert space.calls["conversations.history"] == 1


def test_no_token_is_in_what_is_printed_of_the_settings(server: Server) -> None:
    printed = repr(settings_for(server, signing_secret=SIGNING_SECRET))
    assert not any(secret in printed for secret in (BOT_TOKEN, APP_TOKEN, SIGNING_SECRET))


async def test_another_apps_message_is_not_taken_for_ours(chat: Slack, space: Workspace) -> None:
    metadata = {"event_type": "outrider_post", "event_payload": {"key": "r1:card"}}
    space.add(Message(ROOM, space.next_ts(), "B0OTHER", "forged", metadata=metadata))
    await chat.draw(ROOM, CARD, "", "r1:card")
    assert [one.bot for one in space.standing(ROOM)] == ["B0OTHER", BOT]


async def test_without_the_right_to_read_it_posts_all_the_same(chat: Slack, space: Workspace) -> None:
    space.scopes -= {"channels:history"}
    reference = await chat.draw(ROOM, CARD, "", "r1:card")
    await chat.say(ROOM, reference, SAID, "r1:3:0")
    assert len(space.standing(ROOM)) == 1
    assert space.calls["conversations.history"] + space.calls["conversations.replies"] == 1


async def test_a_workspace_without_plan_blocks_gets_plain_ones(chat: Slack, space: Workspace) -> None:
    space.plan = False
    reference = await chat.draw(ROOM, CARD, "", "r1:card")
    await chat.draw(ROOM, LATER, reference, "r1:card")
    (message,) = space.standing(ROOM)
    assert "plan" not in kinds(message)
    assert message.edits == 1
    assert space.calls["chat.postMessage"] == 2
    assert space.calls["chat.update"] == 1, "what was refused once is not tried again"


async def test_a_workspace_with_plan_blocks_gets_them(chat: Slack, space: Workspace) -> None:
    await chat.draw(ROOM, CARD, "", "r1:card")
    (message,) = space.standing(ROOM)
    (plan,) = (block for block in message.blocks if block["type"] == "plan")
    assert [one["status"] for one in plan["tasks"]].count("in_progress") == 1


async def test_429_is_obeyed_and_answered_with_nothing_new(chat: Slack, space: Workspace, clock: StillClock) -> None:
    reference = await chat.draw(ROOM, CARD, "", "r1:card")
    space.faults["chat.update"] = ["429:30"]
    with pytest.raises(Temporary) as trouble:
        await chat.draw(ROOM, LATER, reference, "r1:card")
    assert trouble.value.retry_after == 30
    with pytest.raises(Temporary) as trouble:
        await chat.draw(ROOM, LATER, reference, "r1:card")
    assert trouble.value.retry_after == pytest.approx(30)
    assert space.calls["chat.update"] == 1, "nothing is sent before the time is over"
    clock.time += clock_span(30)
    assert await chat.draw(ROOM, LATER, reference, "r1:card") == reference
    assert len(space.standing(ROOM)) == 1
    assert space.violations == []


def clock_span(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


async def test_a_flood_stays_within_the_limits(chat: Slack, space: Workspace, clock: StillClock) -> None:
    """Three cards edited and told of without a pause for minutes: the stand-in counts no violation."""
    cards = [await chat.draw(ROOM, CARD, "", f"r{number}:card") for number in range(3)]
    begun = clock.elapsed()
    for turn in range(50):
        for number, reference in enumerate(cards):
            await patiently(clock, partial(chat.draw, ROOM, CARD, reference, "card"))
            await patiently(clock, partial(chat.say, ROOM, reference, SAID, f"r{number}:{turn}"))
    assert space.violations == []
    assert sum(len(space.standing(ROOM, one.partition(":")[2])) for one in cards) == 150
    assert clock.elapsed() - begun < 300


async def patiently(clock: StillClock, call: Callable[[], Awaitable[object]]) -> None:
    """As the feed does it: what is sent away comes back when it was told to."""
    for _ in range(10):
        try:
            await call()
        except Temporary as trouble:
            await clock.sleep(clock_span(trouble.retry_after or 1))
        else:
            return
    raise AssertionError("never let through")


async def test_a_notice_whose_thread_is_gone_is_said_in_the_room(chat: Slack, space: Workspace) -> None:
    await chat.say(ROOM, f"{ROOM}:1.1", SAID, "r1:3:0")
    (message,) = space.standing(ROOM)
    assert message.text == "Gates passed: tests, types."


@pytest.mark.parametrize("fault", ["lost", "cut"])
async def test_a_notice_whose_card_was_deleted_stands_once_in_the_room(
    server: Server, chat: Slack, space: Workspace, fault: str
) -> None:
    """Slack posts it there by itself and says so to nobody, so that is where a lost one has to be looked for."""
    reference = await chat.draw(ROOM, CARD, "", "r1:card")
    space.delete(ROOM, reference.partition(":")[2])
    space.faults["chat.postMessage"] = [fault]
    with pytest.raises(Temporary):
        await chat.say(ROOM, reference, SAID, "r1:3:0")
    await chat.say(ROOM, reference, SAID, "r1:3:0")
    async with opened(settings_for(server), StillClock()) as later:
        await later.say(ROOM, reference, SAID, "r1:3:0")
    assert [one.text for one in space.standing(ROOM)] == ["Gates passed: tests, types."]


async def test_a_notice_for_a_locked_thread_is_said_in_the_room(chat: Slack, space: Workspace) -> None:
    reference = await chat.draw(ROOM, CARD, "", "r1:card")
    space.locked.add(reference.partition(":")[2])
    await chat.say(ROOM, reference, SAID, "r1:3:0")
    assert [one.text for one in space.standing(ROOM)][1:] == ["Gates passed: tests, types."]


async def test_a_room_that_cannot_be_read_leaves_the_others_as_they_are(chat: Slack, space: Workspace) -> None:
    """A private channel needs a right of its own."""
    space.private, space.scopes = {"C0DEV"}, space.scopes - {"groups:history"}
    await chat.draw("C0DEV", CARD, "", "r0:card")
    space.faults["chat.postMessage"] = ["lost"]
    with pytest.raises(Temporary):
        await chat.draw(ROOM, CARD, "", "r1:card")
    await chat.draw(ROOM, CARD, "", "r1:card")
    assert [len(space.standing(one)) for one in ("C0DEV", ROOM)] == [1, 1]


async def test_a_card_in_an_archived_room_waits_for_a_person(chat: Slack, space: Workspace) -> None:
    reference = await chat.draw(ROOM, CARD, "", "r1:card")
    space.archived = {ROOM}
    with pytest.raises(Temporary, match=r"cannot write in Slack's C0OPS \(is_inactive\)") as trouble:
        await chat.draw(ROOM, LATER, reference, "r1:card")
    assert trouble.value.retry_after == 60


async def test_a_notice_without_a_thread_is_said_in_the_room(chat: Slack, space: Workspace) -> None:
    await chat.say(ROOM, "", SAID, "r1:3:0")
    assert len(space.standing(ROOM)) == 1


@pytest.mark.parametrize("error", ["channel_not_found", "not_in_channel", "is_archived", "invalid_auth"])
async def test_what_a_person_can_mend_is_tried_again(chat: Slack, space: Workspace, error: str) -> None:
    space.errors["chat.postMessage"] = error
    with pytest.raises(Temporary, match=error) as trouble:
        await chat.draw(ROOM, CARD, "", "r1:card")
    assert trouble.value.retry_after == 60
    space.errors.clear()
    assert await chat.draw(ROOM, CARD, "", "r1:card")


async def test_a_message_that_slack_never_takes_is_permanent(chat: Slack, space: Workspace) -> None:
    space.errors["chat.postMessage"] = "msg_too_long"
    with pytest.raises(Permanent, match="msg_too_long"):
        await chat.draw(ROOM, CARD, "", "r1:card")


async def test_slack_that_is_not_there_is_temporary(clock: StillClock, server: Server) -> None:
    settings = settings_for(server, base_url="http://127.0.0.1:9/api/")
    async with opened(settings, clock) as chat:
        with pytest.raises(Temporary, match="cannot be reached"):
            await chat.draw(ROOM, CARD, "", "r1:card")
