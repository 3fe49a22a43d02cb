"""Zones, which the control API makes, and the routes in them. The edge serves a Worker by its own address only."""

from aiohttp import web

from sandbox import errors
from sandbox.account import Account, Resource, Script
from sandbox.reply import Json, list_body, ok
from sandbox.world import note, script_of, world

routes = web.RouteTableDef()
account_routes = web.RouteTableDef()


@routes.get("/zones")
async def zones(request: web.Request) -> web.Response:
    """The account's zones; `name` asks for one."""
    here, name = world(request), request.query.get("name")
    account = {"id": here.settings.account_id, "name": "Sandbox"}
    found = [one for one in here.account.resources_of("zone") if name in (None, one.name)]
    info = {"page": 1, "per_page": 20, "count": len(found), "total_count": len(found), "total_pages": 1}
    return ok([{"id": one.id, "name": one.name, "status": "active", "account": account} for one in found], info=info)


@routes.get("/zones/{zone}/workers/routes")
async def routes_of_zone(request: web.Request) -> web.Response:
    """Every route in a zone, with the Worker that has it."""
    account, wanted = world(request).account, request.match_info["zone"]
    if account.resource("zone", wanted) is None:
        raise errors.no_route(request.path)
    return ok([shown for one in account.scripts.values() for shown in _in_zone(account, one, wanted)])


@account_routes.put("/workers/scripts/{script}/routes")
async def put_routes(request: web.Request) -> web.Response:
    """Replaces a Worker's routes; refused where one is in no zone of the account, or another Worker's."""
    here, script = world(request), script_of(request)
    asked = await list_body(request)
    for pattern in (str(one["pattern"]) for one in asked):
        if _zone_of(here.account, pattern) is None:
            raise errors.zone_missing(pattern)
        for other in here.account.scripts.values():
            if other is not script and pattern in (one["pattern"] for one in other.routes):
                raise errors.route_taken(pattern, other.name)
    script.routes = asked
    here.account.save(script)
    note(request, "settings")
    return ok(script.routes)


def _in_zone(account: Account, script: Script, zone: str) -> list[Json]:
    """A Worker's routes that are in the zone."""
    found = []
    for number, one in enumerate(script.routes):
        its = _zone_of(account, one["pattern"])
        if its is not None and its.id == zone:
            found.append({"id": f"{script.tag}{number}", "pattern": one["pattern"], "script": script.name})
    return found


def _zone_of(account: Account, pattern: str) -> Resource | None:
    """The zone that the pattern's host is in."""
    host = pattern.rpartition("://")[2].partition("/")[0].lstrip("*.")
    found = [one for one in account.resources_of("zone") if host == one.name or host.endswith(f".{one.name}")]
    return max(found, key=lambda one: len(one.name), default=None)
