"""The HTTP side, over a real socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from aiohttp import web
from jsonschema import validate

from bot.app.http import application
from bot.view.report_form import report_schema
from tests.app.conftest import begin, ended, running
from tests.fakes.estates import deploying
from tests.fakes.world import Fakes


@asynccontextmanager
async def served(fakes: Fakes, token: str = "") -> AsyncIterator[httpx.AsyncClient]:
    """A client of the bot's own server."""
    runner = web.AppRunner(application(fakes.world, [], token))
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
    assert answer.json()["components"]["journal"] == "ok"


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
