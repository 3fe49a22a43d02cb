"""GraphQL analytics: `viewer.accounts.workersInvocationsAdaptive`.

Rows show up after `analytics_lag` seconds; with `sample_interval` n they are what a sample of every n-th request tells.
Refusals are answers with `errors` and status 200, as the vendor's are, one question too many among them: 300 in five
minutes are a limit of their own, beside that of all calls.
"""

from aiohttp import web

from sandbox.clock import now
from sandbox.errors import bad_token
from sandbox.graphql import BadQuery, Field, parse
from sandbox.invocations import answer, sampled, span
from sandbox.reply import Json, json_body
from sandbox.world import AUTHOR, World, world

routes = web.RouteTableDef()
KEPT = 92 * 86_400.0
"""Seconds that rows can be asked for."""


@routes.post("/graphql")
async def graphql(request: web.Request) -> web.Response:
    """A query, answered in full or refused in full."""
    here, body = world(request), await json_body(request)
    try:
        _count(here, request[AUTHOR].value)
        selection = parse(str(body.get("query", "")), body.get("variables") or {})
        data = {one.key: _viewer(here, one) for one in selection}
    except (BadQuery, ValueError) as error:
        return web.json_response({"data": None, "errors": [{"message": str(error), "path": None}]})
    return web.json_response({"data": data, "errors": None})


def _count(here: World, token: str) -> None:
    """Raises where there were too many questions; one that is refused counts as well."""
    moment = now()
    asked = here.questions[token] = [one for one in here.questions[token] if one > moment - here.settings.rate_window]
    asked.append(moment)
    if len(asked) > here.settings.graphql_limit:
        raise BadQuery("Rate limiter budget depleted. Please try again after 5 minutes.")


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
    if asked.since < now() - KEPT:
        raise BadQuery(f"cannot request data older than {KEPT:.0f}s")
    here.traffic.flush()
    until = min(asked.until, now() - here.settings.analytics_lag)
    scripts = [asked.script] if asked.script else list(here.account.scripts)
    interval = max(1, here.settings.sample_interval)
    groups: list[Json] = []
    for script in scripts:
        rows = sampled(here.store.invocations(script, asked.since, until), interval)
        groups += answer(found, script, rows, interval)
    return groups[: int(found.arguments["limit"])]
