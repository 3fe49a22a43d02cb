"""What people type, mention and press comes by Socket Mode: acknowledged at once, taken once, rightly answered."""

import asyncio
from datetime import timedelta

from adapters.slack.client import Slack
from bot.domain.commands import Pressed, Typed
from bot.ports.errors import Permanent, Temporary
from bot.view.notice import Notice, Tone
from tests.adapters.slack.stage import ROOM, Heard, settings_for, talking, until
from tests.fakes.clock import StillClock
from tests.vendors.slack.people import People
from tests.vendors.slack.server import Server
from tests.vendors.slack.workspace import Workspace
from tests.view.gallery import SCREENS

CARD = SCREENS["succeeded"]()
PRIVATE = Notice("not_allowed", "ana, you may not do that.", Tone.BAD, private=True)
PUBLIC = Notice("locked", "ana holds canary.", Tone.PLAIN)
BEGUN = Notice("begun", "Run k3v9x2mq begins.", run="k3v9x2mq")


async def test_a_command_is_acknowledged_before_the_intake_has_answered(
    server: Server, clock: StillClock, people: People
) -> None:
    heard = Heard(held=True)
    async with talking(settings_for(server), clock, heard):
        delivered = await people.types("/deploy canary only=a&b")
        assert delivered.ok
        assert heard.done == 0
        heard.go.set()
        await until(lambda: heard.done == 1)
    (intent,) = heard.intents
    assert isinstance(intent, Typed)
    assert intent.text == "/deploy canary only=a&b"
    assert (intent.actor.account, intent.actor.shown) == ("U0ANA", "u0ana")
    assert server.space.violations == []


async def test_a_command_is_acknowledged_when_it_is_kept(server: Server, clock: StillClock, people: People) -> None:
    heard = Heard()
    heard.keeping = asyncio.Event()
    async with talking(settings_for(server), clock, heard), asyncio.TaskGroup() as group:
        typing = group.create_task(people.types("/abort"))
        await until(lambda: heard.asked == 1)
        assert not typing.done()
        heard.keeping.set()
    assert typing.result().ok


async def test_a_private_answer_reaches_the_asker_alone(
    server: Server, clock: StillClock, people: People, space: Workspace
) -> None:
    heard = Heard(answer=(PRIVATE, BEGUN))
    async with talking(settings_for(server), clock, heard):
        await people.types("/deploy canary")
        await until(lambda: bool(space.hidden))
    (message,) = space.hidden
    assert message.to == "U0ANA"
    assert "you may not do that" in message.text
    assert "Run k3v9x2mq begins" in message.text, "both in one message"
    assert space.standing(ROOM) == []


async def test_a_public_answer_is_posted_where_it_was_asked(
    server: Server, clock: StillClock, people: People, space: Workspace
) -> None:
    async with talking(settings_for(server), clock, Heard(answer=(PUBLIC,))):
        await people.types("/lock canary")
        await until(lambda: bool(space.standing(ROOM)))
    assert space.hidden == []
    assert space.violations == []


async def test_a_mention_in_a_thread_is_answered_there(
    server: Server, clock: StillClock, people: People, space: Workspace
) -> None:
    heard = Heard(answer=(PUBLIC, PRIVATE))
    async with talking(settings_for(server), clock, heard) as chat:
        reference = await chat.draw(ROOM, CARD, "", "r1:card")
        thread = reference.partition(":")[2]
        await people.mentions("approve", thread=thread)
        await until(lambda: bool(space.standing(ROOM, thread)) and bool(space.hidden))
    (intent,) = heard.intents
    assert isinstance(intent, Typed)
    assert intent.text == "approve"
    assert intent.origin.thread == reference
    assert (space.hidden[0].to, space.hidden[0].thread) == ("U0ANA", thread)


async def test_a_pressed_button_brings_its_token(
    server: Server, clock: StillClock, people: People, space: Workspace
) -> None:
    heard = Heard(answer=(BEGUN,))
    async with talking(settings_for(server), clock, heard) as chat:
        reference = await chat.draw(ROOM, CARD, "", "r1:card")
        (message,) = space.standing(ROOM)
        delivered = await people.presses(message, "Roll back", "U0BEN")
        assert delivered.ok
        await until(lambda: bool(space.hidden))
    (intent,) = heard.intents
    assert isinstance(intent, Pressed)
    assert intent.token == f"rollback:{CARD.run}"
    assert intent.origin.message == reference
    assert space.hidden[0].to == "U0BEN"
    assert "confirm" not in message.buttons()["Roll back"], "the way back asks no second time"
    assert "Roll back" in space.standing(ROOM)[0].buttons(), "the answer has not replaced the card"


async def test_an_event_delivered_again_is_taken_once(server: Server, clock: StillClock, people: People) -> None:
    heard = Heard()
    async with talking(settings_for(server), clock, heard):
        body = people.mention("promote")
        for _ in range(3):
            assert (await people.deliver(body)).ok
        assert (await people.mentions("status")).ok
        await until(lambda: heard.done == 2)
    assert [one.key for one in heard.intents] == [f"slack:{body['event_id']}", heard.intents[1].key]


