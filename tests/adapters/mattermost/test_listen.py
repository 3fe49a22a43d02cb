"""What people type, press and write reaches the intake and is answered; the link is kept up whatever happens to it."""

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any

import pytest

from adapters.mattermost.render import Door
from bot.domain.commands import Pressed, Typed
from bot.ports.errors import Permanent, Temporary
from bot.view.notice import Notice, Tone
from tests.adapters.mattermost.stage import Heard, opened_at, talking, until
from tests.fakes.world import VirtualClock
from tests.vendors.mattermost.server import MattermostServer
from tests.vendors.mattermost.state import ANA, BEN, ROOM, TOKEN, id_of
from tests.view.gallery import SCREENS

PUBLIC, PRIVATE = Notice("status", "All is well."), Notice("refused", "Not for you.", Tone.BAD, private=True)
BEGUN = Notice("begun", "Run k3v9x2mq was begun.", run="k3v9x2mq")
CARD = SCREENS["succeeded"]()
LABEL = CARD.buttons[0].label


async def test_a_command_is_answered_in_place_to_the_one_who_asked(
    server: MattermostServer, clock: VirtualClock
) -> None:
    heard = Heard((PRIVATE, PUBLIC, BEGUN))
    async with talking(server, clock, heard):
        answer = await server.types("/deploy canary", BEN)
    assert answer.status == 200
    assert "Not for you." in answer.text
    assert "was begun" in answer.text
    assert server.said("All is well.", "") == 1
    assert [who for who, _ in server.hidden] == [BEN]
    [intent] = heard.intents
    assert isinstance(intent, Typed)


async def test_a_press_is_answered_to_the_one_who_pressed(server: MattermostServer, clock: VirtualClock) -> None:
    heard = Heard((PUBLIC,))
    async with talking(server, clock, heard) as chat:
        post = server.world.posts[await chat.draw(ROOM, CARD, "", "run:card")]
        answer = await server.presses(post, LABEL, BEN)
    assert answer.body["ephemeral_text"] == "All is well."
    [intent] = heard.intents
    assert isinstance(intent, Pressed)
    assert intent.token == CARD.buttons[0].token
    assert len(server.world.standing()) == 1


async def test_a_mention_is_answered_in_its_thread(server: MattermostServer, clock: VirtualClock) -> None:
    heard = Heard((PUBLIC, PRIVATE))
    async with talking(server, clock, heard):
        asked = server.writes("@outrider status")
        below = server.writes("@outrider approve", root=asked.id)
        server.writes("status, anybody?")
        server.writes("@outrider status", from_bot="true")
        await until(lambda: server.said("All is well.", asked.id) == 2)
        server.sockets.again(below)
        await until(lambda: server.said("Not for you.", asked.id) == 2)
    assert [one.text for one in heard.intents if isinstance(one, Typed)] == ["status", "approve"]


async def test_a_slow_intake_is_acknowledged_at_once_and_answered_behind(
    server: MattermostServer, clock: VirtualClock
) -> None:
    heard = Heard((PRIVATE,), held=True)
    async with talking(server, clock, heard, patience=0.05) as chat:
        post = server.world.posts[await chat.draw(ROOM, CARD, "", "run:card")]
        typed, pressed = await server.types("/plan canary"), await server.presses(post, LABEL, BEN)
        assert (typed.text, pressed.text, server.hidden) == ("", "", [])
        heard.go.set()
        await until(lambda: server.hidden and server.said("ben: this took a while", post.id))
    assert server.hidden == [(ANA, "❌ Not for you.")]


async def test_a_command_is_acknowledged_when_it_is_kept(server: MattermostServer, clock: VirtualClock) -> None:
    heard = Heard((PRIVATE,), held=True)
    heard.keeping = asyncio.Event()
    async with talking(server, clock, heard, patience=0.05), asyncio.TaskGroup() as group:
        typing = group.create_task(server.types("/plan canary"))
        await until(lambda: heard.asked)
        assert not typing.done()
        heard.keeping.set()
        assert (await typing).status == 200
        heard.go.set()


async def test_what_was_acknowledged_is_done_when_the_bot_stops(server: MattermostServer, clock: VirtualClock) -> None:
    heard = Heard((PRIVATE,), held=True)
    async with talking(server, clock, heard, patience=0.05):
        await server.types("/plan canary")
        asyncio.get_running_loop().call_later(0.1, heard.go.set)
    assert server.hidden == [(ANA, "❌ Not for you.")]


async def test_the_same_request_again_does_nothing(server: MattermostServer, clock: VirtualClock) -> None:
    heard = Heard((PRIVATE,))
    async with talking(server, clock, heard):
        form = server.form("/deploy canary")
        for _ in range(3):
            assert (await server.sends(f"{server.callback}/mattermost/command", data=form)).status == 200
    assert len(heard.intents) == 1


async def test_what_is_not_mattermosts_is_refused_and_nothing_is_done(
    server: MattermostServer, clock: VirtualClock
) -> None:
    heard = Heard((PUBLIC,))
    async with talking(server, clock, heard) as chat:
        command, press = f"{server.callback}/mattermost/command", f"{server.callback}/mattermost/press"
        form = server.form("/deploy canary")
        post = server.world.posts[await chat.draw(ROOM, CARD, "", "run:card")]
        body = server.pressing(post, post.actions[0]["id"])
        forged = {"token": "abort:k3v9x2mq", "signature": body["context"]["signature"]}
        other = {"token": "abort:k3v9x2mq", "signature": Door("", "guess").sign("abort:k3v9x2mq")}
        refused = [
            await server.sends(command, data={**form, "token": "x" * 26}),
            await server.sends(command, data={**form, "token": ""}),
            await server.sends(command, json=form),
            await server.sends(press, json={**body, "context": forged}),
            await server.sends(press, json={**body, "context": other}),
            await server.sends(press, json={**body, "context": {}}),
        ]
        unread = [
            await server.sends(press, data="{"),
            await server.sends(press, json=[1]),
            await server.sends(press, json={**body, "context": "x"}),
            await server.sends(press, json={**body, "trigger_id": ""}),
            await server.sends(press, json={**body, "command": "/deploy"}),
        ]
    assert {one.status for one in refused} == {403}
    assert {one.status for one in unread} == {400}
    assert heard.intents == []


