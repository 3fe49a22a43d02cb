"""The front door of the edge: which Worker, which version, and what came of it.

A Worker answers on `<script>.<subdomain>.workers.dev` and `<script>.localhost` (by Host header), and on a port of its
own (addresses.py). `<first 8 digits of a version>-<script>` in front is that version's own URL. Between instances the
header `sandbox-service` carries a service binding's call; it needs this process's key.
"""

import asyncio
import uuid
from dataclasses import dataclass

import aiohttp
from aiohttp import web

from sandbox.account import Deployment, Script, Version
from sandbox.chance import chance
from sandbox.clock import now, parse
from sandbox.host import HostError
from sandbox.misbehaviour import cut
from sandbox.routing import AFFINITY, OVERRIDES, Shares, choose, script_and_prefix
from sandbox.sockets import is_websocket, relay
from sandbox.world import World, world

RAY = web.RequestKey("ray", str)
_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "proxy-connection"})
_INTERNAL = ("sandbox-url", "sandbox-service", "sandbox-cron", "sandbox-outcome")
_NOTHING = "<!doctype html><title>Not found</title><h1>There is nothing here yet</h1>"
_EXCEPTION = "<!doctype html><title>Worker threw exception</title><h1>Error 1101</h1><p>Worker threw exception</p>"


@dataclass
class Answer:
    """What the client gets, and how the analytics call it."""

    response: web.StreamResponse
    outcome: str = "success"


async def front_door(request: web.Request) -> web.StreamResponse:
    """One request from outside, or of another Worker by service binding."""
    here = world(request)
    found = _addressed(request, here)
    if found is None:
        return web.Response(status=404, text=_NOTHING, content_type="text/html")
    script, prefix = found
    version = _version(request, here, script, prefix)
    if version is None:
        return web.Response(status=404, text=_NOTHING, content_type="text/html")
    began = now()
    request[RAY] = uuid.uuid4().hex[:16] + "-SBX"
    try:
        answer = await _answer(request, here, script, version)
    finally:
        spent = (now() - began) * 1000
        here.tails.took(request[RAY], spent)
    if not prefix:
        here.traffic.record(began, script.name, version.id, answer.response.status, answer.outcome, spent)
    return answer.response


def _addressed(request: web.Request, here: World) -> tuple[Script, str] | None:
    """The Worker and the version prefix of the address; a Worker without its workers.dev address is not found."""
    scripts = here.account.scripts
    key, _, name = request.headers.get("sandbox-service", "").partition("/")
    if key == here.instances.place.service_key and name in scripts:
        return scripts[name], ""
    domains = (f"{here.settings.subdomain}.workers.dev", "localhost")
    found = script_and_prefix(request.host, list(scripts), domains) or _by_port(request, here)
    if found is None:
        return None
    script = scripts[found[0]]
    enabled = script.previews_enabled if found[1] else script.enabled
    return (script, found[1]) if enabled else None


def _by_port(request: web.Request, here: World) -> tuple[str, str] | None:
    local = request.transport.get_extra_info("sockname") if request.transport else None
    script = here.addresses.script_at(local[1]) if local and here.addresses else None
    return (script, "") if script is not None and script in here.account.scripts else None


def _version(request: web.Request, here: World, script: Script, prefix: str) -> Version | None:
    account = here.account
    if prefix:
        return next((one for one in account.versions_of(script.name) if one.id.startswith(prefix)), None)
    deployment = _reached(here, script.name)
    if deployment is None:
        return None
    overrides, key = request.headers.get(OVERRIDES, ""), request.headers.get(AFFINITY, "")
    chosen = choose(_shares(here, deployment), script.name, overrides, key, chance())
    return account.versions[chosen]


def _shares(here: World, deployment: Deployment) -> Shares:
    pairs = [(one["version_id"], float(one["percentage"])) for one in deployment.versions]
    return sorted(pairs, key=lambda pair: -here.account.versions[pair[0]].number)


def _reached(here: World, script: str) -> Deployment | None:
    """The live deployment, or, while it spreads, sometimes still the one before."""
    deployments = here.account.deployments_of(script)[:2]
    spread = here.rules.seconds("propagation", script)
    if len(deployments) == 2 and spread > 0:
        done = (now() - parse(deployments[0].created_on)) / spread
        return deployments[0] if chance() < done else deployments[1]
    return deployments[0] if deployments else None


