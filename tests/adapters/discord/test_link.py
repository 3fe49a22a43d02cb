"""The connection: made, broken, mended, and given up where only a person can mend it."""

import asyncio

import pytest

from adapters.discord.client import Discord
from adapters.discord.offered import offered
from adapters.discord.settings import Settings
from bot.domain.verbs import VERBS
from bot.ports.errors import Permanent, Temporary
from tests.adapters.discord.talk import Intake, QuickClock, estate_at, recent, talking
from tests.vendors.discord.faults import Fault
from tests.vendors.discord.server import DiscordServer
from tests.view.gallery import SCREENS


async def listening(server: DiscordServer, token: str = "") -> None:
    settings = Settings(token or server.world.token, server.base_url)
    await Discord(settings, estate_at(str(server.room.id)), QuickClock(), recent).listen(Intake())


async def test_commands_are_written_once_and_again_only_when_they_differ(server: DiscordServer) -> None:
    async with talking(server):
        pass
    async with talking(server):
        await server.until(lambda: server.world.requests["GET /applications/guilds/commands"] == 2)
    assert server.world.command_writes == 1
    server.world.commands[3]["description"] = "Something else"
    async with talking(server):
        await server.until(lambda: server.world.command_writes == 2)
    assert [one["name"] for one in server.world.commands] == [verb.word for verb in VERBS]


async def test_commands_are_offered_again_when_that_failed(server: DiscordServer) -> None:
    server.faults.add(Fault(r"GET .*/commands", status=503))
    server.faults.add(Fault(r"PUT .*/commands", status=503))
    async with talking(server) as talk:
        assert len(server.world.commands) == len(offered(estate_at(talk.room)))
        assert talk.clock.slept == [2.0, 15.0]


async def test_only_what_is_needed_is_listened_to(server: DiscordServer) -> None:
    async with talking(server) as talk:
        assert [one.intents for one in server.gateway.sessions.values()] == [1]
        await server.until(lambda: talk.chat.connected)
    assert not talk.chat.connected


async def test_a_wrong_token_is_permanent(server: DiscordServer) -> None:
    with pytest.raises(Permanent, match="DISCORD_BOT_TOKEN"):
        await listening(server, "wrong")


@pytest.mark.parametrize(("code", "says"), [(4004, "token"), (4014, "intents"), (4012, "4012")])
async def test_a_gateway_that_will_not_have_us_is_permanent(server: DiscordServer, code: int, says: str) -> None:
    server.gateway.refusing = code
    with pytest.raises(Permanent, match=says):
        await listening(server)


async def test_a_cut_connection_is_resumed_and_what_was_missed_is_heard(server: DiscordServer) -> None:
    async with talking(server) as talk:
        await server.gateway.cut()
        missed = await server.types("abort")
        await server.until(lambda: bool(missed.answers))
        assert (server.gateway.identified, server.gateway.resumed) == (1, 1)
        assert len(talk.intake.heard) == 1


async def test_asked_to_reconnect_it_resumes(server: DiscordServer) -> None:
    async with talking(server):
        await server.gateway.ask_to_reconnect()
        await server.gateway.ready(resumed=1)
        typed = await server.types("whoami")
        await server.until(lambda: bool(typed.answers))


async def test_cards_are_drawn_while_the_gateway_is_away(server: DiscordServer) -> None:
    async with talking(server) as talk:
        server.gateway.sessions.clear()
        await talk.chat.draw(talk.room, SCREENS["running"](), "", "k3v9x2mq:card")
    assert len(server.cards()) == 1


async def test_a_lost_session_begins_anew(server: DiscordServer) -> None:
    """The library waits five seconds before it identifies again, as Discord wants it."""
    async with talking(server):
        await server.gateway.invalidate()
        async with asyncio.timeout(30):
            await server.gateway.ready(identified=2)
        typed = await server.types("whoami")
        await server.until(lambda: bool(typed.answers))


async def test_a_gateway_that_does_not_answer_at_first_is_tried_again(server: DiscordServer) -> None:
    server.faults.add(Fault(r"GET .*/gateway", status=200, body={"url": "ws://127.0.0.1:9/"}))
    async with talking(server) as talk:
        assert talk.clock.slept[0] == 1.0


async def test_an_api_that_is_down_is_tried_again_with_longer_pauses(server: DiscordServer) -> None:
    server.faults.add(Fault(r"GET .*/users/@me", status=503, times=3))
    server.faults.add(Fault(r"GET .*/applications/@me", status=503))
    async with talking(server) as talk:
        assert talk.clock.slept[:4] == [1.0, 2.0, 5.0, 15.0]


async def test_a_stop_in_the_middle_of_an_answer_is_clean(server: DiscordServer) -> None:
    intake = Intake(hold=asyncio.Event())
    async with talking(server, intake) as talk:
        await server.types("status")
        await talk.heard(1)
    with pytest.raises(Temporary):
        await talk.chat.draw(talk.room, SCREENS["running"](), "", "k3v9x2mq:card")
