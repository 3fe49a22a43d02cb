import asyncio
import json
import socket
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from bot.domain.targets import Check, Environment
from bot.domain.values import Mark, Verdict
from bot.ports.channel import Channel, Wanted
from tests.adapters.http.conftest import TOKEN, Measure
from tests.adapters.http.server import Server
from tests.fakes.clock import StillClock

PASS = Verdict(Mark.PASS)
NEW = "9f8e7d6c-0000-4000-8000-000000000001"
OLD = "1a2b3c4d-0000-4000-8000-000000000002"
BOTH = Wanted((NEW,), (OLD,))


def fail(reason: str) -> Verdict:
    return Verdict(Mark.FAIL, reason)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def test_a_plain_check_wants_any_success(server: Server, measure: Measure) -> None:
    for status, verdict in (
        (200, PASS),
        (204, PASS),
        (301, fail("301, wanted 2xx")),
        (503, fail("503, wanted 2xx")),
    ):
        server.says(status=status)
        assert (await measure()).verdict == verdict


async def test_the_status_may_be_named(server: Server, measure: Measure) -> None:
    server.says(status=503)
    assert (await measure(status=200)).verdict == fail("503, wanted 200")
    assert (await measure(status=[200, 204])).verdict == fail("503, wanted 200 or 204")
    assert (await measure(status=[401, 503])).verdict == PASS


async def test_path_method_and_headers_are_sent(server: Server, measure: Measure) -> None:
    server.says()
    url = f"http://127.0.0.1:{server.port}/base/"
    await measure(url=url, path="/a/b?c=d", method="POST", headers={"x-one": "1"})
    (request,) = server.requests
    assert (request.method, request.path_qs) == ("POST", "/base/a/b?c=d")
    assert request.headers["x-one"] == "1"
    assert (await measure(method="HEAD")).verdict == PASS


async def test_a_text_must_be_in_the_answer(server: Server, measure: Measure) -> None:
    server.says("all is well")
    assert (await measure(text="is well")).verdict == PASS
    assert (await measure(text="ill")).verdict == fail('the answer does not have "ill"')


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"status": "ok"}, ""),
        ({"components": {"d1": "down"}}, ""),
        ({"count": 3.0, "list": [1, {"a": 1}], "on": True}, ""),
        ({"components": {"d1": "ok"}}, 'json.components.d1: "down", wanted "ok"'),
        ({"components": {"kv": "ok"}}, 'json.components.kv: absent, wanted "ok"'),
        ({"status": {"code": 1}}, 'json.status: "ok", wanted {"code": 1}'),
        ({"on": 1}, "json.on: true, wanted 1"),
        ({"count": True}, "json.count: 3, wanted true"),
        ({"list": [1]}, 'json.list: [1, {"a": 1, "b": 2}], wanted [1]'),
    ],
)
async def test_json_values_are_a_part_of_the_answer(
    server: Server, measure: Measure, wanted: dict[str, Any], said: str
) -> None:
    answer = {
        "status": "ok",
        "components": {"d1": "down"},
        "count": 3,
        "on": True,
        "list": [1, {"a": 1, "b": 2}],
    }
    server.says(json.dumps(answer))
    assert (await measure(json=wanted)).verdict == (fail(said) if said else PASS)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<html>\x1b\u202e", 'the answer is no JSON: it begins with "<html>\\u001b?"'),
        ("", "the answer is empty"),
        ("[1]", 'json: [1], wanted {"a": 1}'),
        ("[" * 100_000, f'the answer is no JSON: it begins with "{"[" * 59}…'),
        (f'"{"x" * 300_000}"', "the answer is longer than 256 KiB, too long to read as JSON"),
    ],
)
async def test_wrong_json_is_told_in_one_clause(server: Server, measure: Measure, body: str, said: str) -> None:
    server.says(body)
    assert (await measure(json={"a": 1})).verdict == fail(said)


async def test_an_endless_body_is_read_to_its_limit(server: Server, measure: Measure) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)

    server.handler = endless
    assert (await measure()).verdict == PASS
    assert (await measure(text="y")).verdict == fail('the answer does not have "y" in its first 256 KiB')


