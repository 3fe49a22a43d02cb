"""The front door with real workerd behind it: addresses, splits, overrides, bindings, failures."""

import asyncio
import json
from collections import Counter

import aiohttp
import pytest

from sandbox.running import Sandbox
from tests.sandbox.rest import Api

NAMED = "export default { fetch: () => new Response('%s') };"
STORE = """export default { async fetch(request, env) {
  const { searchParams } = new URL(request.url);
  const value = searchParams.get("put");
  if (value) {
    await env.KV.put("key", value);
    await env.BUCKET.put("folder/object", value);
    await env.DB.exec("CREATE TABLE IF NOT EXISTS seen (value TEXT)");
    await env.DB.prepare("INSERT INTO seen VALUES (?)").bind(value).run();
  }
  const rows = await env.DB.prepare("SELECT value FROM seen").all();
  const object = await env.BUCKET.get("folder/object");
  const d1 = rows.results.map((row) => row.value);
  return Response.json({ kv: await env.KV.get("key"), r2: await object?.text(), d1, version: env.VERSION.id });
} };"""


async def test_a_worker_answers_on_its_port_its_name_and_its_localhost_name(api: Api, name: str) -> None:
    version = await api.put(name, annotations={"workers/tag": "t1"})
    assert (await api.get(name)).text == f"{version} t1"
    for host in (f"{name}.sandbox.workers.dev", f"{name}.localhost"):
        reply = await api.client.get(api.sandbox.edge, headers={"Host": host})
        assert reply.text == f"{version} t1"


async def test_the_worker_sees_its_public_url_and_the_vendors_headers(api: Api, name: str) -> None:
    await api.put(
        name, "export default { fetch: (r) => Response.json({ url: r.url, headers: [...r.headers.keys()] }) };"
    )
    reply = await api.client.get(f"{api.sandbox.edge}/a%20b?c=d", headers={"Host": f"{name}.sandbox.workers.dev"})
    seen = reply.json()
    assert seen["url"] == f"https://{name}.sandbox.workers.dev/a%20b?c=d"
    assert {"cf-ray", "cf-connecting-ip"} <= set(seen["headers"])
    assert not [one for one in seen["headers"] if one.startswith("sandbox")]


async def test_unknown_and_switched_off_workers_are_not_found(api: Api, name: str) -> None:
    assert (await api.client.get(api.sandbox.edge, headers={"Host": "nobody.sandbox.workers.dev"})).status_code == 404
    await api.put(name)
    await api.result("POST", f"/workers/scripts/{name}/subdomain", json={"enabled": False, "previews_enabled": False})
    assert (await api.get(name)).status_code == 404


async def test_a_split_is_by_weight_and_overrides_hold_only_inside_of_it(api: Api, name: str) -> None:
    first = await api.put(name, NAMED % "first")
    second, third = await api.upload(name, NAMED % "second"), await api.upload(name, NAMED % "third")
    await api.deploy(name, {second: 20, first: 80})
    texts = Counter([(await api.get(name)).text for _ in range(200)])
    assert 15 <= texts["second"] <= 70
    assert texts["first"] + texts["second"] == 200
    asked = {"Cloudflare-Workers-Version-Overrides": f'other="x", {name}="{second}"'}
    assert {(await api.get(name, headers=asked)).text for _ in range(5)} == {"second"}
    await api.deploy(name, {second: 0, first: 100})
    assert {(await api.get(name, headers=asked)).text for _ in range(5)} == {"second"}
    assert {(await api.get(name)).text for _ in range(20)} == {"first"}
    ignored = {"Cloudflare-Workers-Version-Overrides": f'{name}="{third}"'}
    assert (await api.get(name, headers=ignored)).text == "first"


async def test_who_has_a_key_keeps_the_new_version_as_its_share_rises(api: Api, name: str) -> None:
    first = await api.put(name, NAMED % "first")
    second = await api.upload(name, NAMED % "second")
    keys = [f"user-{number}" for number in range(30)]

    async def on_second(share: float) -> set[str]:
        await api.deploy(name, {first: 100 - share, second: share})
        answers = {key: (await api.get(name, headers={"Cloudflare-Workers-Version-Key": key})).text for key in keys}
        return {key for key, text in answers.items() if text == "second"}

    few, more = await on_second(30), await on_second(70)
    assert few < more
    assert len(few) > 0
    assert len(more) < len(keys)
    assert await on_second(30) == few


