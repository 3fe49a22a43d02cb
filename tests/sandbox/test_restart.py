"""The sandbox's life: what a restart brings back, and that nothing is left behind."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from sandbox.running import Sandbox, children
from tests.sandbox.rest import Api

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks at processes by /proc")

SHOW = """export default { fetch: async (request, env) => {
  const rows = await env.DB.prepare("SELECT a FROM t").all();
  return Response.json({ kv: await env.KV.get("key"), d1: rows.results, token: env.TOKEN });
} };"""


@asynccontextmanager
async def account(state: Path, client: httpx.AsyncClient) -> AsyncIterator[Api]:
    async with Sandbox(state) as running:
        yield Api(running, client)


async def test_a_restarted_sandbox_has_everything_again(tmp_path: Path, client: httpx.AsyncClient) -> None:
    async with account(tmp_path, client) as api:
        kv = (await api.result("POST", "/storage/kv/namespaces", json={"title": "flags"}))["id"]
        d1 = (await api.result("POST", "/d1/database", json={"name": "db"}))["uuid"]
        query = f"/d1/database/{d1}/query"
        await api.result("POST", query, json={"sql": "CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('row')"})
        bookmark = (await api.result("GET", f"/d1/database/{d1}/time_travel/bookmark"))["bookmark"]
        await api.call("PUT", f"/storage/kv/namespaces/{kv}/values/key", content=b"value")
        bindings = [
            {"name": "KV", "type": "kv_namespace", "namespace_id": kv},
            {"name": "DB", "type": "d1", "id": d1},
            {"name": "TOKEN", "type": "secret_text", "text": "s3cret"},
        ]
        first = await api.put("worker", SHOW, bindings=bindings)
        second = await api.upload("worker", SHOW, bindings=bindings)
        await api.deploy("worker", {first: 75, second: 25})
        expected = {"kv": "value", "d1": [{"a": "row"}], "token": "s3cret"}
        url = await api.url("worker")
        assert (await api.get("worker")).json() == expected
        before = await api.result("GET", "/workers/scripts/worker/deployments")
        token, identity = api.sandbox.token, api.sandbox.account_id
    async with account(tmp_path, client) as api:
        assert (api.sandbox.token, api.sandbox.account_id) == (token, identity)
        assert await api.result("GET", "/workers/scripts/worker/deployments") == before
        assert await api.url("worker") == url
        assert (await api.get("worker")).json() == expected
        await api.result("POST", query, json={"sql": "DELETE FROM t"})
        await api.result("POST", f"/d1/database/{d1}/time_travel/restore?bookmark={bookmark}")
        assert (await api.get("worker")).json() == expected


async def test_a_term_signal_ends_it_and_all_that_it_started(tmp_path: Path, client: httpx.AsyncClient) -> None:
    async with account(tmp_path, client) as api:
        await api.put("worker")
        below = children(api.sandbox.pid)
        assert len(below) >= 3
    assert [one for one in below if _runs(one)] == []


async def test_a_kill_signal_leaves_nothing_running_and_nothing_lost(tmp_path: Path, client: httpx.AsyncClient) -> None:
    async with account(tmp_path, client) as api:
        version = await api.put("worker")
        below = children(api.sandbox.pid)
        os.kill(api.sandbox.pid, signal.SIGKILL)
        async with asyncio.timeout(30):
            while [one for one in below if _runs(one)]:  # noqa: ASYNC110 - other processes set no event of ours
                await asyncio.sleep(0.05)
    async with account(tmp_path, client) as api:
        assert await api.live("worker") == {version: 100}
        assert (await api.get("worker")).status_code == 200


async def test_it_listens_on_loopback_only(api: Api) -> None:
    await api.url("any")
    pids = [api.sandbox.pid, *children(api.sandbox.pid)]
    listening = {address for pid in pids for address in _listening(pid)}
    assert listening == {"0100007F"}


def _runs(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def _listening(pid: int) -> set[str]:
    """The addresses, in hexadecimal, that a process listens on."""
    if not _runs(pid):
        return set()
    sockets = {os.readlink(one) for one in Path(f"/proc/{pid}/fd").iterdir() if one.exists() or one.is_symlink()}
    inodes = {one[8:-1] for one in sockets if one.startswith("socket:[")}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            parts = line.split()
            if parts[3] == "0A" and parts[9] in inodes:
                found.add(parts[1].partition(":")[0])
    return found
