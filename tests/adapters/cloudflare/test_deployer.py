"""Deploys and switches against a small account: what is guarded, what is sent, what is read back."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from adapters.cloudflare import CloudflareDeployer, provider
from adapters.cloudflare.marks import deploy_message
from bot.domain.targets import Component
from bot.domain.values import Live, RunId, Share
from bot.ports.deployer import Act, Fate, Subject
from bot.ports.errors import Conflict, Differs, Doubtful, Permanent, Temporary
from bot.ports.process import Ran
from tests.adapters.cloudflare.doubles import (
    COMMIT,
    TOKEN,
    Account,
    Scripted,
    Ticks,
    act,
    checkout,
    lost,
    refused,
    subject,
)

V1, V2 = Share("11111111-aaaa", 100), Share("22222222-bbbb", 100)
HALF = (Share(V1.version, 90), Share(V2.version, 10))
BEFORE = Live("worker", (V1,))


@pytest.fixture
def account() -> Account:
    account = Account()
    account.deploy((V1.version, 100), message="first")
    return account


@pytest.fixture
def processes() -> Scripted:
    return Scripted()


@pytest.fixture
def clock() -> Ticks:
    return Ticks()


@pytest.fixture
def hello(tmp_path: Path) -> Subject:
    return subject(checkout(tmp_path))


@pytest.fixture
async def deployer(account: Account, processes: Scripted, clock: Ticks) -> AsyncIterator[CloudflareDeployer]:
    async with account.served() as settings, provider(settings, processes, clock) as one:
        assert isinstance(one.deployer, CloudflareDeployer)
        yield one.deployer


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
    processes.does = wrangler(
        account, {"type": "command-failed", "message": "fetch failed"}, status=1, moves=False
    )
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


async def test_somebody_who_deploys_right_after_is_named(
    account: Account, processes: Scripted, deployer: CloudflareDeployer, hello: Subject
) -> None:
    async def run(processes: Scripted) -> Ran:
        account.deploy((V2.version, 100), message=processes.message)
        account.deploy((V1.version, 100), message="Hot fix", author="bo@example.com")
        processes.write(DEPLOYED)
        return Ran(0)

    processes.does = run
    with pytest.raises(Conflict, match=r"bo@example\.com \('Hot fix'\)"):
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


async def test_a_switch_is_one_request(
    account: Account, deployer: CloudflareDeployer, hello: Subject
) -> None:
    live = await deployer.switch(act("switch"), hello, HALF, BEFORE)
    assert live.shares == HALF
    [(body, query)] = account.posts
    assert [one["percentage"] for one in body["versions"]] == [90, 10]
    assert query == ""
    assert "to=11111111:90,22222222:10" in live.message


async def test_a_switch_to_what_is_live_sends_nothing(
    account: Account, deployer: CloudflareDeployer, hello: Subject
) -> None:
    assert (await deployer.switch(act(), hello, (V1,), None)).message == "first"
    assert account.posts == []


async def test_the_way_back_goes_there_whatever_is_live(
    account: Account, deployer: CloudflareDeployer, hello: Subject
) -> None:
    account.deploy((V2.version, 100), author="bo@example.com")
    assert (await deployer.switch(act(), hello, (V1,), None)).shares == (V1,)


@pytest.mark.parametrize(
    "shares", [(), (Share("a", 90),), (*HALF, Share("c", 0)), (Share("a", 60), Share("b", 60))]
)
async def test_shares_that_are_none_are_not_sent(
    account: Account, deployer: CloudflareDeployer, hello: Subject, shares: tuple[Share, ...]
) -> None:
    with pytest.raises(Permanent, match="one or two versions"):
        await deployer.switch(act(), hello, shares, None)
    assert account.posts == []


async def test_secrets_that_differ_are_named_and_forced_only_when_told(
    account: Account, deployer: CloudflareDeployer, hello: Subject
) -> None:
    account.secrets_differ = "API_KEY, OTHER"
    with pytest.raises(Differs) as trouble:
        await deployer.switch(act(), hello, (V2,), BEFORE)
    assert trouble.value.secrets == ("API_KEY", "OTHER")
    assert [query for _, query in account.posts] == [""]
    assert (await deployer.switch(act(), hello, (V2,), BEFORE, force=True)).shares == (V2,)
    assert [query for _, query in account.posts] == ["", "force=true"]


async def test_a_lost_answer_is_doubtful_and_then_found_to_be_done(
    account: Account, processes: Scripted, deployer: CloudflareDeployer, hello: Subject
) -> None:
    account.after = lambda request: lost(request) if request.method == "POST" else None
    with pytest.raises(Doubtful):
        await deployer.switch(act(), hello, (V2,), BEFORE)
    assert len(account.posts) == 1  # never repeated
    fate, live = await deployer.became_of(act(), hello)
    assert (fate, live.shares, processes.waited) == (Fate.DONE, (V2,), [act().cookie])


async def test_a_lost_request_is_doubtful_and_then_found_to_be_not_done(
    account: Account, deployer: CloudflareDeployer, hello: Subject
) -> None:
    account.instead = lambda request: lost(request) if request.method == "POST" else None
    with pytest.raises(Doubtful):
        await deployer.switch(act(), hello, (V2,), BEFORE)
    fate, live = await deployer.became_of(act(), hello)
    assert (fate, live.shares) == (Fate.NOT_DONE, (V1,))


async def test_429_moves_nothing(account: Account, deployer: CloudflareDeployer, hello: Subject) -> None:
    slow = refused(429, 971, "slow down", **{"retry-after": "3"})
    account.instead = lambda request: slow if request.method == "POST" else None
    with pytest.raises(Temporary) as trouble:
        await deployer.switch(act(), hello, (V2,), BEFORE)
    assert trouble.value.retry_after == 3


async def test_what_became_of_an_act_is_said_once_the_list_has_settled(
    account: Account, deployer: CloudflareDeployer, hello: Subject, clock: Ticks
) -> None:
    def late() -> None:
        if clock.elapsed() == 2:
            account.deploy((V2.version, 100), message=deploy_message(act(), COMMIT))

    clock.between = late
    assert (await deployer.became_of(act(), hello))[0] is Fate.DONE


async def test_a_list_that_never_settles_is_doubtful(
    account: Account, deployer: CloudflareDeployer, hello: Subject, clock: Ticks
) -> None:
    clock.between = lambda: account.deploy((V2.version, 100))
    with pytest.raises(Doubtful, match="keeps changing"):
        await deployer.became_of(act(), hello)
    assert clock.elapsed() < 60


async def test_the_acts_of_one_run_are_told_apart(
    account: Account, deployer: CloudflareDeployer, hello: Subject
) -> None:
    await deployer.switch(act("deploy/worker"), hello, (V2,), BEFORE)
    assert (await deployer.became_of(act("deploy/worker"), hello))[0] is Fate.DONE
    assert (await deployer.became_of(act("restore/worker"), hello))[0] is Fate.NOT_DONE
    assert (await deployer.became_of(Act(RunId("other000"), "deploy/worker"), hello))[0] is Fate.NOT_DONE


async def test_a_worker_that_was_never_deployed(
    account: Account, deployer: CloudflareDeployer, hello: Subject
) -> None:
    account.deployments.clear()
    assert await deployer.live(hello) == Live("worker")


async def test_fractions_of_the_dashboard_still_sum_to_100(
    account: Account, deployer: CloudflareDeployer, hello: Subject
) -> None:
    account.deploy(("a", 12.5), ("b", 87.5))
    assert (await deployer.live(hello)).shares == (Share("a", 12), Share("b", 88))


@pytest.mark.parametrize("shape", [{}, {"deployments": [{}]}, [], None, {"deployments": 7}])
async def test_a_list_of_unknown_shape(
    account: Account, deployer: CloudflareDeployer, hello: Subject, shape: object
) -> None:
    envelope = {"success": True, "result": shape}
    account.instead = lambda request: web.json_response(envelope)
    with pytest.raises(Temporary, match="unknown shape"):
        await deployer.live(hello)


async def test_the_name_outlives_the_checkout(
    account: Account, deployer: CloudflareDeployer, hello: Subject
) -> None:
    bare = Subject(hello.component, hello.environment)
    with pytest.raises(Permanent, match="no code is at hand"):
        await deployer.live(bare)
    await deployer.live(hello)
    assert (await deployer.live(bare)).shares == (V1,)


async def test_the_projects_own_build_comes_first_and_sees_no_token(
    processes: Scripted, deployer: CloudflareDeployer, tmp_path: Path
) -> None:
    async def run(processes: Scripted) -> Ran:
        assert processes.argv == ("npm", "run", "build")
        assert TOKEN not in processes.env.values()
        return Ran(2, tail=("no such script",))

    processes.does = run
    component = Component("worker", build=("npm", "run", "build"))
    with pytest.raises(Permanent, match="failed with status 2") as trouble:
        await deployer.build(act(), subject(checkout(tmp_path), component=component))
    assert trouble.value.log == ("no such script",)


async def test_access_is_told_line_by_line(
    account: Account, deployer: CloudflareDeployer, hello: Subject, tmp_path: Path
) -> None:
    other = subject(checkout(tmp_path / "other", "{}"))
    scripts = web.json_response({"success": True, "result": []})
    account.instead = lambda request: scripts if request.path.endswith("/scripts") else None
    lines = await deployer.verify_access([hello, other])
    assert [good for good, _ in lines] == [True, True, False]
    assert lines[1][1] == "Worker hello: 11111111 at 100 %."
    account.instead = lambda request: refused(403, 10000, "Authentication error")
    [(good, sentence)] = await deployer.verify_access([hello])
    assert not good
    assert "CLOUDFLARE_API_TOKEN" in sentence
