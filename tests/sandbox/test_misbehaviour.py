"""The sandbox made to misbehave, and its journal of what was really done."""

import asyncio
import time
from typing import Any

import aiohttp
import httpx
import pytest

from sandbox.running import SandboxFailed
from tests.sandbox.rest import Api, deployment_body


async def rule(api: Api, name: str, **what: Any) -> str:
    """A rule for the deployments of one Worker, for one call."""
    path = f".*/workers/scripts/{name}/deployments"
    made = await api.sandbox.post("rules/api", {"method": "POST", "path": path, "times": 1, **what})
    return str(made["id"])


async def deployments(api: Api, name: str) -> int:
    return len((await api.result("GET", f"/workers/scripts/{name}/deployments"))["deployments"])


async def post(api: Api, name: str, version: str) -> httpx.Response:
    return await api.call("POST", f"/workers/scripts/{name}/deployments", json=deployment_body({version: 100}))


@pytest.mark.parametrize("when", ["before", "after"])
async def test_an_error_status_is_answered_before_or_after_acting(api: Api, name: str, when: str) -> None:
    version = await api.put(name)
    await rule(api, name, do="status", status=503, when=when)
    assert (await post(api, name, version)).status_code == 503
    assert await deployments(api, name) == (1 if when == "before" else 2)
    assert (await post(api, name, version)).status_code == 200


async def test_too_many_requests_says_when_to_come_again(api: Api, name: str) -> None:
    version = await api.put(name)
    await rule(api, name, do="status", status=429, retry_after=7)
    reply = await post(api, name, version)
    assert (reply.status_code, reply.headers["retry-after"], reply.json()["success"]) == (429, "7", False)


async def test_a_gateways_page_is_no_json(api: Api, name: str) -> None:
    version = await api.put(name)
    await rule(api, name, do="html")
    reply = await post(api, name, version)
    assert reply.status_code == 502
    assert reply.text.startswith("<html>")


@pytest.mark.parametrize(("when", "there"), [("before", 1), ("after", 2)])
async def test_an_empty_yes_says_nothing_of_what_was_done(api: Api, name: str, when: str, there: int) -> None:
    version = await api.put(name)
    await rule(api, name, do="empty", when=when)
    reply = await post(api, name, version)
    assert (reply.status_code, reply.json()["success"], reply.json()["result"]) == (200, True, {})
    assert await deployments(api, name) == there


@pytest.mark.parametrize(("do", "there"), [("lost", 2), ("cut", 1)])
async def test_a_connection_breaks_after_acting_or_before(api: Api, name: str, do: str, there: int) -> None:
    version = await api.put(name)
    await rule(api, name, do=do)
    with pytest.raises(httpx.TransportError):
        await post(api, name, version)
    assert await deployments(api, name) == there


async def test_a_slow_call_takes_its_seconds(api: Api, name: str) -> None:
    version = await api.put(name)
    await rule(api, name, do="slow", seconds=0.4)
    began = time.monotonic()
    assert (await post(api, name, version)).status_code == 200
    assert time.monotonic() - began >= 0.4


@pytest.mark.parametrize(
    ("when", "then", "there"), [("before", "proceed", 2), ("before", "cut", 1), ("after", "cut", 2)]
)
async def test_a_held_call_waits_for_its_release(api: Api, name: str, when: str, then: str, there: int) -> None:
    version = await api.put(name)
    made = await rule(api, name, do="hold", when=when)
    async with asyncio.TaskGroup() as group:
        call = group.create_task(_quiet(post(api, name, version)))
        held = [one for one in await api.sandbox.get("held", wait="10") if one["rule"] == made]
        assert [(one["method"], one["when"]) for one in held] == [("POST", when)]
        assert await deployments(api, name) == (1 if when == "before" else 2)
        assert not call.done()
        assert await api.sandbox.post("held/release", {"id": held[0]["id"], "then": then}) == {"released": 1}
    assert (call.result() is None) == (then == "cut")
    assert await deployments(api, name) == there


async def _quiet(call: Any) -> httpx.Response | None:
    """None where the connection broke."""
    try:
        answered: httpx.Response = await call
    except httpx.TransportError:
        return None
    return answered


async def test_a_rule_can_let_some_calls_pass_first(api: Api, name: str) -> None:
    version = await api.put(name)
    await rule(api, name, do="status", status=500, after=1)
    assert [(await post(api, name, version)).status_code for _ in range(3)] == [200, 500, 200]


async def test_the_journal_counts_what_was_really_done(api: Api, name: str) -> None:
    version = await api.put(name)
    await api.sandbox.post("reset-calls")
    await rule(api, name, do="lost")
    with pytest.raises(httpx.TransportError):
        await post(api, name, version)
    await rule(api, name, do="status", status=500)
    await post(api, name, version)
    await post(api, name, version)
    journal = await api.sandbox.get("calls")
    assert journal["counters"] == {"deployments": 2}
    shown = [(one["method"], one["status"], one["acted"], one["answered"], one["changed"]) for one in journal["calls"]]
    assert shown == [
        ("POST", 499, True, False, ["deployments"]),
        ("POST", 500, False, True, []),
        ("POST", 200, True, True, ["deployments"]),
    ]
    assert len((await api.sandbox.get("calls", changes="1"))["calls"]) == 2


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"do": "explode"},
        {"do": "slow", "path": "("},
        {"do": "slow", "color": "red"},
        {"do": "hold", "when": "never"},
    ],
)
async def test_a_bad_rule_is_one_clear_sentence(api: Api, body: dict[str, Any]) -> None:
    with pytest.raises(SandboxFailed) as refused:
        await api.sandbox.post("rules/api", body)
    assert str(refused.value).endswith((".", "'"))
    assert "\n" not in str(refused.value)


