"""The GraphQL analytics, fed by real requests."""

from typing import Any

from sandbox.clock import now, stamp
from tests.sandbox.rest import Api

QUERY = """query Counts($account: string!, $script: string!, $since: Time!) {
  viewer { accounts(filter: {accountTag: $account}) {
    workersInvocationsAdaptive(limit: 100, filter: {scriptName: $script, datetime_geq: $since}) {
      sum { requests errors }
      quantiles { wallTimeP50 cpuTimeP99 }
      avg { sampleInterval }
      dimensions { %s }
    }
  } }
}"""


async def ask(api: Api, script: str, dimensions: str, since: float, query: str = QUERY) -> Any:
    variables = {"account": api.sandbox.account_id, "script": script, "since": stamp(since)}
    body = {"query": query.replace("%s", dimensions), "variables": variables}
    return (await api.client.post(f"{api.sandbox.api}/graphql", json=body, headers=api.headers)).json()


async def rows(api: Api, script: str, dimensions: str, since: float) -> list[Any]:
    answer = await ask(api, script, dimensions, since)
    assert answer["errors"] is None
    return list(answer["data"]["viewer"]["accounts"][0]["workersInvocationsAdaptive"])


async def test_requests_and_exceptions_are_counted_by_version_and_status(api: Api, name: str) -> None:
    began = now() - 1
    code = """export default { fetch(request) {
      if (request.url.endsWith("/x")) throw new Error("x");
      return new Response("", { status: 500 });
    } };"""
    first = await api.put(name, code)
    second = await api.upload(name, code)
    await api.deploy(name, {first: 50, second: 50})
    for version, path, times in ((first, "/", 4), (second, "/", 2), (second, "/x", 3)):
        asked = {"Cloudflare-Workers-Version-Overrides": f'{name}="{version}"'}
        for _ in range(times):
            await api.get(name, path, asked)
    found = await rows(api, name, "scriptVersion status", began)
    counted = {(one["dimensions"]["scriptVersion"], one["dimensions"]["status"]): one["sum"] for one in found}
    assert counted == {
        (first, "success"): {"requests": 4, "errors": 0},
        (second, "success"): {"requests": 2, "errors": 0},
        (second, "scriptThrewException"): {"requests": 3, "errors": 3},
    }
    assert all(one["quantiles"]["wallTimeP50"] > 0 and one["avg"]["sampleInterval"] == 1 for one in found)


async def test_rows_come_late_and_sampled_where_the_settings_say_so(api: Api, name: str) -> None:
    began = now() - 1
    await api.put(name)
    for _ in range(25):
        await api.get(name)
    assert sum(one["sum"]["requests"] for one in await rows(api, name, "datetimeMinute", began)) == 25
    try:
        await api.sandbox.post("settings", {"sample_interval": 10})
        sampled = await rows(api, name, "scriptVersion", began)
        assert [one["sum"]["requests"] for one in sampled] == [20]
        assert sampled[0]["avg"]["sampleInterval"] == 10
        await api.sandbox.post("settings", {"analytics_lag": 60})
        assert await rows(api, name, "scriptVersion", began) == []
    finally:
        await api.sandbox.post("settings", {"sample_interval": 1, "analytics_lag": 0})


async def test_questions_have_a_limit_of_their_own_and_data_an_end(api: Api, name: str) -> None:
    answer = await ask(api, name, "status", now() - 100 * 86_400)
    assert "older than" in answer["errors"][0]["message"]
    try:
        await api.sandbox.post("settings", {"graphql_limit": 0})
        answer = await ask(api, name, "status", now())
    finally:
        await api.sandbox.post("settings", {"graphql_limit": 300})
    assert (answer["data"], "budget depleted" in answer["errors"][0]["message"]) == (None, True)


async def test_an_unbounded_or_unknown_query_is_refused_with_errors(api: Api, name: str) -> None:
    unbounded = QUERY.replace("datetime_geq: $since", "")
    for query, dimensions in ((unbounded, "status"), (QUERY, "colour"), ("{ viewer { budget } }", ""), ("{", "")):
        answer = await ask(api, name, dimensions, now(), query)
        assert answer["data"] is None
        assert answer["errors"][0]["message"]
