"""Slack's requests by HTTP: believed only when signed just now, taken once, acknowledged at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from adapters.slack.client import Slack, opened
from bot.domain.refusal import Unheard
from bot.view.notice import Notice
from tests.adapters.slack.stage import Heard, settings_for, talking, until
from tests.fakes.clock import StillClock
from tests.vendors.slack.people import People, encoded, signed
from tests.vendors.slack.server import Server
from tests.vendors.slack.workspace import SIGNING_SECRET, Workspace

HIDDEN = Notice("refused", "No.", private=True)


@pytest.fixture
async def chat(server: Server, clock: StillClock, heard: Heard) -> AsyncIterator[Slack]:
    settings = settings_for(server, app_token="", signing_secret=SIGNING_SECRET)
    async with talking(settings, clock, heard) as one:
        yield one


@asynccontextmanager
async def mounted(server: Server, chat: Slack, clock: StillClock) -> AsyncIterator[People]:
    """The adapter's handler at its address, as whoever composes the bot mounts it."""
    app = web.Application()
    app.router.add_post("/slack/events", chat.webhook)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        address = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
        yield People(server, address, now=clock.elapsed)
    finally:
        await runner.cleanup()


@pytest.fixture
async def people(server: Server, chat: Slack, clock: StillClock) -> AsyncIterator[People]:
    async with mounted(server, chat, clock) as one:
        yield one


async def test_commands_mentions_and_presses_come(people: People, heard: Heard, space: Workspace) -> None:
    heard.answer = (HIDDEN,)
    assert (await people.types("/deploy canary")).ok
    assert (await people.mentions("status")).ok
    await until(lambda: len(space.hidden) == 2)
    assert [getattr(one, "text", "") for one in heard.intents] == ["/deploy canary", "status"]
    assert space.calls["apps.connections.open"] == 0


async def test_a_command_is_acknowledged_when_it_is_kept(people: People, heard: Heard) -> None:
    heard.keeping = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        typing = group.create_task(people.types("/abort"))
        await until(lambda: heard.asked == 1)
        assert not typing.done()
        heard.keeping.set()
    assert typing.result().ok


async def test_the_address_is_confirmed(people: People) -> None:
    delivered = await people.deliver({"type": "url_verification", "challenge": "3eZbrw1aB"})
    assert delivered.ok
    assert "3eZbrw1aB" in str(delivered.body)


async def test_a_forged_request_is_refused(people: People, heard: Heard) -> None:
    raw, kind = encoded(people.slash("/deploy production"))
    now = str(int(people.now()))
    forged = [
        await people.request(raw, kind, signature="v0=" + "0" * 64),
        await people.request(raw, kind, signature=signed("another secret", now, raw), at=now),
        await people.request(raw, kind, signature=signed(SIGNING_SECRET, now, raw + "&x=1"), at=now),
        await people.request(raw, kind, at=now, signature="v0=\u00e9"),
        await people.request(raw, kind, at="soon"),
        await people.request(raw, kind, at="9" * 5000),
        await people.request("{", "application/json; charset=none", signature="v0=" + "0" * 64),
    ]
    assert [one.status for one in forged] == [401] * len(forged)
    assert {why for why, *_ in heard.refusals} == {Unheard.BAD_SIGNATURE}
    assert heard.intents == []


async def test_what_was_signed_five_minutes_ago_or_in_five_is_refused(people: People, heard: Heard) -> None:
    raw, kind = encoded(people.slash("/deploy production"))
    now = int(people.now())
    late = [await people.request(raw, kind, at=str(now + away)) for away in (-301, 301, -86_400)]
    assert [one.status for one in late] == [401, 401, 401]
    assert {why for why, *_ in heard.refusals} == {Unheard.OLD_TIMESTAMP}
    assert (await people.request(raw, kind, at=str(now - 299))).ok
    await until(lambda: heard.done == 1)


async def test_what_is_signed_and_cannot_be_read_is_refused(people: People, heard: Heard) -> None:
    assert (await people.request("{", "application/json")).status == 400
    assert [why for why, *_ in heard.refusals] == [Unheard.UNREADABLE]


async def test_a_replayed_request_does_nothing_again(people: People, heard: Heard) -> None:
    raw, kind = encoded(people.slash("/lock canary"))
    at = str(int(people.now()))
    for _ in range(3):
        assert (await people.request(raw, kind, at=at)).ok
    assert (await people.types("/help")).ok
    await until(lambda: heard.done == 2)
    assert [getattr(one, "text", "") for one in heard.intents] == ["/lock canary", "/help"]


async def test_a_repeated_event_whose_first_delivery_was_lost_is_taken(people: People, heard: Heard) -> None:
    raw, kind = encoded(people.mention("promote"))
    assert (await people.request(raw, kind, headers={"X-Slack-Retry-Num": "1"})).ok
    await until(lambda: heard.done == 1)


async def test_nothing_is_taken_while_the_bot_does_not_listen(server: Server, clock: StillClock) -> None:
    settings = settings_for(server, app_token="", signing_secret=SIGNING_SECRET)
    async with opened(settings, clock) as chat, mounted(server, chat, clock) as people:
        assert (await people.types("/deploy canary")).status == 503
