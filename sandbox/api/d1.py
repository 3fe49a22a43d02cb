"""D1 databases: list, create, query, import, time travel.

A query of several statements is one transaction: all of it happens, or nothing.
"""

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox import errors
from sandbox.account import Resource
from sandbox.clock import now, parse
from sandbox.reply import Json, json_body, ok, page
from sandbox.sql import reads_only, records_migration, statements
from sandbox.storage import SqlFailed, d1_run
from sandbox.timetravel import TimeTravel
from sandbox.world import note, world

routes = web.RouteTableDef()
TRAVEL: web.AppKey[TimeTravel] = web.AppKey("travel", TimeTravel)
_DATABASE = "/d1/database/{database}"


@dataclass
class _Uploads:
    """Files on their way into a database, by name; gone with the process, as an import is repeated from its start."""

    files: dict[str, bytes] = field(default_factory=dict)


UPLOADS: web.AppKey[_Uploads] = web.AppKey("uploads", _Uploads)


def setup(app: web.Application, travel: TimeTravel) -> None:
    """Gives the application what the handlers here need."""
    app[TRAVEL] = travel
    app[UPLOADS] = _Uploads()


def _database(request: web.Request) -> Resource:
    wanted = request.match_info["database"]
    found = world(request).account.resource("d1", wanted)
    if found is None:
        raise errors.database_missing(wanted)
    return found


def _shown(one: Resource) -> Json:
    return {"uuid": one.id, "name": one.name, "version": "production", "created_at": one.created_on}


@routes.get("/d1/database")
async def databases(request: web.Request) -> web.Response:
    """A page of them; `name` finds one."""
    name = request.query.get("name")
    found = [one for one in world(request).account.resources_of("d1") if name in (None, one.name)]
    return page([_shown(one) for one in found], request, 100)


@routes.post("/d1/database")
async def create(request: web.Request) -> web.Response:
    """Makes an empty database; a name can be had once."""
    here, body = world(request), await json_body(request)
    name = str(body.get("name", ""))
    if here.account.resource("d1", name):
        raise errors.database_exists(name)
    made = Resource("d1", str(uuid.uuid4()), name)
    await d1_run(here, made, [{"sql": "SELECT 1"}])
    here.account.save(made)
    note(request, "databases")
    return ok({**_shown(made), "file_size": 0, "num_tables": 0, "created_in_region": "WEUR"})


@routes.get(_DATABASE)
async def database(request: web.Request) -> web.Response:
    """One, by id or by name, as wrangler asks for both."""
    extra = {"file_size": 8192, "num_tables": 0, "running_in_region": "WEUR", "read_replication": {"mode": "disabled"}}
    return ok({**_shown(_database(request)), **extra})


@routes.delete(_DATABASE)
async def delete(request: web.Request) -> web.Response:
    """Forgets the database; its files stay in the state folder."""
    world(request).account.delete(_database(request))
    note(request, "deletions")
    return ok(None)


@routes.post(f"{_DATABASE}/query")
async def query(request: web.Request) -> web.Response:
    """The results of each statement."""
    return ok(await _execute(request, raw=False))


@routes.post(f"{_DATABASE}/raw")
async def raw(request: web.Request) -> web.Response:
    """The same, rows as lists."""
    return ok(await _execute(request, raw=True))


async def _execute(request: web.Request, *, raw: bool) -> list[Json]:
    database, body = _database(request), await json_body(request)
    asked = body.get("batch") or [body]
    todo: list[Json] = []
    for one in asked:
        parts = statements(str(one.get("sql", "")))
        if one.get("params") and len(parts) > 1:
            raise errors.sql_failed("Parameters can only be bound to a single statement: SQLITE_MISUSE")
        todo += [{"sql": part, "params": one.get("params") or []} for part in parts]
    if not todo:
        raise errors.sql_failed("No SQL statements detected.")
    return await _run(request, database, todo, raw=raw)