async def test_a_slow_answer_is_none(server: Server, measure: Measure) -> None:
    async def slow(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await asyncio.Event().wait()
        return response

    server.handler = slow
    measured = await measure(attempt=0.2)
    assert (measured.verdict, measured.latency) == (fail("no answer within 0.2 s"), None)


async def test_a_cut_answer_is_told(server: Server, measure: Measure) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-length": "100"})
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport is not None
        request.transport.abort()
        return response

    server.handler = cut
    assert (await measure()).verdict == fail("the answer was cut off")


async def test_nobody_at_the_port_is_told(measure: Measure) -> None:
    assert (await measure(url=f"http://127.0.0.1:{free_port()}")).verdict == fail("connection refused")


async def test_a_name_that_does_not_resolve_tells_nothing_of_the_release(measure: Measure) -> None:
    measured = await measure(url="http://no-such-worker.invalid")
    assert measured.verdict == Verdict(Mark.INCONCLUSIVE, "the name does not resolve")


async def test_a_server_that_does_not_speak_tls_is_told(server: Server, measure: Measure) -> None:
    measured = await measure(url=f"https://127.0.0.1:{server.port}")
    assert measured.verdict == fail("no secure connection: the server does not speak TLS as it should")


@pytest.mark.parametrize(
    "url", ["", "ftp://a.test", "http://", "http://[::1", "http://a:b:c", "http://a.test:99999", "a.test"]
)
async def test_an_address_that_is_none_is_an_error(server: Server, ways: Mapping[str, Channel], url: str) -> None:
    measured = await ways["http"].measure(Check("a", "http"), Environment("canary", url), Wanted())
    assert measured.verdict == Verdict(Mark.ERROR, "the url of canary is no http or https address")


async def test_names_below_localhost_are_this_machine(server: Server, measure: Measure) -> None:
    server.says("hello")
    for name in ("hello-canary.localhost", "a.b.localhost", "localhost", "x.localhost."):
        measured = await measure(url=f"http://{name}:{server.port}", text="hello")
        assert measured.verdict == PASS
        assert server.requests[-1].headers["Host"] == f"{name}:{server.port}"


async def test_redirects_are_followed_only_where_they_may_be(server: Server, measure: Measure) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        if request.path == "/loop":
            return web.Response(status=302, headers={"location": "/loop"})
        if request.path == "/":
            return web.Response(status=302, headers={"location": f"http://b.localhost:{server.port}/there"})
        return web.Response(text=request.headers.get("authorization", "nobody"))

    server.handler = handler
    assert (await measure()).verdict == fail("302, wanted 2xx")
    assert (await measure(redirects=True, text="nobody", token_env="WORKER_TOKEN")).verdict == PASS
    assert (await measure(redirects=True, path="/loop")).verdict == fail("more than 5 redirects")


async def test_a_token_is_sent_and_never_told(server: Server, measure: Measure) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        given = request.headers.get("authorization", "")
        return web.json_response({"said": f"you said {given}", "long": "x" * 50 + given})

    server.handler = handler
    measured = await measure(token_env="WORKER_TOKEN", json={"said": "ok"})
    assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert measured.verdict == fail('json.said: "you said Bearer (hidden)", wanted "ok"')
    cut = await measure(token_env="WORKER_TOKEN", json={"long": "ok"})
    assert TOKEN[:3] not in cut.verdict.reason


@pytest.mark.parametrize("name", ["ABSENT", "EMPTY"])
async def test_a_token_that_is_not_there_is_an_error(server: Server, measure: Measure, name: str) -> None:
    measured = await measure(token_env=name)
    assert measured.verdict == Verdict(Mark.ERROR, f"there is no {name}: set it in the bot's environment")
    assert server.requests == []


async def test_options_that_make_no_sense_are_an_error(server: Server, measure: Measure) -> None:
    measured = await measure(paht="/x", status="fine")
    assert measured.verdict.mark is Mark.ERROR
    assert "did you mean path?" in measured.verdict.reason
    assert server.requests == []


async def test_latency_is_that_of_the_whole_answer(server: Server, measure: Measure, clock: StillClock) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        clock.time += timedelta(seconds=1)
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"a")
        clock.time += timedelta(seconds=2)
        await response.write_eof(b"b")
        return response

    server.handler = handler
    assert (await measure()).latency == pytest.approx(3)


async def test_a_pin_asks_for_one_version(server: Server, measure: Measure) -> None:
    server.says()
    await measure(wanted=Wanted((NEW,), pins=(("hello", NEW),)))
    await measure()
    asked = [request.headers.get("Cloudflare-Workers-Version-Overrides") for request in server.requests]
    assert asked == [f'hello="{NEW}"', None]


PINNED = Wanted((NEW,), (OLD,), (("hello", NEW),))


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (json.dumps({"cloudflare-workers-version-overrides": f'hello="{NEW}"'}), {}),
        (f"<p>hello=&quot;{NEW}&quot;</p>", {}),
        (f"/echo?q=hello%3D%22{NEW}%22", {}),
        ("", {"x_asked_version": f'hello="{NEW}"'}),
    ],
)
async def test_what_was_asked_for_is_no_proof(
    server: Server, measure: Measure, body: str, headers: dict[str, str]
) -> None:
    server.says(body, 200, **headers)
    assert (await measure(wanted=PINNED)).version is None
    server.says(body, 200, **headers, x_version=OLD)
    assert (await measure(wanted=PINNED)).version == OLD
    server.says(body, 200, **headers, x_version=NEW)
    assert (await measure(wanted=PINNED)).version == NEW


@pytest.mark.parametrize(
    ("body", "headers", "found"),
    [
        ("", {}, None),
        ("hello", {}, None),
        (f"hello from {NEW}", {}, NEW),
        (f"hello from {OLD}", {}, OLD),
        ("", {"x_worker_version": NEW}, NEW),
        ("", {"etag": f'"{NEW}"'}, NEW),
        (f"from {OLD}", {"x_version": NEW}, NEW),
        (f"from {OLD}", {"etag": NEW}, NEW),
        (json.dumps({"version": NEW, "before": OLD}), {}, NEW),
        (json.dumps({"deep": [{"versionMetadata": {"id": NEW}}], "before": OLD}), {"etag": OLD}, NEW),
        (json.dumps({"version": OLD}), {"x_version": NEW}, NEW),
        (json.dumps({"versions": [OLD, NEW]}), {}, None),
        (json.dumps({"id": NEW}), {}, NEW),
        (f"{OLD} {NEW}", {}, None),
        ("x" * 262_144 + NEW, {}, None),
        ("x" * (262_144 - len(NEW)) + NEW, {}, NEW),
    ],
)
async def test_the_version_that_answered_is_the_one_that_the_answer_names(
    server: Server, measure: Measure, body: str, headers: dict[str, str], found: str | None
) -> None:
    server.says(body, 200, **headers)
    assert (await measure(wanted=BOTH)).version == found


async def test_a_failing_answer_names_its_version_too(server: Server, measure: Measure) -> None:
    server.says(NEW, status=500)
    measured = await measure(wanted=BOTH)
    assert (measured.verdict.mark, measured.version) == (Mark.FAIL, NEW)
