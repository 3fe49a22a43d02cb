"""D1, KV and R2 by REST: what the API promises about data."""

import asyncio

import pytest

from tests.sandbox.rest import Api


async def database(api: Api, name: str) -> str:
    return f"/d1/database/{(await api.result('POST', '/d1/database', json={'name': name}))['uuid']}"


async def test_a_query_of_several_statements_happens_as_a_whole_or_not_at_all(api: Api, name: str) -> None:
    path = await database(api, name)
    failing = {"sql": "CREATE TABLE one (a); INSERT INTO one VALUES (1); INSERT INTO nowhere VALUES (1);"}
    status, code, message = await api.refusal("POST", f"{path}/query", json=failing)
    assert (status, code) == (400, 7500)
    assert "no such table: nowhere" in message
    tables = await api.result(
        "POST", f"{path}/query", json={"sql": "SELECT name FROM sqlite_master WHERE name = 'one'"}
    )
    assert tables[0]["results"] == []


async def test_parameters_are_bound_and_raw_rows_are_lists(api: Api, name: str) -> None:
    path = await database(api, name)
    asked = {"sql": "SELECT ?1 AS a, ?2 AS b", "params": ["x'; --", 2]}
    assert (await api.result("POST", f"{path}/query", json=asked))[0]["results"] == [{"a": "x'; --", "b": 2}]
    assert (await api.result("POST", f"{path}/raw", json=asked))[0]["results"] == {
        "columns": ["a", "b"],
        "rows": [["x'; --", 2]],
    }


async def test_a_moment_in_time_finds_the_state_of_then(api: Api, name: str) -> None:
    path = await database(api, name)
    await api.result("POST", f"{path}/query", json={"sql": "CREATE TABLE t (a); INSERT INTO t VALUES (1)"})
    before = (await api.result("GET", f"{path}/time_travel/bookmark"))["bookmark"]
    assert (await api.result("GET", f"{path}/time_travel/bookmark"))["bookmark"] == before
    await asyncio.sleep(0.01)  # Bookmarks are told apart by the millisecond.
    await api.result("POST", f"{path}/query", json={"sql": "INSERT INTO t VALUES (2)"})
    after = (await api.result("GET", f"{path}/time_travel/bookmark"))["bookmark"]
    assert before < after
    restored = await api.result("POST", f"{path}/time_travel/restore?bookmark={before}")
    assert (restored["bookmark"], restored["previous_bookmark"]) == (before, after)
    await api.result("POST", f"{path}/time_travel/restore?bookmark={restored['previous_bookmark']}")
    rows = await api.result("POST", f"{path}/query", json={"sql": "SELECT a FROM t"})
    assert rows[0]["results"] == [{"a": 1}, {"a": 2}]
    assert (await api.refusal("POST", f"{path}/time_travel/restore?bookmark=none"))[0] == 400


async def test_names_can_be_had_once(api: Api, name: str) -> None:
    for path, key, code in (
        ("/d1/database", "name", 7502),
        ("/storage/kv/namespaces", "title", 10014),
        ("/r2/buckets", "name", 10004),
    ):
        await api.result("POST", path, json={key: name})
        assert (await api.refusal("POST", path, json={key: name}))[1] == code


@pytest.mark.parametrize("key", ["plain", "with space", "a/b/c", "ümläut", "a%20b", "?&=#"])
async def test_any_key_of_kv_can_be_written_read_and_deleted(api: Api, name: str, key: str) -> None:
    space = (await api.result("POST", "/storage/kv/namespaces", json={"title": name}))["id"]
    quoted = "".join(f"%{byte:02X}" for byte in key.encode())
    path = f"/storage/kv/namespaces/{space}/values/{quoted}"
    await api.result("PUT", path, content=b"\x00bytes\xff")
    assert (await api.call("GET", path)).content == b"\x00bytes\xff"
    assert [one["name"] for one in await api.result("GET", f"/storage/kv/namespaces/{space}/keys")] == [key]
    await api.result("DELETE", path)
    assert (await api.refusal("GET", path))[1] == 10009
