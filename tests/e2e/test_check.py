"""`outrider check` beside a real account: every source of a rollout's evidence is asked, and nothing is left behind."""

import asyncio
import sys

import pytest

from tests.e2e.play import ROOT
from tests.e2e.stage import PRODUCTION, Gradual, Stage

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(900),  # bundles, with real child processes
    pytest.mark.soak,
]
SOURCES = ('source = "probes"\npath = "/"', 'source = "tail"', 'source = "cloudflare"')


async def check(stage: Stage) -> tuple[int, list[str]]:
    """Exit status and lines."""
    environ = dict(stage.configure(stage.new_folder(), "60s", gradual=Gradual(sources=SOURCES)))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "check", cwd=ROOT, env=environ, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode("utf-8").splitlines()


async def test_each_source_of_the_evidence_has_a_line_and_nothing_is_left_open(stage: Stage) -> None:
    await stage.fresh(PRODUCTION, migrated=True)
    status, lines = await check(stage)
    for source in ("probes", "tail", "cloudflare"):
        assert any(one.endswith(f"production {source}: counts what canary and baseline do.") for one in lines), lines
    assert status == 0, lines
    assert await stage.sandbox.call("GET", f"/workers/scripts/{PRODUCTION}/tails") == []


async def test_a_token_that_may_not_open_a_tail_is_told_which_permission_it_needs(stage: Stage) -> None:
    await stage.fresh(PRODUCTION, migrated=True)
    refused = {"do": "status", "status": 403, "code": 10000}  # as a token that lacks a permission is
    await stage.sandbox.post("rules/api", {**refused, "method": "POST", "path": ".*/tails"})
    status, lines = await check(stage)
    (line,) = [one for one in lines if "production tail: " in one]
    assert "A live tail needs Account · Workers Tail · Read." in line
    assert status == 1, lines