async def test_a_version_has_a_url_of_its_own(api: Api, name: str) -> None:
    await api.put(name, NAMED % "first")
    second = await api.upload(name, NAMED % "second")
    host = f"{second[:8]}-{name}.sandbox.workers.dev"
    assert (await api.client.get(api.sandbox.edge, headers={"Host": host})).text == "second"


async def test_both_versions_and_the_api_see_the_same_data(api: Api, name: str) -> None:
    kv = (await api.result("POST", "/storage/kv/namespaces", json={"title": name}))["id"]
    d1 = (await api.result("POST", "/d1/database", json={"name": name}))["uuid"]
    await api.result("POST", "/r2/buckets", json={"name": name})
    bindings = [
        {"name": "KV", "type": "kv_namespace", "namespace_id": kv},
        {"name": "DB", "type": "d1", "id": d1},
        {"name": "BUCKET", "type": "r2_bucket", "bucket_name": name},
    ]
    first = await api.put(name, STORE, bindings=bindings)
    second = await api.upload(name, STORE, bindings=bindings)
    await api.deploy(name, {first: 50, second: 50})

    async def at(version: str, path: str) -> dict[str, object]:
        header = {"Cloudflare-Workers-Version-Overrides": f'{name}="{version}"'}
        found: dict[str, object] = (await api.get(name, path, header)).json()
        assert found.pop("version") == version
        return found

    assert await at(first, "/?put=one") == {"kv": "one", "r2": "one", "d1": ["one"]}
    assert await at(second, "/?put=two") == {"kv": "two", "r2": "two", "d1": ["one", "two"]}
    assert await at(first, "/") == {"kv": "two", "r2": "two", "d1": ["one", "two"]}
    assert (await api.call("GET", f"/storage/kv/namespaces/{kv}/values/key")).text == "two"
    assert (await api.call("GET", f"/r2/buckets/{name}/objects/folder/object")).text == "two"
    rows = await api.result(
        "POST", f"/d1/database/{d1}/query", json={"sql": "INSERT INTO seen VALUES ('api'); SELECT * FROM seen"}
    )
    assert [row["value"] for row in rows[1]["results"]] == ["one", "two", "api"]
    await api.call("PUT", f"/storage/kv/namespaces/{kv}/values/key", content=b"three")
    await api.call("PUT", f"/r2/buckets/{name}/objects/folder/object", content=b"three")
    assert await at(second, "/") == {"kv": "three", "r2": "three", "d1": ["one", "two", "api"]}


async def test_vars_secrets_and_json_reach_the_worker(api: Api, name: str) -> None:
    code = "export default { fetch: (r, { TEXT, TOKEN, LIST }) => Response.json({ TEXT, TOKEN, LIST }) };"
    texts = [
        {"name": "TEXT", "type": "plain_text", "text": "t"},
        {"name": "LIST", "type": "json", "json": [1, {"a": None}]},
    ]
    await api.put(name, code, bindings=[*texts, {"name": "TOKEN", "type": "secret_text", "text": "s3cret"}])
    assert (await api.get(name)).json() == {"TEXT": "t", "TOKEN": "s3cret", "LIST": [1, {"a": None}]}


async def test_a_service_binding_reaches_the_live_version_of_the_other_worker(api: Api, name: str) -> None:
    other = f"{name}-other"
    first = await api.put(other, NAMED % "other 1")
    binding = {"name": "OTHER", "type": "service", "service": other}
    code = "export default { fetch: (r, env) => env.OTHER.fetch('https://other/x', { method: 'POST', body: 'b' }) };"
    await api.put(name, code, bindings=[binding])
    assert (await api.get(name)).text == "other 1"
    second = await api.upload(other, NAMED % "other 2")
    await api.deploy(other, {second: 100})
    assert (await api.get(name)).text == "other 2"
    assert first != second


OBJECTS = """import { DurableObject } from "cloudflare:workers";
export class Counter extends DurableObject {
  async add() { const n = ((await this.ctx.storage.get("n")) ?? 0) + 1; await this.ctx.storage.put("n", n); return n; }
}
export default { fetch: async (r, env) => new Response(await env.COUNTER.get(env.COUNTER.idFromName("one")).add()) };"""


