"""Real wrangler against the sandbox: what it does when things go wrong, and that the bot is not fooled."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from adapters.cloudflare import CloudflareSettings, provider
from adapters.system.clock import SystemClock
from bot.domain.values import Live, Share
from bot.ports.deployer import Fate
from bot.ports.errors import Conflict, Differs, Doubtful, Permanent
from tests.adapters.cloudflare.conftest import Ground, real_processes
from tests.adapters.cloudflare.doubles import COMMIT, RUN, act

pytestmark = pytest.mark.asyncio(loop_scope="module")
NEVER = Live("worker")


def running(folder: Path) -> list[int]:
    """Processes of node that work in that folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            inside = entry.name.isdigit() and (entry / "cwd").readlink() == folder
            if inside and b"node" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return sorted(found)


async def test_the_first_deploy_and_the_next_one(ground: Ground) -> None:
    ground.write("one", env={"canary": {}})
    (ground.folder / ".env").write_text(
        "CLOUDFLARE_API_TOKEN=foreign\nCLOUDFLARE_API_KEY=foreign\nCLOUDFLARE_EMAIL=a@example.com\n"
        "CLOUDFLARE_API_BASE_URL=http://127.0.0.1:9/client/v4\nCLOUDFLARE_ACCOUNT_ID=foreign\n"
        "CLOUDFLARE_ENV=canary\nWRANGLER_CI_OVERRIDE_NAME=foreign\n"
    )
    one = await ground.deployer.deploy(act(), ground.hello, COMMIT, NEVER)
    ground.write("two", env={"canary": {}})
    two = await ground.deployer.deploy(act("again"), ground.hello, COMMIT, one)
    assert one.version
    assert two.version != one.version
    assert f"run={RUN} commit={COMMIT.sha}" in two.message
    version = await ground.sandbox.call("GET", f"/workers/scripts/{ground.name}/versions/{two.version}")
    assert version["annotations"]["workers/tag"] == COMMIT.sha
    assert await ground.count("deployments") == 2
    fate, live = await ground.deployer.became_of(act("again"), ground.hello)
    assert (fate, live) == (Fate.DONE, two)


async def test_a_build_touches_nothing_and_is_the_same_anywhere(ground: Ground) -> None:
    one = await ground.deployer.build(act(), ground.hello)
    ground.write("one", env={"canary": {"vars": {"A": "1"}}})
    assert await ground.deployer.build(act(), ground.hello) == one
    ground.write("two")
    assert await ground.deployer.build(act(), ground.hello) != one
    assert (await ground.sandbox.get("calls"))["calls"] == []


async def test_a_bundle_that_cannot_be_made(ground: Ground) -> None:
    ground.write("export default { fetch( { } }")
    with pytest.raises(Permanent, match="The bundle failed") as trouble:
        await ground.deployer.build(act(), ground.hello)
    assert any("index.js" in line for line in trouble.value.log)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (
            ("status", "POST", "/subdomain", {"status": 403}),
            r"^Traffic moved to .*\[code: 10013\] from /subdomain\): routes",
        ),
        (("lost", "POST", "/deployments", {}), r"^Traffic moved to .*did not finish \(fetch failed\)"),
        (("cut", "POST", "/deployments", {}), r"^wrangler deployed nothing"),
        (("html", "POST", "/deployments", {}), r"^wrangler deployed nothing"),
        (
            ("status", "POST", "/versions", {"status": 429, "retry_after": 1}),
            r"^wrangler deployed nothing: Please wait",
        ),
    ],
)
async def test_a_failure_says_whether_traffic_moved(
    ground: Ground, rule: tuple[str, str, str, dict[str, object]], sentence: str
) -> None:
    before = await ground.upload("zero")
    do, method, path, more = rule
    await ground.misbehave(do, method, path, **more)
    with pytest.raises(Permanent, match=sentence) as trouble:
        await ground.deployer.deploy(act(), ground.hello, COMMIT, before)
    assert "\n" not in trouble.value.reason
    assert any("[ERROR]" in line for line in trouble.value.log)
    moved = (await ground.deployer.live(ground.hello)).shares != before.shares
    assert moved == trouble.value.reason.startswith("Traffic moved")


