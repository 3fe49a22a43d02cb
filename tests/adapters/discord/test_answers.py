"""What is typed and pressed: acknowledged in time, handed on once, answered to the right people."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.commands import Pressed, Typed
from bot.view.notice import Notice, Tone
from tests.adapters.discord.talk import Intake, talking
from tests.vendors.discord.faults import Fault
from tests.vendors.discord.server import DiscordServer
from tests.vendors.discord.state import Channel
from tests.view.gallery import SCREENS

DONE = SCREENS["succeeded"]()
CALLBACK = r"POST .*/callback$"
REFUSED = Notice("not_allowed", "You may not do that.", Tone.BAD, private=True)
STATUS = Notice("status", "What is live:", rows=(("canary", "1a2b3c4"),))
LATE = {"answered too late": 1}


async def test_a_typed_command_is_acknowledged_handed_on_and_answered_to_one(server: DiscordServer) -> None:
    async with talking(server) as talk:
        typed = await server.types("deploy", {"env": "canary", "ref": "main"})
        await server.until(lambda: bool(typed.answers))
    (intent,) = talk.intake.heard
    assert isinstance(intent, Typed)
    assert intent.text == "/deploy env=canary ref=main"
    assert (intent.actor.account, intent.actor.shown, intent.origin.address) == ("1001", "Ana", talk.room)
    assert intent.key == f"discord:{typed.id}"
    assert [(one.text, one.ephemeral) for one in typed.answers] == [("Run k3v9x2mq: deploy moltworker.", True)]
    assert server.world.shown(server.room.id) == []


async def test_it_is_acknowledged_before_it_is_handed_on(server: DiscordServer) -> None:
    intake = Intake(hold=asyncio.Event())
    async with talking(server, intake) as talk:
        typed = await server.types("status")
        await talk.heard(1)
        assert typed.response == 5
        assert typed.private
        assert not typed.answers
        assert intake.hold is not None
        intake.hold.set()
        await server.until(lambda: bool(typed.answers))


async def test_what_everybody_should_hear_is_posted_by_the_bot_itself(server: DiscordServer) -> None:
    async with talking(server, Intake((STATUS, REFUSED))):
        typed = await server.types("status")
        await server.until(lambda: bool(typed.answers))
        assert [one.text for one in server.world.shown(server.room.id)] == ["What is live:\n- **canary** · 1a2b3c4"]
        assert [(one.text, one.ephemeral) for one in typed.answers] == [("❌ You may not do that.", True)]


async def test_where_everybody_heard_it_the_one_who_asked_sees_nothing_more(server: DiscordServer) -> None:
    async with talking(server, Intake((STATUS,))):
        typed = await server.types("status")
        await server.until(lambda: typed.response == 5 and not typed.pending)
    assert typed.answers == []


async def test_where_the_bot_may_not_post_the_answer_goes_to_the_one_who_asked(server: DiscordServer) -> None:
    server.room.forbidden.add("send")
    async with talking(server, Intake((STATUS,))):
        typed = await server.types("status")
        await server.until(lambda: bool(typed.answers))
    assert typed.answers[0].ephemeral


async def test_what_is_typed_in_a_thread_belongs_to_its_channel(server: DiscordServer) -> None:
    thread = Channel(4711, "run", 11, server.room.id)
    server.world.channels[thread.id] = thread
    async with talking(server, Intake((STATUS,))) as talk:
        await server.types("approve", where=thread.id)
        await server.until(lambda: bool(server.world.shown(thread.id)))
    assert talk.intake.heard[0].origin.address == talk.room
    assert talk.intake.heard[0].origin.thread == "4711"


async def test_a_long_answer_is_shown_whole(server: DiscordServer) -> None:
    rows = tuple((f"/verb{n} ENV [TARGET]", "does something that takes a few words to say") for n in range(30))
    async with talking(server, Intake((replace(REFUSED, rows=rows),))):
        typed = await server.types("help")
        await server.until(lambda: bool(typed.answers))
    assert "/verb29" in typed.answers[0].text


async def test_a_press_works_after_a_restart_of_the_bot(server: DiscordServer) -> None:
    async with talking(server) as talk:
        await talk.chat.draw(talk.room, DONE, "", "k3v9x2mq:card")
    async with talking(server) as talk:
        pressed = await server.presses(server.cards()[0], "Roll back")
        await server.until(lambda: bool(pressed.answers))
    (intent,) = talk.intake.heard
    assert isinstance(intent, Pressed)
    assert intent.token == "rollback:k3v9x2mq"
    assert intent.origin.message == str(server.cards()[0].id)
    assert pressed.response == 6
    assert [one.ephemeral for one in pressed.answers] == [True]


async def test_each_button_of_a_card_carries_its_own_token(server: DiscordServer) -> None:
    async with talking(server) as talk:
        await talk.chat.draw(talk.room, SCREENS["approval"](), "", "k3v9x2mq:card")
        for label in ("Approve", "Reject", "Abort"):
            await server.presses(server.cards()[0], label)
        await talk.heard(3)
    tokens = sorted(intent.token for intent in talk.intake.heard if isinstance(intent, Pressed))
    assert tokens == ["abort:k3v9x2mq", "approve:k3v9x2mq:release", "reject:k3v9x2mq:release"]


async def test_a_forged_button_is_heard_and_refused_with_an_answer(server: DiscordServer) -> None:
    async with talking(server, Intake((REFUSED,))) as talk:
        await talk.chat.draw(talk.room, DONE, "", "k3v9x2mq:card")
        forged = await server.forges(server.cards()[0], "rollback:K3V9X2MQ; rm -rf")
        await server.until(lambda: bool(forged.answers))
    assert [type(intent) for intent in talk.intake.heard] == [Pressed]


async def test_the_same_delivery_twice_is_handed_on_once(server: DiscordServer) -> None:
    async with talking(server) as talk:
        typed = await server.types("abort")
        await server.redeliver(typed)
        await server.until(lambda: talk.intake.asked == 2 and bool(typed.answers))
        assert len(talk.intake.heard) == 1
        assert server.world.refused[40060] == 0


async def test_two_connections_with_one_token_obey_once(server: DiscordServer) -> None:
    one, other = Intake(), Intake()
    async with talking(server, one), talking(server, other):
        typed = await server.types("abort")
        await server.until(lambda: server.world.refused[40060] == 1 and bool(typed.answers))
    assert len(one.heard) + len(other.heard) == 1
    assert len(one.dropped) + len(other.dropped) == 1


async def test_it_is_acknowledged_when_it_is_kept(server: DiscordServer) -> None:
    intake = Intake()
    intake.keeping = asyncio.Event()
    async with talking(server, intake):
        typed = await server.types("status")
        await server.until(lambda: intake.asked == 1)
        assert typed.response == 0
        intake.keeping.set()
        await server.until(lambda: bool(typed.answers))


@pytest.mark.parametrize("lost", [1, 2])
async def test_a_lost_answer_to_the_acknowledgement_does_not_lose_the_command(server: DiscordServer, lost: int) -> None:
    async with talking(server) as talk:
        server.faults.add(Fault(CALLBACK, lost=True, times=lost))
        typed = await server.types("abort")
        await server.until(lambda: bool(typed.answers))
        assert len(talk.intake.heard) == 1


async def test_what_cannot_be_acknowledged_is_not_obeyed(server: DiscordServer) -> None:
    async with talking(server) as talk:
        server.faults.add(Fault(CALLBACK, cut=True, times=3))
        dropped = await server.types("deploy", {"env": "canary"})
        await server.until(lambda: server.world.requests["POST /interactions/callback"] == 3)
        late = await server.types("deploy", {"env": "canary"}, late=4)
        await server.until(lambda: server.world.refused[10062] == 1)
        fine = await server.types("deploy", {"env": "canary"})
        await server.until(lambda: bool(fine.answers))
        assert [intent.key for intent in talk.intake.heard] == [f"discord:{fine.id}"]
        await server.until(lambda: len(talk.intake.dropped) == 2)
        assert set(talk.intake.dropped) == {f"discord:{dropped.id}", f"discord:{late.id}"}
        assert dropped.response == late.response == 0
    assert dict(server.world.violations) == LATE
    server.world.violations.clear()


async def test_an_answer_after_a_quarter_of_an_hour_is_logged_and_nothing_else_suffers(server: DiscordServer) -> None:
    intake = Intake(hold=asyncio.Event())
    async with talking(server, intake) as talk:
        await server.types("status")
        await talk.heard(1)
        server.world.clock.skip(901)
        assert intake.hold is not None
        intake.hold.set()
        await server.until(lambda: server.world.refused[50027] == 1)
        again = await server.types("whoami")
        await server.until(lambda: bool(again.answers))
    assert server.world.violations.pop("used a dead token") == 1


async def test_the_edit_of_an_answer_may_be_cut_twice(server: DiscordServer) -> None:
    async with talking(server):
        server.faults.add(Fault(r"PATCH .*@original", lost=True))
        server.faults.add(Fault(r"PATCH .*@original", cut=True))
        typed = await server.types("whoami")
        await server.until(lambda: bool(typed.answers) and typed.answers[0].edits == 1)
    assert len(typed.answers) == 1


async def test_suggestions_come_from_the_estate_and_from_what_is_recent(server: DiscordServer) -> None:
    async with talking(server):
        target = await server.is_typing("deploy", {"env": "canary", "target": "mol"}, "target")
        run = await server.is_typing("abort", {"run": "k3"}, "run")
        release = await server.is_typing("rollback", {"to": ""}, "to")
        nonsense = await server.is_typing("frobnicate", {"x": "y"}, "x")
        await server.until(lambda: all(one.response == 8 for one in (target, run, release, nonsense)))
    assert target.choices == ["moltworker"]
    assert run.choices == ["k3v9x2mq"]
    assert release.choices == ["3f9c2d1"]
    assert nonsense.choices == []


async def test_fifty_commands_at_once_are_acknowledged_in_time(server: DiscordServer) -> None:
    async with talking(server) as talk:
        typed = [await server.types("whoami", who=(2000 + n, f"p{n}")) for n in range(50)]
        await server.until(lambda: all(one.answers for one in typed))
        assert len(talk.intake.heard) == 50
    assert max(one.acked_at - one.sent_at for one in typed) < 3


async def test_a_button_that_is_gone_from_its_card_by_now_is_heard_too(server: DiscordServer) -> None:
    """The card was drawn anew while somebody pressed: what they meant is decided, and answered."""
    async with talking(server, Intake((REFUSED,))) as talk:
        await talk.chat.draw(talk.room, SCREENS["running"](), "", "k3v9x2mq:card")
        pressed = await server.forges(server.cards()[0], "rollback:k3v9x2mq")
        await server.until(lambda: bool(pressed.answers))
    assert [intent.token for intent in talk.intake.heard if isinstance(intent, Pressed)] == ["rollback:k3v9x2mq"]
