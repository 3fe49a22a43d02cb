import json
from typing import Any

import pytest

from adapters.cloudflare.sources import problems
from adapters.cloudflare.traces import Trace, read

V = "11111111-aaaa"


def event(**other: Any) -> str:
    request = {"url": "https://hello.example/", "method": "GET", "headers": {"user-agent": "Mozilla"}}
    base = {
        "outcome": "ok",
        "scriptVersion": {"id": V},
        "event": {"request": request, "response": {"status": 200}},
        "wallTime": 120,
        "cpuTime": 3,
    }
    return json.dumps(base | other)


def answered(status: int) -> dict[str, Any]:
    return {"request": {"headers": {}}, "response": {"status": status}}


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        ("ok", False),
        ("canceled", False),
        ("responseStreamDisconnected", False),
        ("exception", True),
        ("exceededCpu", True),
        ("exceededMemory", True),
        ("unknown", True),
    ],
)
def test_an_outcome_is_an_error_or_not(outcome: str, error: bool) -> None:
    assert read(event(outcome=outcome)) == Trace(V, error, 0.12)


@pytest.mark.parametrize(
    ("status", "error"), [(101, False), (200, False), (404, False), (499, False), (500, True), (503, True)]
)
def test_a_returned_5xx_is_an_error(status: int, error: bool) -> None:
    assert read(event(event=answered(status))) == Trace(V, error, 0.12)


def test_the_processors_time_may_be_asked_for() -> None:
    assert read(event(), "cpu") == Trace(V, False, 0.003)


def test_how_long_it_took_may_be_unknown() -> None:
    assert read(event(wallTime=0)) == Trace(V, False, None)
    assert read(event(wallTime=None)) == Trace(V, False, None)


def test_calls_by_rpc_count() -> None:
    assert read(event(event={"rpcMethod": "greet"})) == Trace(V, False, 0.12)


@pytest.mark.parametrize(
    "text",
    [
        event(event={"cron": "* * * * *", "scheduledTime": 1}),
        event(event={"queue": "mails", "batchSize": 3}),
        event(event={"message": "Tail is currently in sampling mode", "type": "overload"}),
        event(event=None),
        event(scriptVersion=None),
        event(event={"request": {"headers": {"user-agent": "outrider"}}}),
        "[]",
        "null",
        "no json",
        "",
    ],
)
def test_what_is_no_request_of_a_users_is_not_counted(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("tail", {"latency": "cpu"}, ""),
        ("tail", {"latency": "slow"}, "latency must be one of wall, cpu"),
        ("tail", {"lag": 60}, "there is no option lag: known are latency"),
        ("cloudflare", {"lag": 90, "latency": "wall"}, ""),
        ("cloudflare", {"lag": 10}, "lag must be a number of seconds from 30 to 600"),
        ("cloudflare", {"lags": 10}, "there is no option lags: did you mean lag?"),
    ],
)
def test_options(kind: str, options: dict[str, Any], said: str) -> None:
    assert problems(options, kind) == ([said] if said else [])
