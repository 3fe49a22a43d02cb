"""Puts the sandbox together: the store, the host of the edge, the API and the front door, until it is told to stop."""

import asyncio
import logging
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import aiohttp
from aiohttp import web

from sandbox import control, middleware
from sandbox.account import Account, Token, new_id
from sandbox.addresses import LOOPBACK, Addresses
from sandbox.api import analytics, d1, kv, r2, scripts, tails, user, versions, zones
from sandbox.api import secrets as secrets_api
from sandbox.front import front_door
from sandbox.host import Host, HostError
from sandbox.instances import Instances
from sandbox.reply import Json
from sandbox.spec import Place
from sandbox.store import Store
from sandbox.timetravel import TimeTravel
from sandbox.world import WORLD, Settings, World

_PREFIX = "/client/v4"
_LARGEST_UPLOAD = 128 * 1024 * 1024
_OWNER = "owner@example.com"
_PARTS = (versions, scripts, secrets_api, kv, d1, r2, tails)
_log = logging.getLogger("sandbox")


@dataclass(frozen=True)
class Options:
    """The command line. Port 0: any free one; without a token the one of the state, or a new one."""

    state: Path
    port: int = 0
    edge_port: int = 0
    token: str | None = None


@asynccontextmanager
async def sandbox(options: Options) -> AsyncIterator[Json]:
    """A running sandbox; gives its ready line. Everything has ended when the block has."""
    options.state.mkdir(parents=True, exist_ok=True)
    async with asyncio.TaskGroup() as group, AsyncExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_server((LOOPBACK, one))) for one in (options.port, options.edge_port)
        ]
        ports = [one.getsockname()[1] for one in sockets]
        here = await _world(options, ports, group, stack)
        travel = TimeTravel(options.state / "snapshots", options.state / "storage")
        await _serve(stack, api_app(here, travel), sockets[0])
        here.addresses = Addresses(here.store, await _serve(stack, edge_app(here), sockets[1]))
        await here.addresses.open_kept()
        stack.callback(group.create_task(_housekeeping(here)).cancel)
        token = options.token or next(iter(here.account.tokens))
        yield {"api": f"{here.api}{_PREFIX}", "edge": here.edge, "account_id": here.settings.account_id, "token": token}


async def _world(options: Options, ports: list[int], group: asyncio.TaskGroup, stack: AsyncExitStack) -> World:
    store = Store(options.state / "account.sqlite")
    stack.callback(store.close)
    settings = _settings(store)
    account = Account(store)
    if not account.tokens or (options.token and options.token not in account.tokens):
        account.save(Token(options.token or secrets.token_urlsafe(30), _OWNER))
    client = await stack.enter_async_context(_client())
    host = Host(lambda version, events: _publish(here, version, events))
    await host.start(group)
    stack.push_async_callback(host.stop)
    storage = await host.ask("storage", persist=str(options.state / "storage"))
    edge = f"{LOOPBACK}:{ports[1]}"
    place = Place(options.state / "modules", options.state / "objects", edge, secrets.token_hex(16))
    instances = Instances(host, account, place, group)
    here = World(
        options.state,
        store,
        settings,
        account,
        instances,
        client,
        storage=f"{LOOPBACK}:{storage['port']}",
        api=f"http://{LOOPBACK}:{ports[0]}",
        edge=f"http://{edge}",
    )
    stack.callback(here.traffic.flush)
    return here


def _client() -> aiohttp.ClientSession:
    """For the way from the front door to the instances: passes bodies on as they are.

    A connection for each request: workerd closes idle ones in its own time, and a request that is sent into one that
    is just being closed is lost, which no vendor's edge would show.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, force_close=True),
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
    )


def _settings(store: Store) -> Settings:
    kept = store.all("Settings")
    settings = Settings(**kept[0]) if kept else Settings(new_id())
    store.put("Settings", "settings", asdict(settings))
    return settings


def _publish(here: World, version_id: str, events: list[Json]) -> None:
    version = here.account.versions.get(version_id)
    if version is not None:
        here.tails.publish(version.script, version_id, events)


def api_app(here: World, travel: TimeTravel) -> web.Application:
    """The API, and the control API beside it."""
    around = [middleware.journal, middleware.rules, middleware.envelope, middleware.token, control.plain_errors]
    app = web.Application(middlewares=around, client_max_size=_LARGEST_UPLOAD)
    app[WORLD] = here
    d1.setup(app, travel)
    for part in _PARTS:
        _mount(app, part.routes, f"{_PREFIX}/accounts/{{account}}")
    for part in (user, zones):
        _mount(app, part.account_routes, f"{_PREFIX}/accounts/{{account}}")
        _mount(app, part.routes, _PREFIX)
    _mount(app, analytics.routes, _PREFIX)
    app.add_routes(control.routes)
    app.router.add_route("*", f"{_PREFIX}/{{rest:.*}}", user.unknown)
    return app


def _mount(app: web.Application, routes: web.RouteTableDef, prefix: str) -> None:
    for route in routes:
        if isinstance(route, web.RouteDef):
            app.router.add_route(route.method, prefix + route.path, route.handler)


def edge_app(here: World) -> web.Application:
    """The front door, for every address."""
    app = web.Application(client_max_size=_LARGEST_UPLOAD)
    app[WORLD] = here
    app.router.add_route("*", "/{rest:.*}", front_door)
    return app


async def _serve(stack: AsyncExitStack, app: web.Application, where: socket.socket) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.SockSite(runner, where).start()
    return runner


async def _housekeeping(here: World) -> None:
    """Every second: writes the analytics, stops Workers that nobody needs."""
    while True:
        await asyncio.sleep(1)
        here.traffic.flush()
        scripts_now = here.account.scripts
        deployments = [one for name in scripts_now for one in here.account.deployments_of(name)[:2]]
        live = {version["version_id"] for one in deployments for version in one.versions}
        try:
            await here.instances.prune(live)
        except HostError as error:
            _log.warning("a Worker could not be stopped: %s", error)
