"""Real wrangler, the last for Node 20 and a current one, through every command that the bot and its people use."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.sandbox.rest import Api
from tests.sandbox.wranglers import Wrangler

OLDER = pytest.mark.parametrize("wrangler", ["4.86.0"], indirect=True)
"""What both do alike is asked of one of them: a start of wrangler costs more than a second."""


def version_ids(listed: Any) -> list[str]:
    """Oldest first, as wrangler prints them."""
    return [one["id"] for one in listed]


async def test_the_sample_project_goes_live_in_an_environment(wrangler: Wrangler, api: Api, name: str) -> None:
    assert "owner@example.com" in (await wrangler.ok("whoami")).stdout
    await wrangler.ok("d1", "migrations", "apply", "DB", "--remote", "--env", "canary")
    assert (
        "No migrations to apply"
        in (await wrangler.ok("d1", "migrations", "list", "DB", "--remote", "--env", "canary")).stdout
    )
    ran = await wrangler.ok("deploy", "--env", "canary", "--message", "why", "--tag", "abc123")
    entry = ran.entry("deploy")
    assert entry["worker_name"] == f"{name}-canary"
    assert entry["targets"] == [f"https://{name}-canary.sandbox.workers.dev"]
    health = (await api.get(f"{name}-canary", "/health")).json()
    assert health == {
        "status": "ok",
        "version": {"id": entry["version_id"], "tag": "abc123"},
        "components": {"d1": "ok", "kv": "ok"},
    }
    second = (await wrangler.ok("deploy", "--env", "canary", "--message", "again")).entry("deploy")["version_id"]
    status = (await wrangler.ok("deployments", "status", "--json", "--env", "canary")).json()
    assert status["versions"] == [{"version_id": second, "percentage": 100}]
    assert status["annotations"]["workers/message"] == "again"
    assert (await api.get(f"{name}-canary")).headers["x-version"] == second


async def test_versions_are_uploaded_listed_split_and_rolled_back(wrangler: Wrangler, api: Api, name: str) -> None:
    first = (await wrangler.ok("deploy", "--env=")).entry("deploy")["version_id"]
    uploaded = (await wrangler.ok("versions", "upload", "--env=", "--tag", "t2", "--message", "m2")).entry(
        "version-upload"
    )
    second = uploaded["version_id"]
    assert uploaded["preview_url"] == f"https://{second[:8]}-{name}.sandbox.workers.dev"
    assert version_ids((await wrangler.ok("versions", "list", "--json", "--env=")).json()) == [first, second]
    viewed = (await wrangler.ok("versions", "view", second, "--json", "--env=")).json()
    assert viewed["annotations"]["workers/tag"] == "t2"
    assert {one["name"] for one in viewed["resources"]["bindings"]} == {"FLAGS", "DB", "VERSION"}
    split = [f"{second}@10%", f"{first}@90%"]
    entry = (await wrangler.ok("versions", "deploy", *split, "-y", "--message", "split", "--env=")).entry(
        "version-deploy"
    )
    assert await api.live(name) == {second: 10, first: 90}
    listed = (await wrangler.ok("deployments", "list", "--json", "--env=")).json()
    assert [listed[-1]["id"], len(listed)] == [entry["deployment_id"], 2]
    await wrangler.ok("rollback", first, "-y", "--message", "back", "--env=")
    assert await api.live(name) == {first: 100}


async def test_secrets_are_put_listed_and_set_in_bulk(wrangler: Wrangler, api: Api, name: str) -> None:
    await api.put(name)
    await wrangler.ok("secret", "put", "TOKEN", "--env=", stdin="one\n")
    await wrangler.ok("secret", "bulk", "--env=", stdin=json.dumps({"A": "1", "B": "2"}))
    assert {one["name"] for one in (await wrangler.ok("secret", "list", "--env=")).json()} == {"TOKEN", "A", "B"}
    live = await api.live(name)
    await wrangler.ok("versions", "secret", "put", "TOKEN", "--env=", "--message", "new token", stdin="two\n")
    await wrangler.ok("versions", "secret", "bulk", "--env=", stdin=json.dumps({"C": "3"}))
    assert await api.live(name) == live
    for arguments in (["put", "TOKEN"], ["bulk"]):
        refused = await wrangler("secret", *arguments, "--env=", stdin='{"D": "4"}')
        assert refused.status == 1
        assert "latest version" in refused.stdout + refused.stderr
    newest = (await api.result("GET", f"/workers/scripts/{name}/versions"))["items"][0]["id"]
    await wrangler.ok("versions", "deploy", f"{newest}@100%", "-y", "--env=")
    assert await api.live(name) == {newest: 100}
    assert {one["name"] for one in await api.result("GET", f"/workers/scripts/{name}/secrets")} == {
        "TOKEN",
        "A",
        "B",
        "C",
    }


async def test_kv_is_made_written_and_read(wrangler: Wrangler, name: str) -> None:
    created = await wrangler.ok("kv", "namespace", "create", f"{name}-more")
    assert '"id"' in created.stdout
    where = ("--binding", "FLAGS", "--remote", "--env=")
    await wrangler.ok("kv", "key", "put", "a/b c", "value", *where, "--metadata", '{"by": "me"}')
    assert (await wrangler.ok("kv", "key", "get", "a/b c", *where, "--text")).stdout == "value\n"
    assert (await wrangler.ok("kv", "key", "list", *where)).json() == [{"name": "a/b c", "metadata": {"by": "me"}}]
    missing = await wrangler("kv", "key", "get", "nothing", *where, "--text")
    assert missing.status == 1
    assert "404" in missing.stderr


async def test_d1_is_made_queried_and_taken_back_in_time(wrangler: Wrangler, name: str) -> None:
    assert f"'{name}-new'" in (await wrangler.ok("d1", "create", f"{name}-new")).stdout
    remote = ("DB", "--remote", "--json", "--env=")
    (wrangler.project / "two.sql").write_text(
        "-- first; a comment\nCREATE TABLE t (a TEXT);\nINSERT INTO t VALUES ('x; y');\n"
    )
    imported = (await wrangler.ok("d1", "execute", *remote, "--file", "two.sql", "-y")).json()
    assert imported[0]["results"][0]["Total queries executed"] == 2
    bookmark = (await wrangler.ok("d1", "time-travel", "info", "DB", "--json", "--env=")).json()["bookmark"]
    deleted = (
        await wrangler.ok("d1", "execute", *remote, "--command", "DELETE FROM t; SELECT count(*) AS n FROM t")
    ).json()
    assert [deleted[0]["meta"]["changes"], deleted[1]["results"]] == [1, [{"n": 0}]]
    await wrangler.ok("d1", "time-travel", "restore", "DB", "--bookmark", bookmark, "--json", "--env=")
    assert (await wrangler.ok("d1", "execute", *remote, "--command", "SELECT a FROM t")).json()[0]["results"] == [
        {"a": "x; y"}
    ]
    wrong = await wrangler("d1", "execute", *remote, "--command", "SELEC 1")
    assert [wrong.status, wrong.json()["error"]["code"]] == [1, 7500]


async def test_r2_is_made_listed_and_filled(wrangler: Wrangler, name: str) -> None:
    await wrangler.ok("r2", "bucket", "create", name)
    assert name in (await wrangler.ok("r2", "bucket", "list")).stdout
    (wrangler.project / "file.txt").write_text("content")
    await wrangler.ok("r2", "object", "put", f"{name}/a/b.txt", "--file", "file.txt", "--remote")
    assert (await wrangler.ok("r2", "object", "get", f"{name}/a/b.txt", "--remote", "--pipe")).stdout == "content"


async def objects(stream: asyncio.StreamReader) -> AsyncIterator[Any]:
    """The JSON objects that a tail prints, over several lines each."""
    text = ""
    while line := await stream.readline():
        text += line.decode()
        if line == b"}\n":
            yield json.loads(text)
            text = ""


async def test_a_live_tail_shows_logs_and_exceptions_with_the_version(wrangler: Wrangler, api: Api, name: str) -> None:
    code = """export default { fetch(request) {
      console.log("seen", { n: 1 });
      if (request.url.endsWith("x")) throw new Error("no");
      return new Response("");
    } };"""
    version = await api.put(name, code)
    process = await wrangler.start("tail", name, "--format", "json")
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            while name not in await api.sandbox.get("tails", wait="1"):
                pass
            reader = objects(process.stdout)
            await api.get(name, "/ok")
            await api.get(name, "/x")
            seen = [await anext(reader), await anext(reader)]
    finally:
        process.send_signal(signal.SIGTERM)
        await process.communicate()
    assert [one["outcome"] for one in seen] == ["ok", "exception"]
    assert {one["scriptVersion"]["id"] for one in seen} == {version}
    assert seen[0]["logs"][0]["message"] == ["seen", {"n": 1}]
    assert seen[1]["exceptions"][0]["message"] == "no"


@OLDER
async def test_a_startup_error_is_10021_and_changes_nothing(wrangler: Wrangler, api: Api, name: str) -> None:
    first = await api.put(name)
    (wrangler.project / "src" / "index.js").write_text("throw new Error('bad start'); export default {};")
    refused = await wrangler("deploy", "--env=")
    assert [refused.status, refused.entry("command-failed")["code"]] == [1, 10021]
    assert "bad start" in refused.stderr
    assert await api.live(name) == {first: 100}


@OLDER
async def test_a_rollback_over_changed_secrets_is_forced_by_wrangler(wrangler: Wrangler, api: Api, name: str) -> None:
    first = await api.put(name)
    secret = {"name": "TOKEN", "type": "secret_text", "text": "one"}
    await api.result("PUT", f"/workers/scripts/{name}/secrets", json=secret)
    await wrangler.ok("rollback", first, "-y", "--env=")
    assert await api.live(name) == {first: 100}
    calls = (await api.sandbox.get("calls"))["calls"]
    posts = [one for one in calls if one["path"].endswith(f"/{name}/deployments") and one["method"] == "POST"]
    assert [(one["query"], one["status"]) for one in posts] == [("", 400), ("force=true", 200)]


@OLDER
async def test_a_lost_answer_fails_wrangler_but_the_deployment_is_there(
    wrangler: Wrangler, api: Api, name: str
) -> None:
    first = await api.put(name)
    lost = {"do": "lost", "method": "POST", "path": f".*/{name}/deployments", "times": 1}
    await api.sandbox.post("rules/api", lost)
    assert (await wrangler("deploy", "--env=")).status == 1
    assert first not in await api.live(name)


@OLDER
async def test_an_error_in_the_triggers_comes_after_the_traffic_moved(wrangler: Wrangler, api: Api, name: str) -> None:
    first = await api.put(name)
    refuse = {"do": "status", "status": 403, "method": "POST", "path": f".*/{name}/subdomain", "times": 1}
    await api.sandbox.post("rules/api", refuse)
    assert (await wrangler("deploy", "--env=")).status == 1
    assert first not in await api.live(name)


@OLDER
async def test_an_upload_is_tried_three_times_on_5xx(wrangler: Wrangler, api: Api, name: str) -> None:
    await api.put(name)
    await api.sandbox.post(
        "rules/api", {"do": "status", "status": 503, "path": f".*/{name}/versions", "times": 2, "method": "POST"}
    )
    await wrangler.ok("versions", "upload", "--env=")
    assert len((await api.result("GET", f"/workers/scripts/{name}/versions"))["items"]) == 2


@OLDER
async def test_a_wrong_token_is_refused_with_10000(wrangler: Wrangler) -> None:
    refused = await wrangler("deploy", "--env=", CLOUDFLARE_API_TOKEN="wrong")
    assert [refused.status, refused.entry("command-failed")["code"]] == [1, 10000]


COUNTER = """import { DurableObject } from "cloudflare:workers";
export class Counter extends DurableObject {
  async add() {
    const count = ((await this.ctx.storage.get("count")) ?? 0) + 1;
    await this.ctx.storage.put("count", count);
    return count;
  }
}
export default { fetch: async (request, env) => new Response(await env.COUNTER.getByName("one").add()) };
"""


@OLDER
async def test_a_durable_object_goes_out_by_the_single_put(wrangler: Wrangler, api: Api, name: str) -> None:
    config = {
        "name": name,
        "main": "src/index.js",
        "compatibility_date": "2026-04-01",
        "durable_objects": {"bindings": [{"name": "COUNTER", "class_name": "Counter"}]},
        "migrations": [{"tag": "v1", "new_sqlite_classes": ["Counter"]}],
    }
    (wrangler.project / "wrangler.jsonc").write_text(json.dumps(config))
    (wrangler.project / "src" / "index.js").write_text(COUNTER)
    assert (await wrangler("versions", "upload")).status == 1
    await wrangler.ok("deploy")
    assert (await api.get(name)).text == "1"
    await wrangler.ok("deploy")
    assert (await api.get(name)).text == "2"
    config["migrations"] = [*config["migrations"], {"tag": "v2", "new_sqlite_classes": ["Other"]}]
    (wrangler.project / "wrangler.jsonc").write_text(json.dumps(config))
    (wrangler.project / "src" / "index.js").write_text(COUNTER + "export class Other extends DurableObject {}")
    refused = await wrangler("versions", "upload")
    assert [refused.status, refused.entry("command-failed").get("code")] == [1, 10211]


@OLDER
async def test_an_old_service_worker_still_goes_live(wrangler: Wrangler, api: Api, name: str) -> None:
    config = {"name": name, "main": "src/index.js", "compatibility_date": "2026-04-01", "vars": {"WORD": "old"}}
    (wrangler.project / "wrangler.jsonc").write_text(json.dumps(config))
    code = 'addEventListener("fetch", (event) => event.respondWith(new Response(WORD)));'
    (wrangler.project / "src" / "index.js").write_text(code)
    (wrangler.project / "package.json").unlink()
    await wrangler.ok("deploy")
    assert (await api.get(name)).text == "old"


@OLDER
async def test_a_secret_for_an_unknown_worker_makes_a_draft_of_it(wrangler: Wrangler, api: Api, name: str) -> None:
    await wrangler.ok("secret", "put", "TOKEN", "--env=", stdin="one\n")
    assert await api.result("GET", f"/workers/scripts/{name}/secrets") == [{"name": "TOKEN", "type": "secret_text"}]
    await wrangler.ok("deploy", "--env=")
    assert (await api.get(name)).text == "Hello!\n"
