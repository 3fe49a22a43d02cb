import json

import pytest

from bot.domain.values import Mark, Verdict
from tests.adapters.http.conftest import Measure
from tests.adapters.http.server import Server

PASS = Verdict(Mark.PASS)


def fail(reason: str) -> Verdict:
    return Verdict(Mark.FAIL, reason)


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        ({"status": "ok", "components": {"d1": "ok", "r2": {"status": "ok"}}}, 200, ""),
        ({"components": {"d1": "ok"}}, 200, ""),
        ({"status": "ok"}, 200, ""),
        (
            {
                "status": "pass",
                "checks": {"d1:responseTime": [{"status": "warn"}], "cpu": [{"observedValue": 1}]},
            },
            200,
            "",
        ),
        ({"status": "degraded", "components": {"d1": "down", "r2": "ok"}}, 503, "d1 is down"),
        ({"components": {"d1": {"status": "down"}, "kv": False}}, 200, "d1 is down, kv is False"),
        ({"components": {"d1": {}}}, 200, "d1 is without a status"),
        (
            {"status": "fail", "checks": {"d1:time": [{"status": "pass"}, {"status": "fail"}]}},
            503,
            "d1 is fail",
        ),
        ({"status": "degraded", "components": {"d1": "ok"}}, 200, "its status is degraded"),
        ({"status": "ok"}, 503, "503, wanted 2xx"),
        ({}, 200, "the answer has neither a status nor components"),
        ([], 200, "the answer is no JSON object"),
        ({"status": "ok", "components": [], "checks": 3}, 200, ""),
    ],
)
async def test_health_names_the_component_that_is_down(
    server: Server, measure: Measure, content: object, status: int, said: str
) -> None:
    server.says(json.dumps(content), status)
    assert (await measure("health")).verdict == (fail(said) if said else PASS)
    assert server.requests[0].path == "/healthz"


async def test_health_wants_the_components_that_are_required(server: Server, measure: Measure) -> None:
    server.says(json.dumps({"status": "ok", "components": {"d1": "ok"}}))
    assert (await measure("health", components=["d1"])).verdict == PASS
    assert (await measure("health", components=["d1", "r2", "kv"])).verdict == fail("not reported: r2, kv")


async def test_health_that_is_no_json_is_told_with_the_status_first(server: Server, measure: Measure) -> None:
    server.says("bad gateway", 502)
    assert (await measure("health")).verdict == fail("502, wanted 2xx")
    server.says("fine")
    assert (await measure("health")).verdict == fail('the answer is no JSON: it begins with "fine"')