async def test_nobody_is_heard_while_the_bot_does_not_listen(server: MattermostServer, clock: VirtualClock) -> None:
    async with opened_at(server, clock) as chat:
        post = server.world.posts[await chat.draw(ROOM, CARD, "", "run:card")]
        assert (await server.types("/status-of-things")).status == 503
        assert (await server.presses(post, LABEL)).status == 503


async def test_a_press_on_an_old_drawing_finds_no_other_button(server: MattermostServer, clock: VirtualClock) -> None:
    """What a person sees may be older than what the server has; it looks the press up in what it has."""
    async with talking(server, clock, Heard()) as chat:
        card = await chat.draw(ROOM, SCREENS["approval"](), "", "run:card")
        seen = {one["id"] for one in server.world.posts[card].actions}
        await chat.draw(ROOM, CARD, card, "run:card")
        for action in seen:
            with pytest.raises(LookupError):
                server.pressing(server.world.posts[card], action)


async def test_after_a_cut_nothing_is_missed_and_nothing_comes_twice(
    server: MattermostServer, clock: VirtualClock
) -> None:
    heard = Heard()
    async with talking(server, clock, heard):
        server.writes("@outrider status")
        await until(lambda: len(heard.intents) == 1)
        server.sockets.cut()
        server.writes("@outrider help")
        await until(lambda: server.sockets.opened == 2)
        server.writes("@outrider whoami")
        await until(lambda: len(heard.intents) == 3)
    assert server.sockets.resumed == 1
    assert [one.text for one in heard.intents if isinstance(one, Typed)] == ["status", "help", "whoami"]


async def test_a_server_that_was_restarted_knows_no_connection(server: MattermostServer, clock: VirtualClock) -> None:
    heard = Heard()
    async with talking(server, clock, heard) as chat:
        for opened in (2, 3, 4):
            server.sockets.forget()
            await until(partial(reopened, server, opened))
            await chat.connected.wait()
        server.writes("@outrider status")
        await until(lambda: heard.intents)
    assert (server.sockets.opened, server.sockets.resumed) == (4, 0)


@pytest.mark.parametrize("trouble", ["deaf", "expired"])
async def test_a_line_without_a_word_is_made_anew(server: MattermostServer, clock: VirtualClock, trouble: str) -> None:
    heard = Heard()
    async with talking(server, clock, heard) as chat:
        setattr(server.sockets, trouble, True)
        await until(lambda: not chat.connected.is_set())
        setattr(server.sockets, trouble, False)
        await chat.connected.wait()
        server.writes("@outrider status")
        await until(lambda: heard.intents)


async def test_a_probe_is_answered_over_the_socket_or_says_what_is_wrong(
    server: MattermostServer, clock: VirtualClock
) -> None:
    async with opened_at(server, clock) as chat:
        with pytest.raises(Temporary, match="not connected"):
            await chat.probe()
    async with talking(server, clock, Heard(), ping=5.0, probe=0.1) as chat:
        await chat.probe()
        await asyncio.gather(chat.probe(), chat.probe())
        server.sockets.deafen()
        with pytest.raises(Temporary, match="nobody answers"):
            await chat.probe()
        server.sockets.cut()
        with pytest.raises(Temporary):
            await chat.probe()
        await until(lambda: server.sockets.opened == 2)
        await chat.connected.wait()
        await chat.probe()


async def test_a_session_that_has_ended_is_found_by_a_probe(server: MattermostServer, clock: VirtualClock) -> None:
    async with talking(server, clock, Heard(), ping=5.0, probe=1.0) as chat:
        server.sockets.expired = True
        with pytest.raises(Temporary, match="not connected"):
            await chat.probe()
        server.sockets.expired = False
        await chat.connected.wait()
        await chat.probe()


async def test_a_stop_ends_a_deaf_line_at_once(server: MattermostServer, clock: VirtualClock) -> None:
    async with asyncio.timeout(30):
        async with talking(server, clock, Heard(), ping=60.0):
            server.sockets.deafen()


async def test_a_token_that_is_none_any_more_ends_the_link_with_one_sentence(
    server: MattermostServer, clock: VirtualClock
) -> None:
    async with opened_at(server, clock) as chat:
        server.world.tokens.clear()
        with pytest.raises(Permanent, match="set MATTERMOST_BOT_TOKEN anew"):
            await chat.listen(Heard())
        server.world.tokens.add(TOKEN)
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(ended(chat.listen(Heard())))
            await chat.connected.wait()
            server.world.tokens.clear()
            server.sockets.cut()
            assert isinstance(await listening, Permanent)


def reopened(server: MattermostServer, times: int) -> bool:
    return server.sockets.opened == times and bool(server.sockets.connections)


async def ended(listening: Coroutine[Any, Any, None]) -> BaseException | None:
    try:
        await listening
    except Permanent as trouble:
        return trouble
    return None


async def test_a_conversation_of_two_is_nobody_elses(server: MattermostServer, clock: VirtualClock) -> None:
    heard = Heard((PRIVATE,))
    async with talking(server, clock, heard):
        asked = server.writes("status", channel=id_of("dm"))
        await until(lambda: [one for one in server.world.standing(id_of("dm")) if one.root == asked.id])
    assert heard.intents[0].origin.alone
