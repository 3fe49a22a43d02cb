"""Speaks to the account's storage in the protocols that the runtime itself uses: so the API sees what the Workers see.

Sources: the KV, D1 and R2 protocols between workerd and Miniflare's storage objects (Miniflare 4).
"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sandbox.account import Resource
from sandbox.world import World

Json = dict[str, Any]


class SqlFailed(Exception):
    """SQLite's words."""


@dataclass(frozen=True)
class Reply:
    """What the storage answered; names of headers in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes


async def _call(
    here: World,
    resource: Resource,
    method: str,
    path: str,
    *,
    body: bytes | None = None,
    headers: Json | None = None,
    params: dict[str, str] | None = None,
) -> Reply:
    named = {**(headers or {}), "sandbox-resource": f"{resource.kind}/{resource.id}"}
    url = f"http://{here.storage}/{path}"
    async with here.client.request(method, url, data=body, headers=named, params=params) as reply:
        lowered = {name.lower(): value for name, value in reply.headers.items()}
        return Reply(reply.status, lowered, await reply.read())


async def kv_get(here: World, namespace: Resource, key: str) -> Reply:
    """Status 404 where there is no such key."""
    return await _call(here, namespace, "GET", quote(key, safe=""), params={"urlencoded": "true"})


async def kv_put(here: World, namespace: Resource, key: str, value: bytes, options: dict[str, str]) -> Reply:
    """`options`: expiration, expiration_ttl (seconds), metadata (JSON)."""
    params = {name: options[name] for name in ("expiration", "expiration_ttl") if options.get(name)}
    headers = {"CF-KV-Metadata": options["metadata"]} if options.get("metadata") else {}
    path = quote(key, safe="")
    return await _call(
        here, namespace, "PUT", path, body=value, headers=headers, params={"urlencoded": "true", **params}
    )


async def kv_delete(here: World, namespace: Resource, key: str) -> None:
    """Deletes a key, whether it is there or not."""
    await _call(here, namespace, "DELETE", quote(key, safe=""), params={"urlencoded": "true"})


async def kv_list(here: World, namespace: Resource, prefix: str, limit: int, cursor: str) -> Json:
    """{keys, list_complete, cursor}."""
    params = {"key_count_limit": str(limit), "prefix": prefix, "cursor": cursor}
    reply = await _call(here, namespace, "GET", "", params={name: one for name, one in params.items() if one})
    found: Json = json.loads(reply.body)
    for one in found["keys"]:
        if isinstance(one.get("metadata"), str):
            one["metadata"] = json.loads(one["metadata"])
    return found


async def d1_run(here: World, database: Resource, statements: list[Json], *, raw: bool = False) -> list[Json]:
    """The results of these statements, run in one transaction; `SqlFailed` if one fails, then none is done."""
    shape = {"resultsFormat": "ROWS_AND_COLUMNS"} if raw else None
    body = json.dumps(statements).encode()
    reply = await _call(here, database, "POST", "query", body=body, params=shape)
    try:
        results = json.loads(reply.body)
    except ValueError:
        raise SqlFailed(reply.body.decode(errors="replace")) from None
    if isinstance(results, dict):
        raise SqlFailed(str(results.get("error", results)))
    found: list[Json] = results
    return found


async def r2_get(here: World, bucket: Resource, key: str) -> tuple[Json, bytes] | None:
    """(metadata, body) of an object; None if there is none."""
    asked = {"cf-r2-request": json.dumps({"version": 1, "method": "get", "object": key})}
    reply = await _call(here, bucket, "GET", "", headers=asked)
    if reply.status != 200:
        return None
    size = int(reply.headers["cf-r2-metadata-size"])
    return json.loads(reply.body[:size]), reply.body[size:]


async def r2_put(here: World, bucket: Resource, key: str, value: bytes, content_type: str) -> Json:
    """The new object's metadata."""
    asked = {"version": 1, "method": "put", "object": key, "httpFields": {"contentType": content_type}}
    return await _r2_send(here, bucket, asked, value)


async def r2_delete(here: World, bucket: Resource, key: str) -> None:
    """Deletes an object, whether it is there or not."""
    await _r2_send(here, bucket, {"version": 1, "method": "delete", "object": key}, b"")


async def _r2_send(here: World, bucket: Resource, asked: Json, value: bytes) -> Json:
    head = json.dumps(asked).encode()
    reply = await _call(here, bucket, "PUT", "", body=head + value, headers={"cf-r2-metadata-size": str(len(head))})
    answer: Json = json.loads(reply.body) if reply.body else {}
    return answer