async def test_bots_and_strange_buttons_are_acknowledged_and_left_alone(
    server: Server, clock: StillClock, people: People, space: Workspace
) -> None:
    heard = Heard()
    async with talking(settings_for(server), clock, heard) as chat:
        await chat.draw(ROOM, CARD, "", "r1:card")
        (message,) = space.standing(ROOM)
        loop = people.mention("deploy canary")
        loop["event"]["bot_id"] = "B0OTHER"
        strange = people.press(message, "Roll back")
        strange["actions"][0]["action_id"] = "another-app"
        other = people.mention("deploy canary")
        other["event"]["type"] = "reaction_added"
        for body in (loop, strange, other):
            assert (await people.deliver(body)).ok
        await people.types("/help")
        await until(lambda: heard.done == 1)
    assert [getattr(one, "text", "") for one in heard.intents] == ["/help"]


async def test_fifty_commands_at_once_are_acknowledged_in_time(
    server: Server, clock: StillClock, people: People
) -> None:
    heard = Heard(held=True)
    async with talking(settings_for(server), clock, heard):
        async with asyncio.TaskGroup() as group:
            sent = [group.create_task(people.types("/status")) for _ in range(50)]
        heard.go.set()
        await until(lambda: heard.done == 50)
    took = [one.result().took for one in sent]
    assert all(one.result().ok for one in sent)
    assert max(took) < server.space.ack_deadline
    assert server.space.violations == []


async def test_it_connects_again_after_a_goodbye_and_after_a_cut(
    server: Server, clock: StillClock, people: People
) -> None:
    heard = Heard()
    async with talking(settings_for(server), clock, heard):
        await server.sockets.recycle()
        await server.sockets.connected(opened=2)
        assert (await people.types("/status")).ok
        server.sockets.cut()
        await server.sockets.connected(opened=3)
        assert (await people.types("/status")).ok
        await until(lambda: heard.done == 2)


async def test_a_line_that_went_dead_is_noticed(server: Server, clock: StillClock, people: People) -> None:
    heard = Heard()
    async with talking(settings_for(server), clock, heard):
        server.sockets.deaf = True
        await until(lambda: server.sockets.opened > 1)
        server.sockets.deaf = False
        await server.sockets.connected(opened=2)
        delivered = await people.types("/status")
        while not delivered.ok:
            delivered = await people.types("/status")
        await until(lambda: heard.done >= 1)


async def test_what_was_acknowledged_is_done_when_the_bot_stops(
    server: Server, clock: StillClock, people: People, space: Workspace
) -> None:
    heard = Heard(answer=(BEGUN,), held=True)
    async with talking(settings_for(server), clock, heard):
        assert (await people.types("/deploy canary")).ok
        await until(lambda: len(heard.intents) == 1)
        asyncio.get_running_loop().call_later(0.1, heard.go.set)
    assert heard.done == 1
    assert len(space.hidden) == 1


async def test_nothing_of_the_link_is_left_when_the_bot_stops(
    server: Server, clock: StillClock, people: People, heard: Heard
) -> None:
    async with talking(settings_for(server), clock, heard):
        await server.sockets.recycle()
        await server.sockets.connected(opened=2)
        assert (await people.types("/status")).ok
        assert [task for task in asyncio.all_tasks() if "SocketModeClient" in repr(task)]
    assert [task for task in asyncio.all_tasks() if "SocketModeClient" in repr(task)] == []
    await until(lambda: not server.sockets.open)


async def test_what_takes_too_long_does_not_hold_up_the_stop(server: Server, clock: StillClock, people: People) -> None:
    heard = Heard(held=True)
    async with asyncio.timeout(30):
        async with talking(settings_for(server, grace=0.1), clock, heard):
            assert (await people.types("/deploy canary")).ok
            await until(lambda: len(heard.intents) == 1)
    assert heard.done == 0


async def test_a_fault_in_one_answer_harms_no_other(
    server: Server, clock: StillClock, people: People, space: Workspace
) -> None:
    space.faults["response_url"] = ["lost"]
    heard = Heard(answer=(PRIVATE,))
    async with talking(settings_for(server), clock, heard):
        await people.types("/status")
        await until(lambda: len(space.hidden) == 1)
        await people.types("/status")
        await until(lambda: len(space.hidden) == 2)
    assert space.violations == []


async def test_an_answer_is_held_back_as_long_as_slack_says(
    server: Server, clock: StillClock, people: People, space: Workspace
) -> None:
    space.faults["response_url"] = ["429:7"]
    begun = clock.now()
    async with talking(settings_for(server), clock, Heard(answer=(PRIVATE,))):
        await people.types("/status")
        await until(lambda: len(space.hidden) == 1)
    assert clock.now() - begun >= timedelta(seconds=7)


async def test_a_public_answer_to_a_mention_whose_answer_was_lost_stands_once(
    server: Server, clock: StillClock, people: People, space: Workspace
) -> None:
    space.faults["chat.postMessage"] = ["lost"]
    async with talking(settings_for(server), clock, Heard(answer=(PUBLIC,))):
        await people.mentions("lock canary")
        await until(lambda: space.calls["conversations.history"] == 2)
    assert len(space.standing(ROOM)) == 1
    assert space.calls["chat.postMessage"] == 1


async def ended_with(chat: Slack, heard: Heard) -> Exception:
    """What `listen` ends with."""
    try:
        await chat.listen(heard)
    except (Permanent, Temporary) as trouble:
        return trouble
    raise AssertionError("it ended without a word")
