"""The control API, under `/_sandbox/`: rules, held calls, the journal, traffic, and what no customer can do.

Described for its users in README.md. It needs no token: the sandbox listens on loopback only.
"""

import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields
from typing import Any

import aiohttp
from aiohttp import web

from sandbox import errors
from sandbox.account import Deployment, Resource, Token
from sandbox.api import shapes
from sandbox.api.d1 import take_upload
from sandbox.api.deploying import checked_versions
from sandbox.api.tails import listen
from sandbox.reply import Json
from sandbox.rules import BadRule
from sandbox.storage import d1_run
from sandbox.world import Settings, world

routes = web.RouteTableDef()
routes.put("/_sandbox/d1-uploads/{name}")(take_upload)
routes.get("/_sandbox/tails/{tail}")(listen)


@web.middleware
async def plain_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """A mistake in a control call is one sentence, with status 400."""
    if not request.path.startswith("/_sandbox"):
        return await handler(request)
    try:
        return await handler(request)
    except (BadRule, errors.ApiError, KeyError, TypeError, ValueError) as error:
        return web.json_response({"error": str(error)}, status=400)


@routes.get("/_sandbox/rules")
async def rules(request: web.Request) -> web.Response:
    """Every rule in force."""
    return web.json_response(world(request).rules.listed())


@routes.post("/_sandbox/rules/api")
async def add_api_rule(request: web.Request) -> web.Response:
    """Makes a rule for calls of the API; the rule with its id."""
    return web.json_response(asdict(world(request).rules.add_api(await request.json())))


@routes.post("/_sandbox/rules/edge")
async def add_edge_rule(request: web.Request) -> web.Response:
    """Makes a rule for the edge; the rule with its id."""
    return web.json_response(asdict(world(request).rules.add_edge(await request.json())))


@routes.delete("/_sandbox/rules/{rule}")
async def delete_rule(request: web.Request) -> web.Response:
    """Deletes one rule."""
    return web.json_response({"deleted": world(request).rules.delete(request.match_info["rule"])})


@routes.delete("/_sandbox/rules")
async def delete_rules(request: web.Request) -> web.Response:
    """Deletes every rule; calls that are held stay held until released."""
    world(request).rules.clear()
    return web.json_response({"deleted": True})


@routes.get("/_sandbox/held")
async def held(request: web.Request) -> web.Response:
    """The calls held now; with `?wait=SECONDS` the answer waits until there is one."""
    holds = world(request).holds
    await holds.wait_for_some(float(request.query.get("wait", "0")))
    return web.json_response([one.listed() for one in holds.now.values()])


@routes.post("/_sandbox/held/release")
async def release(request: web.Request) -> web.Response:
    """Releases `id`, or all; `then`: proceed (default) or cut."""
    body = await request.json() if request.can_read_body else {}
    then = body.get("then", "proceed")
    if then not in ("proceed", "cut"):
        raise ValueError("`then` is proceed or cut")
    return web.json_response({"released": world(request).holds.release(body.get("id"), then)})


@routes.get("/_sandbox/calls")
async def calls(request: web.Request) -> web.Response:
    """Counters, and the calls since the last reset; `?changes=1`: only those that changed something."""
    journal = world(request).calls
    listed = journal.listed(only_changes=request.query.get("changes") == "1")
    return web.json_response({"counters": dict(journal.counters), "calls": listed})


@routes.post("/_sandbox/reset-calls")
async def reset_calls(request: web.Request) -> web.Response:
    """Forgets the journal and sets the counters to nothing."""
    world(request).calls.reset()
    return web.json_response({})


@routes.get("/_sandbox/traffic")
async def traffic(request: web.Request) -> web.Response:
    """Counts for each Worker and version since the last reset."""
    return web.json_response(world(request).traffic.listed())


@routes.post("/_sandbox/reset-traffic")
async def reset_traffic(request: web.Request) -> web.Response:
    """Sets the counts to nothing; the analytics keep their rows."""
    world(request).traffic.reset()
    return web.json_response({})


@routes.get("/_sandbox/tails")
async def tails(request: web.Request) -> web.Response:
    """How many listen to each Worker now; with `?wait=SECONDS` the answer waits until somebody does."""
    here = world(request).tails
    await here.wait_for_a_listener(float(request.query.get("wait", "0")))
    return web.json_response(dict(Counter(one.script for one in here.open.values() if one.listening.is_set())))