async def _answer(request: web.Request, here: World, script: Script, version: Version) -> Answer:
    for rule in here.rules.for_request(script.name, version.id, request.path, chance()):
        if rule.do == "slow":
            await asyncio.sleep(rule.seconds)
        elif rule.do == "cut":
            return Answer(cut(request), "internalError")
        elif rule.do == "exception":
            here.tails.publish(script.name, version.id, [_trace(request, "exception", f"rule {rule.id}")])
            return _threw()
        else:
            here.tails.publish(script.name, version.id, [_trace(request, "ok", status=rule.status)])
            return Answer(web.Response(status=rule.status, text=f"rule {rule.id}"))
    await _warm_up(here, script, version)
    try:
        port = await here.instances.ensure(version)
    except HostError:
        return Answer(web.Response(status=500, text="error code: 1105"), "internalError")
    with here.instances.busy(version.id):
        return await _pass_on(request, here, port)


async def _warm_up(here: World, script: Script, version: Version) -> None:
    """Waits until a version with a cold start is warm: its seconds count from the deployment that first brought it."""
    seconds = here.rules.seconds("cold_start", script.name, version.id)
    if seconds <= 0:
        return
    since = [
        parse(one.created_on) for one in here.account.deployments_of(script.name) if one.share(version.id) is not None
    ]
    await asyncio.sleep(max(0.0, min(since, default=now()) + seconds - now()))


async def _pass_on(request: web.Request, here: World, port: int) -> Answer:
    target = f"http://127.0.0.1:{port}{request.raw_path}"
    headers = _headers(request, here)
    if is_websocket(request):
        return Answer(await relay(request, here.client, target, headers))
    body = request.content if request.can_read_body else None
    sent = here.client.request(request.method, target, headers=headers, data=body, allow_redirects=False)
    try:
        async with sent as reply:
            if reply.headers.get("sandbox-outcome") == "exception":
                return _threw()
            return Answer(await _copy(request, reply))
    except ConnectionResetError:
        return Answer(cut(request), "clientDisconnected")
    except aiohttp.ClientError:
        return Answer(web.Response(status=500, text="error code: 1105"), "internalError")


def _threw() -> Answer:
    return Answer(web.Response(status=500, text=_EXCEPTION, content_type="text/html"), "scriptThrewException")


def _trace(request: web.Request, outcome: str, thrown: str = "", status: int = 0) -> dict[str, object]:
    """What a live tail shows of an answer that a rule has made up."""
    moment = int(now() * 1000)
    headers = {key.lower(): one for key, one in request.headers.items()} | {"cf-ray": request[RAY]}
    event: dict[str, object] = {"request": {"url": str(request.url), "method": request.method, "headers": headers}}
    return {
        "outcome": outcome,
        "exceptions": [{"name": "Error", "message": thrown, "timestamp": moment}] if thrown else [],
        "logs": [],
        "eventTimestamp": moment,
        "event": event | ({"response": {"status": status}} if status else {}),
    }


def _headers(request: web.Request, here: World) -> list[tuple[str, str]]:
    """The client's headers, and those that Cloudflare adds."""
    dropped = {*_HOP, *_INTERNAL}
    kept = [(name, value) for name, value in request.headers.items() if name.lower() not in dropped]
    address = {
        "sandbox-url": _public_url(request, here),
        "cf-ray": request[RAY],
        "cf-connecting-ip": request.remote or "127.0.0.1",
        "x-forwarded-proto": "https",
    }
    return [*kept, *address.items()]


def _public_url(request: web.Request, here: World) -> str:
    """The URL that the Worker sees: https on its workers.dev name; as it was called on any other name."""
    host, _, _ = request.host.partition(":")
    domain = f".{here.settings.subdomain}.workers.dev"
    scheme = "https" if host.endswith(domain) else "http"
    return f"{scheme}://{host if scheme == 'https' else request.host}{request.raw_path}"


async def _copy(request: web.Request, reply: aiohttp.ClientResponse) -> web.StreamResponse:
    response = web.StreamResponse(status=reply.status, reason=reply.reason)
    for name, value in reply.headers.items():
        if name.lower() not in _HOP:
            response.headers.add(name, value)
    await response.prepare(request)
    async for chunk in reply.content.iter_any():
        await response.write(chunk)
    await response.write_eof()
    return response
