"""What is not part of a version: what is run, what is believed, what is sent beside it."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.cloudflare import CloudflareDeployer
from bot.ports.deployer import Subject
from bot.ports.errors import Doubtful, Permanent, Temporary, Trouble
from bot.ports.process import Ran
from tests.adapters.cloudflare.doubles import Account, Scripted, act, checkout, refused, subject

CRONS = {"triggers": {"crons": ["1 2 * * *"]}}


def commit(folder: Path, **config: Any) -> Subject:
    return subject(checkout(folder, json.dumps({"name": "hello", **config})))


def wrangler(status: int, *tail: str, **failed: Any) -> Callable[[Scripted], Awaitable[Ran]]:
    """A wrangler that ends like that."""

    async def run(processes: Scripted) -> Ran:
        processes.write(*([{"type": "command-failed", **failed}] if failed else []))
        return Ran(status, tail=tail)

    return run


@pytest.mark.parametrize("closing", ["Deployed hello triggers (0.20 sec)", "No deploy targets for hello (0.10 sec)"])
async def test_its_closing_line_is_believed(
    account: Account, processes: Scripted, deployer: CloudflareDeployer, tmp_path: Path, closing: str
) -> None:
    account.crons = []
    processes.does = wrangler(0, closing, "  https://hello.example.workers.dev")
    await deployer.settle(act(), commit(tmp_path, **CRONS))
    assert processes.argv[2:4] == ("triggers", "deploy")
    assert account.settings == []


@pytest.mark.parametrize(
    ("config", "there", "settled"),
    [
        (CRONS, (["1 2 * * *"], True), True),
        (CRONS, ([], True), False),
        (CRONS, (["1 2 * * *", "3 4 * * *"], True), False),
        ({}, (["3 4 * * *"], True), True),
        ({}, ([], False), False),
        ({"workers_dev": False}, ([], False), True),
        ({"workers_dev": False}, ([], True), False),
        ({"routes": ["example.com/*"]}, ([], False), True),
        ({"route": "example.com/*"}, ([], True), False),
    ],
)
async def test_where_that_is_missing_it_is_read_back(
    account: Account,
    processes: Scripted,
    deployer: CloudflareDeployer,
    tmp_path: Path,
    config: dict[str, Any],
    there: tuple[list[str], bool],
    settled: bool,
) -> None:
    account.crons, account.address = there
    processes.does = wrangler(0, "Uploading")
    one = commit(tmp_path, **config)
    if settled:
        await deployer.settle(act(), one)
    else:
        with pytest.raises(Doubtful, match="may not be set"):
            await deployer.settle(act(), one)


@pytest.mark.parametrize(
    ("status", "failed", "error", "sentence"),
    [
        (143, {}, Doubtful, "may not be set: "),
        (1, {"message": "fetch failed"}, Doubtful, "may not be set: fetch failed"),
        (1, {"message": "slow down", "code": 971}, Temporary, "were not set: slow down"),
        (1, {"message": "no", "code": 10000}, Permanent, "CLOUDFLARE_API_TOKEN"),
        (1, {"message": "Could not find zone"}, Permanent, "were not set: Could not find zone"),
    ],
)
async def test_a_failure(
    processes: Scripted,
    deployer: CloudflareDeployer,
    tmp_path: Path,
    status: int,
    failed: dict[str, Any],
    error: type[Trouble],
    sentence: str,
) -> None:
    processes.does = wrangler(status, "Deployed hello triggers (0.20 sec)", **failed)
    with pytest.raises(error, match=sentence):
        await deployer.settle(act(), commit(tmp_path))


async def test_settings_beside_the_versions_are_sent_where_the_checkout_has_them(
    account: Account, processes: Scripted, deployer: CloudflareDeployer, tmp_path: Path
) -> None:
    processes.does = wrangler(0, "Deployed hello triggers (0.20 sec)")
    consumers = [{"service": "logs"}]
    top = {"observability": {"enabled": True}, "logpush": False, "tail_consumers": consumers}
    await deployer.settle(act(), commit(tmp_path / "one", **top))
    assert account.settings.pop() == top
    folder = checkout(tmp_path / "two", json.dumps({"name": "hello", "env": {"canary": {"name": "hello"}}, **top}))
    await deployer.settle(act(), subject(folder, "canary"))
    assert account.settings.pop() == {"observability": {"enabled": True}, "logpush": False}
    slow = refused(429, 971, "slow down", **{"retry-after": "3"})
    account.instead = lambda request: slow if request.method == "PATCH" else None
    with pytest.raises(Temporary):
        await deployer.settle(act(), commit(tmp_path / "three", **top))