async def test_a_durable_object_keeps_its_state_over_versions(api: Api, name: str) -> None:
    binding = {"name": "COUNTER", "type": "durable_object_namespace", "class_name": "Counter"}
    steps = [{"new_sqlite_classes": ["Counter"]}]
    first = await api.put(name, OBJECTS, bindings=[binding], migrations={"new_tag": "v1", "steps": steps})
    assert [(await api.get(name)).text for _ in range(2)] == ["1", "2"]
    second = await api.upload(name, OBJECTS, bindings=[binding])
    await api.deploy(name, {second: 100})
    assert (await api.get(name)).text == "3"
    await api.deploy(name, {first: 50, second: 50})
    assert [(await api.get(name)).text for _ in range(12)] == [str(number) for number in range(4, 16)]


async def test_an_exception_is_the_vendors_page_and_counts_as_an_error_a_500_does_not(api: Api, name: str) -> None:
    code = """export default { fetch(request) {
      if (request.url.endsWith("/throw")) throw new Error("secret detail");
      return new Response("mine", { status: 500 });
    } };"""
    version = await api.put(name, code)
    assert (await api.get(name, "/")).text == "mine"
    thrown = await api.get(name, "/throw")
    assert thrown.status_code == 500
    assert "1101" in thrown.text
    assert "secret detail" not in thrown.text
    counted = (await api.sandbox.get("traffic"))[name][version]
    assert (counted["requests"], counted["errors"], counted["statuses"]) == (2, 1, {"500": 2})


async def test_a_websocket_goes_through_to_the_worker(api: Api, name: str) -> None:
    code = """export default { fetch() {
      const [client, server] = Object.values(new WebSocketPair());
      server.accept();
      server.addEventListener("message", (event) => server.send("echo " + event.data));
      return new Response(null, { status: 101, webSocket: client });
    } };"""
    await api.put(name, code)
    async with aiohttp.ClientSession() as session, session.ws_connect(await api.url(name)) as socket:
        await socket.send_str("hello")
        assert await socket.receive_str(timeout=30) == "echo hello"


async def test_a_large_body_a_redirect_and_cookies_pass_unchanged(api: Api, name: str) -> None:
    code = """export default { async fetch(request) {
      if (request.method === "POST") return new Response((await request.arrayBuffer()).byteLength);
      const headers = new Headers({ location: "/there" });
      headers.append("set-cookie", "a=1"); headers.append("set-cookie", "b=2");
      return new Response(null, { status: 302, headers });
    } };"""
    await api.put(name, code)
    url = await api.url(name)
    assert (await api.client.post(url, content=b"x" * 3_000_000)).text == "3000000"
    reply = await api.client.get(url)
    assert reply.status_code == 302
    assert reply.headers["location"] == "/there"
    assert reply.headers.get_list("set-cookie") == ["a=1", "b=2"]


async def test_a_cron_trigger_can_be_run_by_hand(api: Api, name: str) -> None:
    kv = (await api.result("POST", "/storage/kv/namespaces", json={"title": name}))["id"]
    code = (
        "export default { scheduled: (event, env) => env.KV.put('cron', event.cron), fetch: () => new Response('') };"
    )
    await api.put(name, code, bindings=[{"name": "KV", "type": "kv_namespace", "namespace_id": kv}])
    assert (await api.sandbox.post(f"scripts/{name}/cron", {"cron": "*/5 * * * *"}))["outcome"] == "ok"
    assert (await api.call("GET", f"/storage/kv/namespaces/{kv}/values/cron")).text == "*/5 * * * *"


@pytest.mark.parametrize("loaded", [1, 8])
async def test_no_request_is_lost_while_versions_change(api: Api, name: str, loaded: int) -> None:
    first = await api.put(name, NAMED % "first")
    second = await api.upload(name, NAMED % "second")
    seen: Counter[str] = Counter()
    done = asyncio.Event()

    async def load() -> None:
        while not done.is_set():
            reply = await api.get(name)
            seen[reply.text if reply.status_code == 200 else str(reply.status_code)] += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(loaded):
            group.create_task(load())
        try:
            for version, text in ((second, "second"), (first, "first"), (second, "second")):
                await api.deploy(name, {version: 100})
                before = seen[text]
                async with asyncio.timeout(20):
                    while seen[text] <= before:
                        await api.get(name)
        finally:
            done.set()
    assert set(seen) == {"first", "second"}


async def test_traffic_is_counted_for_each_version(api: Api, sandbox: Sandbox, name: str) -> None:
    version = await api.put(name)
    for _ in range(3):
        await api.get(name)
    counted = (await sandbox.get("traffic"))[name]
    assert list(counted) == [version]
    assert counted[version]["requests"] == 3
    assert counted[version]["milliseconds"]["p50"] > 0
    assert json.dumps(counted)
