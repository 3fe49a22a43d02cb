"""What the tests of gradual rollouts with real wrangler share."""

import asyncio
import os
import signal
from contextlib import suppress

import pytest

from bot.domain.values import Live
from tests.adapters.cloudflare.conftest import Ground
from tests.adapters.cloudflare.doubles import COMMIT, act
from tests.adapters.cloudflare.test_with_wrangler import running

BOTH = pytest.mark.parametrize(
    "ground", ["4.86.0", pytest.param("4.164.0", marks=pytest.mark.wrangler_current)], indirect=True
)
"""What the two wranglers do each in their own way, or might."""
NAMES_ITSELF = """
export default {
  fetch(request, env) {
    const { id } = env.VERSION;
    return Response.json({ status: "ok", version: { id } }, { headers: { "x-version": id } });
  },
};
"""
TOLD = {"version_metadata": {"binding": "VERSION"}}


async def first(ground: Ground) -> Live:
    """A version of a Worker that names itself, live at 100 %."""
    ground.write(NAMES_ITSELF, **TOLD)
    return await ground.deployer.deploy(act("first"), ground.hello, COMMIT, Live("worker"))


async def signalled(ground: Ground) -> None:
    """Ends wrangler in the middle of what is held, as a person or the system might."""
    assert await ground.sandbox.get("held", wait="30")
    for pid in running(ground.folder.resolve()):
        with suppress(ProcessLookupError):  # one of them may end with the one before it
            os.kill(pid, signal.SIGTERM)
    async with asyncio.timeout(20):
        # One that is still there would see the cut and tell it as its end.
        while running(ground.folder.resolve()):  # noqa: ASYNC110 - other processes set no event of ours
            await asyncio.sleep(0.02)
    await ground.sandbox.post("held/release", {"then": "cut"})
