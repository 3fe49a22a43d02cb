"""GraphQL analytics: `viewer.accounts.workersInvocationsAdaptive`.

Rows show up after `analytics_lag` seconds; with `sample_interval` n they are what a sample of every n-th request tells.
Refusals are answers with `errors` and status 200, as the vendor's are.
"""

from aiohttp import web

from sandbox.clock import now
from sandbox.errors import bad_token
from sandbox.graphql import BadQuery, Field, parse
from sandbox.invocations import answer, sampled, span
from sandbox.reply import Json, json_body
from sandbox.world import World, world

routes = web.RouteTableDef()


@routes.post("/graphql")
async def graphql(request: web.Request) -> web.Response:
    """A query, answered in full or refused in full."""
    here, body = world(request), await json_body(request)
    try:
        selection = parse(str(body.get("query", "")), body.get("variables") or {})
        data = {one.key: _viewer(here, one) for one in selection}
    except (BadQuery, ValueError) as error:
        return web.json_response({"data": None, "errors": [{"message": str(error), "path": None}]})
    return web.json_response({"data": data, "errors": None})


def _viewer(here: World, viewer: Field) -> Json:
    if viewer.name != "viewer":
        raise BadQuery(f'unknown field "{viewer.name}" in query')
    return {one.key: [_account(here, one)] for one in viewer.below}


def _account(here: World, account: Field) -> Json:
    if account.name != "accounts":
        raise BadQuery(f'unknown field "{account.name}" in viewer')
    if (account.arguments.get("filter") or {}).get("accountTag") != here.settings.account_id:
        raise bad_token()
    return {one.key: _data_set(here, one) for one in account.below}


def _data_set(here: World, found: Field) -> list[Json]:
    if found.name != "workersInvocationsAdaptive":
        raise BadQuery(f'unknown field "{found.name}" in accounts')
    asked = span(found)
    here.traffic.flush()
    until = min(asked.until, now() - here.settings.analytics_lag)
    scripts = [asked.script] if asked.script else list(here.account.scripts)
    interval = max(1, here.settings.sample_interval)
    groups: list[Json] = []
    for script in scripts:
        rows = sampled(here.store.invocations(script, asked.since, until), interval)
        groups += answer(found, script, rows, interval)
    return groups[: int(found.arguments["limit"])]
