"""R2 buckets and their objects."""

from typing import Any

from aiohttp import web

from sandbox import errors
from sandbox.account import Resource
from sandbox.clock import stamp
from sandbox.reply import Json, json_body, ok
from sandbox.storage import r2_delete, r2_get, r2_put
from sandbox.world import note, world

routes = web.RouteTableDef()
_BUCKET = "/r2/buckets/{bucket}"
_OBJECT = f"{_BUCKET}/objects/{{key:.+}}"


def _bucket(request: web.Request) -> Resource:
    found = world(request).account.resource("r2", request.match_info["bucket"])
    if found is None:
        raise errors.bucket_missing()
    return found


def _shown(one: Resource) -> Json:
    return {"name": one.name, "creation_date": one.created_on, "location": "WEUR", "storage_class": "Standard"}


@routes.get("/r2/buckets")
async def buckets(request: web.Request) -> web.Response:
    """All of them."""
    return ok({"buckets": [_shown(one) for one in world(request).account.resources_of("r2")]})


@routes.post("/r2/buckets")
async def create(request: web.Request) -> web.Response:
    """Makes an empty bucket; a name can be had once."""
    account, name = world(request).account, str((await json_body(request)).get("name", ""))
    if account.resource("r2", name):
        raise errors.bucket_exists()
    made = Resource("r2", name, name)
    account.save(made)
    note(request, "buckets")
    return ok(_shown(made))


@routes.get(_BUCKET)
async def bucket(request: web.Request) -> web.Response:
    """One, by name."""
    return ok(_shown(_bucket(request)))


@routes.delete(_BUCKET)
async def delete(request: web.Request) -> web.Response:
    """Forgets the bucket, and does not look whether it is empty."""
    world(request).account.delete(_bucket(request))
    note(request, "deletions")
    return ok({})


@routes.get(_OBJECT)
async def get(request: web.Request) -> web.Response:
    """The object's bytes, without an envelope."""
    found = await r2_get(world(request), _bucket(request), request.match_info["key"])
    if found is None:
        raise errors.object_missing()
    metadata, body = found
    kind = (metadata.get("httpFields") or {}).get("contentType") or "application/octet-stream"
    return web.Response(body=body, headers={"Content-Type": kind, "etag": f'"{metadata.get("etag", "")}"'})


@routes.put(_OBJECT)
async def put(request: web.Request) -> web.Response:
    """Stores the body as an object."""
    kind = request.headers.get("Content-Type", "application/octet-stream")
    made: Any = await r2_put(world(request), _bucket(request), request.match_info["key"], await request.read(), kind)
    note(request, "r2_writes")
    shown = {
        "key": request.match_info["key"],
        "size": str(made.get("size")),
        "etag": made.get("etag"),
        "uploaded": stamp(),
    }
    return ok({**shown, "version": made.get("version"), "storage_class": "Standard"})


@routes.delete(_OBJECT)
async def delete_object(request: web.Request) -> web.Response:
    """Deletes an object, whether it is there or not."""
    await r2_delete(world(request), _bucket(request), request.match_info["key"])
    note(request, "r2_writes")
    return ok({"key": request.match_info["key"]})
