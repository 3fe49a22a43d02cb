"""A live tail ends by itself."""

import aiohttp

from tests.sandbox.rest import Api


async def test_a_tail_ends_when_it_expires(api: Api, name: str) -> None:
    await api.put(name)
    before = await api.sandbox.get("settings")
    await api.sandbox.post("settings", {"tail_lifetime": 3})
    try:
        made = await api.result("POST", f"/workers/scripts/{name}/tails")
    finally:
        await api.sandbox.post("settings", {"tail_lifetime": before["tail_lifetime"]})
    async with aiohttp.ClientSession() as session, session.ws_connect(made["url"], protocols=["trace-v1"]) as socket:
        assert (await socket.receive(timeout=30)).type is aiohttp.WSMsgType.CLOSE
    assert await api.result("GET", f"/workers/scripts/{name}/tails") == []