@routes.delete("/_sandbox/tails")
async def cut_tails(request: web.Request) -> web.Response:
    """Breaks every tail's websocket, without a word to whoever listens; how many."""
    return web.json_response({"cut": world(request).tails.cut()})


@routes.get("/_sandbox/instances")
async def instances(request: web.Request) -> web.Response:
    """The versions that run now."""
    return web.json_response(world(request).instances.listed())


@routes.get("/_sandbox/scripts/{script}/url")
async def script_url(request: web.Request) -> web.Response:
    """Where this Worker answers on this machine, and its name in the world."""
    here, name = world(request), request.match_info["script"]
    public = f"https://{name}.{here.settings.subdomain}.workers.dev"
    if here.addresses is None:
        raise ValueError("the edge is not listening yet")
    return web.json_response({"url": await here.addresses.url(name), "public": public})


@routes.get("/_sandbox/settings")
async def settings(request: web.Request) -> web.Response:
    """The settings in force."""
    return web.json_response(asdict(world(request).settings))


@routes.post("/_sandbox/settings")
async def change_settings(request: web.Request) -> web.Response:
    """Changes some of them, except the account's id; kept over a restart."""
    here, body = world(request), await request.json()
    known = {one.name for one in fields(Settings)} - {"account_id"}
    if set(body) - known:
        raise ValueError(f"known settings: {', '.join(sorted(known))}")
    for name, value in body.items():
        setattr(here.settings, name, value)
    here.store.put("Settings", "settings", asdict(here.settings))
    return web.json_response(asdict(here.settings))


@routes.post("/_sandbox/tokens")
async def add_token(request: web.Request) -> web.Response:
    """A token of another person, by `email`."""
    made = Token(secrets.token_urlsafe(30), str((await request.json())["email"]))
    world(request).account.save(made)
    return web.json_response({"token": made.value, "email": made.email})


@routes.post("/_sandbox/resources")
async def add_resource(request: web.Request) -> web.Response:
    """Something with an id of one's own choice: {kind: kv | d1 | r2 | zone, id, name}; a zone's name is its domain."""
    here, body = world(request), await request.json()
    if body["kind"] not in ("kv", "d1", "r2", "zone"):
        raise ValueError("`kind` is kv, d1, r2 or zone")
    made = Resource(body["kind"], str(body["id"]), str(body["name"]))
    if made.id not in here.account.resources:
        if made.kind == "d1":
            await d1_run(here, made, [{"sql": "SELECT 1"}])
        here.account.save(made)
    return web.json_response({"kind": made.kind, "id": made.id, "name": made.name})


@routes.post("/_sandbox/dashboard-deployment")
async def dashboard_deployment(request: web.Request) -> web.Response:
    """A deployment as if somebody made it in the dashboard: {script, versions, email, message}."""
    here, body = world(request), await request.json()
    script = here.account.scripts[body["script"]]
    versions = checked_versions(here.account, script, body["versions"])
    for one in versions:
        here.instances.warm(here.account.versions[one["version_id"]])
    author = {"author_id": "dashboard", "author_email": body.get("email", "someone@example.com")}
    message = {"workers/message": body["message"]} if body.get("message") else {}
    made = Deployment(script.name, versions, author, "dash", {"workers/triggered_by": "deployment", **message})
    here.account.save(made)
    return web.json_response(shapes.deployment(made))


@routes.post("/_sandbox/scripts/{script}/cron")
async def run_cron(request: web.Request) -> web.Response:
    """Runs the scheduled handler of the live version with the most traffic: {cron}. The outcome as text."""
    here, body = world(request), await request.json()
    live = here.account.live(request.match_info["script"])
    if live is None:
        raise ValueError("nothing is live there")
    first: Any = max(live.versions, key=lambda one: one["percentage"])
    port = await here.instances.ensure(here.account.versions[first["version_id"]])
    headers: Json = {"sandbox-cron": body["cron"]}
    async with aiohttp.ClientSession() as client, client.get(f"http://127.0.0.1:{port}/", headers=headers) as reply:
        return web.json_response({"outcome": await reply.text(), "ok": reply.status == 200})