async def test_a_token_that_is_refused(ground: Ground) -> None:
    settings = CloudflareSettings("wrong", ground.sandbox.account_id, ground.sandbox.api)
    async with provider(settings, real_processes("wrong"), SystemClock()) as one:
        with pytest.raises(Permanent, match="CLOUDFLARE_API_TOKEN"):
            await one.deployer.deploy(act(), ground.hello, COMMIT, NEVER)


async def test_exit_status_0_after_a_signal_is_no_deploy(ground: Ground) -> None:
    before = await ground.upload("zero")
    await ground.misbehave("hold", "POST", "/versions")

    async def interrupt() -> None:
        assert await ground.sandbox.get("held", wait="30")
        for pid in running(ground.folder.resolve()):
            with suppress(ProcessLookupError):  # one of them may end with the one before it
                os.kill(pid, signal.SIGTERM)
        await ground.sandbox.post("held/release", {"then": "cut"})

    async with asyncio.TaskGroup() as group:
        group.create_task(interrupt())
        with pytest.raises(Permanent, match="deployed nothing"):
            await ground.deployer.deploy(act(), ground.hello, COMMIT, before)
    assert (await ground.deployer.live(ground.hello)).shares == before.shares


async def test_a_cancelled_deploy_leaves_no_process(ground: Ground) -> None:
    before = await ground.upload("zero")
    await ground.misbehave("hold", "POST", "/versions")
    async with asyncio.TaskGroup() as group:
        deploy = group.create_task(ground.deployer.deploy(act(), ground.hello, COMMIT, before))
        assert await ground.sandbox.get("held", wait="30")
        assert len(running(ground.folder.resolve())) >= 2
        deploy.cancel()
    assert running(ground.folder.resolve()) == []
    await ground.sandbox.post("held/release", {"then": "cut"})
    assert (await ground.deployer.became_of(act(), ground.hello))[0] is Fate.NOT_DONE


async def test_somebody_else_deploys_in_between(ground: Ground) -> None:
    before = await ground.upload("zero")
    await ground.upload("foreign")
    mine = [{"version_id": before.version, "percentage": 100}]
    with pytest.raises(Conflict, match=r"live is \w{8} at 100 % by owner@example\.com"):
        await ground.deployer.deploy(act(), ground.hello, COMMIT, before)
    body = {"script": ground.name, "versions": mine, "email": "bo@example.com", "message": "Back"}
    await ground.sandbox.post("dashboard-deployment", body)
    assert (await ground.deployer.live(ground.hello)).author == "bo@example.com"
    assert await ground.count("uploads") == 2


async def test_a_switch_whose_answer_is_lost_is_found_to_be_done(ground: Ground) -> None:
    one, two = await ground.upload("one"), await ground.upload("two")
    await ground.misbehave("lost", "POST", "/deployments", times=1)
    with pytest.raises(Doubtful):
        await ground.deployer.switch(act(), ground.hello, one.shares, two)
    fate, live = await ground.deployer.became_of(act(), ground.hello)
    assert (fate, live.shares) == (Fate.DONE, one.shares)


async def test_a_rollout_is_not_deployed_over(ground: Ground) -> None:
    one, two = await ground.upload("one"), await ground.upload("two")
    shares = (Share(one.shares[0].version, 90), Share(two.shares[0].version, 10))
    split = await ground.deployer.switch(act(), ground.hello, shares, two)
    with pytest.raises(Permanent, match="is split"):
        await ground.deployer.deploy(act("next"), ground.hello, COMMIT, split)
    assert await ground.count("uploads") == 2


async def test_secrets_that_changed_need_a_word(ground: Ground) -> None:
    names = ground.provider.secrets.names
    assert await names(ground.hello) == frozenset()
    one = await ground.upload("one")
    secret = {"name": "API_KEY", "text": "v@lue", "type": "secret_text"}
    await ground.sandbox.call("PUT", f"/workers/scripts/{ground.name}/secrets", secret)
    assert await names(ground.hello) == {"API_KEY"}
    with pytest.raises(Differs) as trouble:
        await ground.deployer.switch(act(), ground.hello, one.shares, None)
    assert trouble.value.secrets == ("API_KEY",)
    live = await ground.deployer.switch(act(), ground.hello, one.shares, None, force=True)
    assert live.shares == one.shares


async def test_access(ground: Ground) -> None:
    assert [good for good, _ in await ground.deployer.verify_access([ground.hello])] == [True, True]
