"""Deploys against a small account: what is guarded, what is run, what is read back."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from adapters.cloudflare import CloudflareDeployer
from adapters.cloudflare.marks import deploy_message
from bot.domain.targets import Component
from bot.domain.values import Live
from bot.ports.deployer import Fate, Subject
from bot.ports.errors import Conflict, Doubtful, Permanent
from bot.ports.process import Ran
from tests.adapters.cloudflare.doubles import (
    BEFORE,
    COMMIT,
    HALF,
    RUN,
    TOKEN,
    V1,
    V2,
    Account,
    Scripted,
    Ticks,
    act,
    checkout,
    refused,
    subject,
)


def wrangler(
    account: Account,
    *entries: dict[str, Any],
    status: int = 0,
    moves: bool = True,
    tail: tuple[str, ...] = (),
) -> Callable[[Scripted], Awaitable[Ran]]:
    """A wrangler that moves traffic to V2, or does not, and leaves this behind."""

    async def run(processes: Scripted) -> Ran:
        if moves:
            account.deploy((V2.version, 100), message=processes.message)
        processes.write(*entries)
        return Ran(status, tail=tail)

    return run


DEPLOYED = {"type": "deploy", "version_id": V2.version}


async def test_a_deploy_is_read_back(
    account: Account, processes: Scripted, deployer: CloudflareDeployer, hello: Subject
) -> None:
    processes.does = wrangler(account, DEPLOYED)
    live = await deployer.deploy(act(), hello, COMMIT, BEFORE)
    assert (live.shares, live.author, live.message) == ((V2,), "ana@example.com", processes.message)
    assert f"--tag={COMMIT.sha}" in processes.argv
    assert processes.message == deploy_message(act(), COMMIT)


@pytest.mark.parametrize(
    ("entries", "status"),
    [
        ((), 0),
        (({"type": "deploy", "version_id": None},), 0),
        (({"type": "version-upload", "version_id": "v"},), 0),
    ],
)
async def test_exit_status_0_alone_is_no_deploy(
    account: Account,
    processes: Scripted,
    deployer: CloudflareDeployer,
    hello: Subject,
    entries: tuple[dict[str, Any], ...],
    status: int,
) -> None:
    processes.does = wrangler(account, *entries, status=status, moves=False, tail=("Uploaded hello",))
    with pytest.raises(Permanent, match="deployed nothing") as trouble:
        await deployer.deploy(act(), hello, COMMIT, BEFORE)
    assert trouble.value.log == ("Uploaded hello",)


async def test_an_entry_that_the_provider_does_not_bear_out_is_doubtful(
    account: Account, processes: Scripted, deployer: CloudflareDeployer, hello: Subject
) -> None:
    processes.does = wrangler(account, DEPLOYED, moves=False)
    with pytest.raises(Doubtful, match="does not list it"):
        await deployer.deploy(act(), hello, COMMIT, BEFORE)


async def test_traffic_that_moved_before_a_later_step_failed(
    account: Account, processes: Scripted, deployer: CloudflareDeployer, hello: Subject
) -> None:
    failed = {"type": "command-failed", "code": 10000, "message": "Authentication error"}
    processes.does = wrangler(account, failed, status=1)
    with pytest.raises(Permanent, match=r"Traffic moved to 22222222 at 100 %.*CLOUDFLARE_API_TOKEN.*routes"):
        await deployer.deploy(act(), hello, COMMIT, BEFORE)


async def test_an_entry_does_not_outweigh_the_exit_status(
    account: Account, processes: Scripted, deployer: CloudflareDeployer, hello: Subject
) -> None:
    processes.does = wrangler(account, DEPLOYED, status=1, tail=("✘ [ERROR] containers failed",))
    with pytest.raises(Permanent, match=r"did not finish \(containers failed\)"):
        await deployer.deploy(act(), hello, COMMIT, BEFORE)


async def test_a_deadline_is_doubtful_and_what_landed_is_found(
    account: Account, processes: Scripted, deployer: CloudflareDeployer, hello: Subject
) -> None:
    async def run(processes: Scripted) -> Ran:
        account.deploy((V2.version, 100), message=processes.message)
        raise Doubtful("node took longer than 600 s and was ended.")

    processes.does = run
    with pytest.raises(Doubtful, match="600 s"):
        await deployer.deploy(act(), hello, COMMIT, BEFORE)
    assert (await deployer.became_of(act(), hello))[0] is Fate.DONE


async def test_a_failure_that_changed_nothing(
    account: Account, processes: Scripted, deployer: CloudflareDeployer, hello: Subject
) -> None:
    failed = {"type": "command-failed", "code": 10021, "message": f"startup error, token {TOKEN}"}
    processes.does = wrangler(account, failed, status=1, moves=False)
    with pytest.raises(Permanent) as trouble:
        await deployer.deploy(act(), hello, COMMIT, BEFORE)
    assert trouble.value.reason == "wrangler deployed nothing: startup error, token •••."


async def test_a_deployment_that_lands_after_wrangler_gave_up_is_seen(
    account: Account, processes: Scripted, deployer: CloudflareDeployer, hello: Subject, clock: Ticks
) -> None:
    def late() -> None:
        if clock.elapsed() == 1:
            account.deploy((V2.version, 100), message=processes.message)

    clock.between = late
    processes.does = wrangler(account, {"type": "command-failed", "message": "fetch failed"}, status=1, moves=False)
    with pytest.raises(Permanent, match=r"Traffic moved to 22222222.*fetch failed"):
        await deployer.deploy(act(), hello, COMMIT, BEFORE)


async def test_a_failure_that_cannot_be_read_back_is_doubtful(
    account: Account, processes: Scripted, deployer: CloudflareDeployer, hello: Subject
) -> None:
    async def run(processes: Scripted) -> Ran:
        account.instead = lambda request: web.Response(status=502, text="<html>")
        return Ran(1)

    processes.does = run
    with pytest.raises(Doubtful, match="cannot be read back"):
        await deployer.deploy(act(), hello, COMMIT, BEFORE)


async def test_a_deploy_that_cannot_be_read_back_is_doubtful(
    account: Account, processes: Scripted, deployer: CloudflareDeployer, hello: Subject
) -> None:
    async def run(processes: Scripted) -> Ran:
        processes.write(DEPLOYED)
        account.instead = lambda request: refused(429, 971, "slow down")
        return Ran(0)

    processes.does = run
    with pytest.raises(Doubtful, match="not read back"):
        await deployer.deploy(act(), hello, COMMIT, BEFORE)


async def test_the_first_upload_is_known_by_its_version(
    account: Account, processes: Scripted, deployer: CloudflareDeployer, hello: Subject
) -> None:
    account.deployments.clear()

    async def run(processes: Scripted) -> Ran:
        account.deploy((V2.version, 100))
        account.messages[V2.version] = processes.message
        processes.write(DEPLOYED)
        return Ran(0)

    processes.does = run
    assert (await deployer.deploy(act(), hello, COMMIT, Live("worker"))).shares == (V2,)
    assert (await deployer.became_of(act(), hello))[0] is Fate.DONE
    assert (await deployer.became_of(act("other"), hello))[0] is Fate.NOT_DONE
    assert f"run={RUN}" in (await deployer.live(hello)).message


async def test_a_version_does_not_sign_what_somebody_else_deployed(
    account: Account, deployer: CloudflareDeployer, hello: Subject
) -> None:
    account.messages[V2.version] = deploy_message(act(), COMMIT)
    account.deploy((V2.version, 100), by="deployment", author="bo@example.com")
    assert (await deployer.live(hello)).message == ""
    assert (await deployer.became_of(act(), hello))[0] is Fate.NOT_DONE


async def test_somebody_who_deploys_right_after_is_named(
    account: Account, processes: Scripted, deployer: CloudflareDeployer, hello: Subject
) -> None:
    async def run(processes: Scripted) -> Ran:
        account.deploy((V2.version, 100), message=processes.message)
        account.deploy((V1.version, 100), message="Hot fix", author="bo@example.com")
        processes.write(DEPLOYED)
        return Ran(0)

    processes.does = run
    with pytest.raises(Permanent, match=r"replaced at once.*bo@example\.com \('Hot fix'\)"):
        await deployer.deploy(act(), hello, COMMIT, BEFORE)


async def test_somebody_who_deployed_before_is_named_and_nothing_is_run(
    account: Account, deployer: CloudflareDeployer, hello: Subject
) -> None:
    account.deploy((V2.version, 100), message="From the dashboard", author="bo@example.com")
    with pytest.raises(Conflict, match=r"22222222 at 100 % by bo@example\.com \('From the dashboard'\)"):
        await deployer.deploy(act(), hello, COMMIT, BEFORE)
    with pytest.raises(Conflict, match="bo@example"):
        await deployer.switch(act(), hello, HALF, BEFORE)
    assert account.posts == []


async def test_a_gradual_deployment_is_never_overwritten(
    account: Account, deployer: CloudflareDeployer, hello: Subject
) -> None:
    account.deploy((V1.version, 90), (V2.version, 10))
    with pytest.raises(Permanent, match="is split"):
        await deployer.deploy(act(), hello, COMMIT, Live("worker", HALF))


async def test_neither_build_sees_the_token(processes: Scripted, deployer: CloudflareDeployer, tmp_path: Path) -> None:
    seen: list[str] = []

    async def run(processes: Scripted) -> Ran:
        seen.append(processes.argv[0])
        assert TOKEN not in " ".join([*processes.argv, *processes.env.values()])
        outdir = next((word for word in processes.argv if word.startswith("--outdir=")), "")
        if outdir:
            await asyncio.to_thread(Path(outdir.removeprefix("--outdir="), "index.js").write_text, "code")
        return Ran(0)

    processes.does = run
    component = Component("worker", build=("npm", "run", "build"))
    built = await deployer.build(act(), subject(checkout(tmp_path), component=component))
    assert (seen, len(built.digest)) == (["npm", "node"], 64)


async def test_the_projects_own_build_that_fails_ends_the_build(
    processes: Scripted, deployer: CloudflareDeployer, tmp_path: Path
) -> None:
    async def run(processes: Scripted) -> Ran:
        assert processes.argv == ("npm", "run", "build")
        return Ran(2, tail=("no such script",))

    processes.does = run
    component = Component("worker", build=("npm", "run", "build"))
    with pytest.raises(Permanent, match="failed with status 2") as trouble:
        await deployer.build(act(), subject(checkout(tmp_path), component=component))
    assert trouble.value.log == ("no such script",)
