"""The HTTP side, over a real socket."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from aiohttp import web
from jsonschema import validate

from adapters.http.client import Answer
from adapters.http.health import judge
from bot.app.http import application
from bot.domain.link import Link, LinkState
from bot.view.report_form import report_schema
from tests.app.conftest import begin, ended, running
from tests.fakes.estates import deploying
from tests.fakes.world import Fakes


@asynccontextmanager
async def served(
    fakes: Fakes, token: str = "", links: Mapping[str, Link] | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the bot's own server."""
    runner = web.AppRunner(application(fakes.world, links or {}, Path(), token))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    async with httpx.AsyncClient(base_url=f"http://{host}:{port}", trust_env=False) as client:
        yield client
    await runner.cleanup()


async def test_health_says_that_the_journal_answers(fakes: Fakes) -> None:
    async with served(fakes) as client:
        answer = await client.get("/healthz")
    assert answer.status_code == 200
    body = answer.json()
    assert body["status"] == "ok"
    assert body["components"]["journal"] == {"status": "ok"}
    assert body["components"]["workspace"]["free_bytes"] > 0
    assert judge(Answer(200, body=answer.content), ("journal", "workspace")).passed


async def test_health_tells_each_link_and_stays_200_where_one_is_deaf(fakes: Fakes) -> None:
    noon = fakes.clock.now()
    links = {
        "slack": Link(LinkState.LIVE, noon),
        "discord": Link(LinkState.STARTING, noon),
        "telegram": Link(LinkState.DEAF, noon, "Telegram does not answer"),
    }
    async with served(fakes, links=links) as client:
        answer = await client.get("/healthz")
        assert answer.status_code == 200
        body = answer.json()
        links["telegram"] = Link(LinkState.LIVE, noon)
        assert (await client.get("/healthz")).json()["status"] == "ok", "it tells how they stand now"
    assert body["status"] == "degraded"
    since = "2026-11-18T12:00:00+00:00"
    assert body["components"]["slack"] == {"status": "ok", "link": "live", "since": since}
    assert body["components"]["discord"]["status"] == "warn"
    reason = "Telegram does not answer"
    assert body["components"]["telegram"] == {"status": "fail", "link": "deaf", "since": since, "reason": reason}
    assert "telegram is fail" in judge(Answer(200, body=answer.content), ()).reason


async def test_without_its_journal_the_bot_is_not_healthy(fakes: Fakes, tmp_path: Path) -> None:
    (tmp_path / "journal.db").unlink()
    async with served(fakes) as client:
        answer = await client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "fail"


async def test_a_report_is_for_who_has_the_token(fakes: Fakes) -> None:
    fakes.provider.put("worker", "canary", "v-before")
    run = await begin(fakes, deploying())
    async with running(fakes):
        await ended(fakes, run)
    async with served(fakes, "a-long-token") as client:
        path = f"/runs/{run}/report.json"
        assert (await client.get(path)).status_code == 401
        assert (await client.get(path, headers={"Authorization": "Bearer other"})).status_code == 401
        mine = {"Authorization": "Bearer a-long-token"}
        answer = await client.get(path, headers=mine)
        assert (await client.get("/runs/zzzzzzzz/report.json", headers=mine)).status_code == 404
    validate(answer.json(), report_schema())
    assert answer.json()["outcome"] == "succeeded"


async def test_without_a_token_no_report_is_served(fakes: Fakes) -> None:
    async with served(fakes) as client:
        answer = await client.get("/runs/00000001/report.json", headers={"Authorization": "Bearer x"})
    assert answer.status_code == 401
