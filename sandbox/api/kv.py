"""KV namespaces and their values: the very data that Workers see, at once (the vendor's may take a minute)."""

from aiohttp import BodyPartReader, web

from sandbox import errors
from sandbox.account import Resource, new_id
from sandbox.reply import Json, json_body, ok, page
from sandbox.storage import kv_delete, kv_get, kv_list, kv_put
from sandbox.world import note, world

routes = web.RouteTableDef()
_SPACES = "/storage/kv/namespaces"
_SPACE = f"{_SPACES}/{{namespace}}"
_VALUE = f"{_SPACE}/values/{{key:.+}}"


def _namespace(request: web.Request) -> Resource:
    found = world(request).account.resources.get(request.match_info["namespace"])
    if found is None or found.kind != "kv":
        raise errors.namespace_missing()
    return found


def _shown(one: Resource) -> Json:
    return {"id": one.id, "title": one.name, "supports_url_encoding": True}


@routes.get(_SPACES)
async def namespaces(request: web.Request) -> web.Response:
    """A page of them."""
    return page([_shown(one) for one in world(request).account.resources_of("kv")], request)


@routes.post(_SPACES)
async def create(request: web.Request) -> web.Response:
    """Makes an empty namespace; a title can be had once."""
    account, title = world(request).account, str((await json_body(request)).get("title", ""))
    if any(one.name == title for one in account.resources_of("kv")):
        raise errors.namespace_exists()
    made = Resource("kv", new_id(), title)
    account.save(made)
    note(request, "namespaces")
    return ok(_shown(made))


@routes.get(_SPACE)
async def namespace(request: web.Request) -> web.Response:
    """One, by id."""
    return ok(_shown(_namespace(request)))


@routes.delete(_SPACE)
async def delete(request: web.Request) -> web.Response:
    """Forgets the namespace."""
    world(request).account.delete(_namespace(request))
    note(request, "deletions")
    return ok(None)


@routes.get(f"{_SPACE}/keys")
async def keys(request: web.Request) -> web.Response:
    """Names and metadata of up to `limit` keys, from `cursor` on."""
    asked = request.query
    limit, cursor = int(asked.get("limit", "1000")), asked.get("cursor", "")
    found = await kv_list(world(request), _namespace(request), asked.get("prefix", ""), limit, cursor)
    return ok(found["keys"], info={"count": len(found["keys"]), "cursor": found.get("cursor", "")})


@routes.get(_VALUE)
async def get(request: web.Request) -> web.Response:
    """The bytes themselves, without an envelope."""
    reply = await kv_get(world(request), _namespace(request), request.match_info["key"])
    if reply.status == 404:
        raise errors.key_missing()
    return web.Response(status=reply.status, body=reply.body, content_type="application/octet-stream")


@routes.put(_VALUE)
async def put(request: web.Request) -> web.Response:
    """The body is the value; or a form of `value` and `metadata`."""
    options = {name: request.query.get(name, "") for name in ("expiration", "expiration_ttl")}
    if request.content_type.startswith("multipart/"):
        value, options["metadata"] = await _form(request)
    else:
        value = await request.read()
    reply = await kv_put(world(request), _namespace(request), request.match_info["key"], value, options)
    if reply.status >= 400:
        raise errors.malformed(reply.body.decode(errors="replace"))
    note(request, "kv_writes")
    return ok(None)


async def _form(request: web.Request) -> tuple[bytes, str]:
    parts: dict[str, bytes] = {}
    async for part in await request.multipart():
        if isinstance(part, BodyPartReader):
            parts[part.name or ""] = bytes(await part.read(decode=False))
    return parts.get("value", b""), parts.get("metadata", b"").decode()


@routes.delete(_VALUE)
async def delete_key(request: web.Request) -> web.Response:
    """Deletes a key, whether it is there or not."""
    await kv_delete(world(request), _namespace(request), request.match_info["key"])
    note(request, "kv_writes")
    return ok(None)


@routes.put(f"{_SPACE}/bulk")
async def bulk(request: web.Request) -> web.Response:
    """A list of {key, value, expiration, expiration_ttl, metadata}."""
    here, namespace = world(request), _namespace(request)
    pairs = await request.json()
    for one in pairs:
        options = {name: str(one[name]) for name in ("expiration", "expiration_ttl") if one.get(name)}
        await kv_put(here, namespace, one["key"], str(one["value"]).encode(), options)
    note(request, "kv_writes", len(pairs))
    return ok({"successful_key_count": len(pairs), "unsuccessful_keys": []})