async def test_a_version_errs_at_a_rate_without_the_other_one_suffering(api: Api, name: str) -> None:
    first = await api.put(name)
    second = await api.upload(name)
    await api.deploy(name, {first: 50, second: 50})
    made = await api.sandbox.post("rules/edge", {"do": "exception", "script": name, "version": second, "rate": 0.5})
    statuses: dict[str, list[int]] = {first: [], second: []}
    for version, seen in statuses.items():
        asked = {"Cloudflare-Workers-Version-Overrides": f'{name}="{version}"'}
        seen += [(await api.get(name, headers=asked)).status_code for _ in range(60)]
    assert set(statuses[first]) == {200}
    assert 12 <= statuses[second].count(500) <= 48
    await api.sandbox.delete(f"rules/{made['id']}")
    assert (await api.get(name)).status_code == 200


async def test_a_worker_can_be_slow_or_down(api: Api, name: str) -> None:
    await api.put(name)
    await api.sandbox.post("rules/edge", {"do": "slow", "script": name, "seconds": 0.3, "times": 1})
    began = time.monotonic()
    assert (await api.get(name)).status_code == 200
    assert time.monotonic() - began >= 0.3
    await api.sandbox.post("rules/edge", {"do": "status", "status": 503, "script": name, "times": 1})
    assert (await api.get(name)).status_code == 503
    await api.sandbox.post("rules/edge", {"do": "cut", "script": name, "times": 1})
    with pytest.raises(httpx.TransportError):
        await api.get(name)


async def test_a_cold_start_counts_from_the_activation(api: Api, name: str) -> None:
    await api.put(name)
    second = await api.upload(name)
    await api.sandbox.post("rules/edge", {"do": "cold_start", "script": name, "version": second, "seconds": 1})
    began = time.monotonic()
    await api.deploy(name, {second: 100})
    await api.get(name)
    assert time.monotonic() - began >= 1
    began = time.monotonic()
    await api.get(name)
    assert time.monotonic() - began < 1


async def test_a_deployment_takes_its_time_to_be_everywhere(api: Api, name: str) -> None:
    code = "export default { fetch: (r, env) => new Response(env.VERSION.id) };"
    first = await api.put(name, code)
    second = await api.upload(name, code)
    await api.sandbox.post("rules/edge", {"do": "propagation", "script": name, "seconds": 1.5})
    await api.deploy(name, {second: 100})
    assert await api.live(name) == {second: 100}
    seen, began = [], time.monotonic()
    while time.monotonic() - began < 1.5:
        seen.append((await api.get(name)).text)
    assert {first, second} == set(seen)
    assert {(await api.get(name)).text for _ in range(10)} == {second}


async def test_the_rate_limit_refuses_with_retry_after(api: Api, name: str) -> None:
    token = (await api.sandbox.post("tokens", {"email": "busy@example.com"}))["token"]
    headers = {"Authorization": f"Bearer {token}"}
    before = await api.sandbox.get("settings")
    assert (before["rate_limit"], before["rate_window"]) == (1200, 300)
    await api.sandbox.post("settings", {"rate_limit": 5000, "rate_window": 2})
    try:
        await api.sandbox.post("settings", {"rate_limit": 3})
        replies = [await api.client.get(f"{api.sandbox.api}/user", headers=headers) for _ in range(4)]
    finally:
        await api.sandbox.post("settings", {"rate_limit": 1200, "rate_window": 300})
    assert [reply.status_code for reply in replies] == [200, 200, 200, 429]
    assert 1 <= int(replies[3].headers["retry-after"]) <= 2


async def test_a_tails_websocket_breaks_without_a_word(api: Api, name: str) -> None:
    await api.put(name)
    made = await api.result("POST", f"/workers/scripts/{name}/tails", json={"filters": []})
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(made["url"], protocols=("trace-v1",), autoclose=False) as socket,
    ):
        assert (await api.sandbox.get("tails", wait="20"))[name] == 1
        assert (await api.sandbox.delete("tails"))["cut"] >= 1
        assert (await socket.receive(timeout=20)).type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
        assert socket.close_code in (None, aiohttp.WSCloseCode.ABNORMAL_CLOSURE)


async def test_a_tail_stays_when_its_listener_is_gone_and_a_worker_has_ten_at_most(api: Api, name: str) -> None:
    await api.put(name)
    path = f"/workers/scripts/{name}/tails"
    made = await api.result("POST", path, json={"filters": []})
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(made["url"], protocols=("trace-v1",)):
            async with asyncio.timeout(30):
                while name not in await api.sandbox.get("tails", wait="1"):
                    pass
        assert [one["id"] for one in await api.result("GET", path)] == [made["id"]]
    for _ in range(9):
        await api.result("POST", path, json={"filters": []})
    answer = await api.call("POST", path, json={"filters": []})
    assert answer.status_code == 400
    await api.result("DELETE", f"{path}/{made['id']}")
    assert len(await api.result("GET", path)) == 9
    await api.result("POST", path, json={"filters": []})
