"""Switches against a small account, what became of an act, and what is live."""

from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from adapters.cloudflare import CloudflareDeployer
from adapters.cloudflare.marks import LONGEST, deploy_message
from bot.domain.values import Live, RunId, Share
from bot.ports.deployer import Act, Fate, Subject
from bot.ports.errors import Conflict, Differs, Doubtful, Permanent, Temporary
from tests.adapters.cloudflare.doubles import (
    BEFORE,
    COMMIT,
    HALF,
    V1,
    V2,
    Account,
    Scripted,
    Ticks,
    act,
    checkout,
    lost,
    refused,
    subject,
)


async def test_a_switch_is_one_request(account: Account, deployer: CloudflareDeployer, hello: Subject) -> None:
    live = await deployer.switch(act("switch"), hello, HALF, BEFORE)
    assert live.shares == HALF
    [(body, query)] = account.posts
    assert [one["percentage"] for one in body["versions"]] == [90, 10]
    assert query == ""
    assert "to=11111111:90,22222222:10" in live.message


ZERO = (Share(V1.version, 100), Share(V2.version, 0))


async def test_a_version_without_traffic_is_a_part_of_what_is_live(
    account: Account, deployer: CloudflareDeployer, hello: Subject
) -> None:
    live = await deployer.switch(act("zero"), hello, ZERO, BEFORE)
    assert (live.shares, live.split) == (ZERO, True)
    [(body, _)] = account.posts
    assert body["versions"] == [
        {"version_id": V1.version, "percentage": 100},
        {"version_id": V2.version, "percentage": 0},
    ]
    assert len(body["annotations"]["workers/message"].encode()) <= LONGEST
    assert (await deployer.became_of(act("zero"), hello))[0] is Fate.DONE
    with pytest.raises(Conflict):
        await deployer.switch(act("ten"), hello, HALF, BEFORE)
    assert (await deployer.switch(act("ten"), hello, HALF, live)).shares == HALF
    assert (await deployer.switch(act("ten"), hello, HALF[::-1], None)).shares == HALF
    assert len(account.posts) == 2


async def test_the_order_in_which_cloudflare_lists_them_does_not_matter(
    account: Account, deployer: CloudflareDeployer, hello: Subject
) -> None:
    def turned(request: web.Request) -> None:
        account.deployments[0]["versions"].reverse()

    account.after = turned
    live = await deployer.switch(act("zero"), hello, ZERO, BEFORE)
    assert live.same_traffic(Live("worker", ZERO))
    assert (await deployer.switch(act("ten"), hello, HALF, live)).same_traffic(Live("worker", HALF))


async def test_shares_that_were_not_asked_for_are_said(
    account: Account, deployer: CloudflareDeployer, hello: Subject
) -> None:
    def more(request: web.Request) -> None:
        account.deployments[0]["versions"] = [
            {"version_id": V1.version, "percentage": 40},
            {"version_id": V2.version, "percentage": 60},
        ]

    account.after = more
    with pytest.raises(Permanent, match=r"other shares live than were asked for: .*60"):
        await deployer.switch(act("ten"), hello, HALF, BEFORE)


async def test_a_fraction_is_never_taken_for_nothing(
    account: Account, deployer: CloudflareDeployer, hello: Subject
) -> None:
    account.deploy((V1.version, 99.6), (V2.version, 0.4))
    assert (await deployer.live(hello)).shares == (Share(V1.version, 99), Share(V2.version, 1))
    with pytest.raises(Conflict):
        await deployer.switch(act(), hello, HALF, Live("worker", ZERO))


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
    "shares",
    [
        (),
        (Share("a", 90),),
        (*HALF, Share("c", 0)),
        (Share("a", 60), Share("b", 60)),
        (Share("a", 110), Share("b", -10)),
        (Share("a", 100), Share("a", 0)),
    ],
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


async def test_a_worker_that_was_never_deployed(account: Account, deployer: CloudflareDeployer, hello: Subject) -> None:
    account.deployments.clear()
    assert await deployer.live(hello) == Live("worker", worker="hello")


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


async def test_the_way_back_needs_no_checkout(account: Account, deployer: CloudflareDeployer, hello: Subject) -> None:
    bare = replace(hello, folder=None)
    with pytest.raises(Permanent, match="not known without a checkout"):
        await deployer.live(bare)
    known = replace(bare, worker=(await deployer.live(hello)).worker)
    assert (await deployer.switch(act(), known, (V2,), BEFORE)).shares == (V2,)
    assert (await deployer.became_of(act(), known))[0] is Fate.DONE


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