async def _run(request: web.Request, database: Resource, todo: list[Json], *, raw: bool = False) -> list[Json]:
    here, travel = world(request), request.app[TRAVEL]
    changes = [one["sql"] for one in todo if not reads_only(one["sql"])]
    if changes:
        travel.take(database.id)
    try:
        results = await d1_run(here, database, todo, raw=raw)
    except SqlFailed as failed:
        raise errors.sql_failed(str(failed)) from None
    if changes:
        note(request, "d1_writes")
        note(request, "migrations", sum(records_migration(one) for one in changes))
        travel.take(database.id)
    return results


@routes.post(f"{_DATABASE}/import")
async def import_file(request: web.Request) -> web.Response:
    """A file in three steps: `init` gives an address to PUT it to, `ingest` runs it, `poll` tells how it went."""
    database, body = _database(request), await json_body(request)
    etag = str(body.get("etag", ""))
    name = f"{database.id}.{etag}.sql"
    if body.get("action") == "init":
        address = f"{world(request).api}/_sandbox/d1-uploads/{name}"
        return ok({"success": True, "type": "import", "filename": name, "upload_url": address, "at_bookmark": ""})
    if body.get("action") == "ingest":
        text = request.app[UPLOADS].files.pop(str(body.get("filename")), None)
        if text is None:
            raise errors.malformed("There is no uploaded file of that name.")
        return ok(await _ingest(request, database, text.decode()))
    raise errors.malformed("The action is one of init, ingest; an import is done when ingest has answered.")


async def _ingest(request: web.Request, database: Resource, text: str) -> Json:
    began = now()
    todo = [{"sql": one, "params": []} for one in statements(text)]
    base = {"success": True, "type": "import", "at_bookmark": request.app[TRAVEL].take(database.id)}
    try:
        results = await _run(request, database, todo)
    except errors.ApiError as failed:
        return {**base, "status": "error", "errors": [failed.message], "messages": []}
    metas: list[Json] = [one["meta"] for one in results]
    meta = {
        "duration": (now() - began) * 1000,
        "rows_read": sum(one["rows_read"] for one in metas),
        "rows_written": sum(one["rows_written"] for one in metas),
        "size_after": metas[-1]["size_after"] if metas else 0,
        "changed_db": True,
    }
    bookmark = request.app[TRAVEL].take(database.id)
    result = {"num_queries": len(todo), "final_bookmark": bookmark, "meta": meta}
    return {**base, "status": "complete", "messages": [f"Processed {len(todo)} queries."], "result": result}


async def take_upload(request: web.Request) -> web.Response:
    """The address that `init` gave: takes the file; answers its MD5 as etag, as object storage does."""
    body = await request.read()
    request.app[UPLOADS].files[request.match_info["name"]] = body
    etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
    return web.Response(headers={"etag": f'"{etag}"'})


@routes.get(f"{_DATABASE}/time_travel/bookmark")
async def bookmark(request: web.Request) -> web.Response:
    """The bookmark of now, or of `timestamp`."""
    database, travel = _database(request), request.app[TRAVEL]
    now_bookmark = travel.take(database.id)
    found = travel.at(database.id, _moment(request)) if "timestamp" in request.query else now_bookmark
    if found is None:
        raise errors.bookmark_missing()
    return ok({"bookmark": found})


@routes.post(f"{_DATABASE}/time_travel/restore")
async def restore(request: web.Request) -> web.Response:
    """Puts the database back to `bookmark` or `timestamp`, in place."""
    database, travel = _database(request), request.app[TRAVEL]
    wanted: Any = request.query.get("bookmark") or travel.at(database.id, _moment(request))
    before = travel.restore(database.id, wanted) if wanted else None
    if before is None:
        raise errors.bookmark_missing()
    note(request, "restores")
    message = f"Database restored to bookmark {wanted}."
    return ok({"bookmark": wanted, "previous_bookmark": before, "message": message})


def _moment(request: web.Request) -> float:
    try:
        return parse(request.query.get("timestamp", ""))
    except ValueError:
        raise errors.malformed("`timestamp` is not an ISO moment with a time zone.") from None
