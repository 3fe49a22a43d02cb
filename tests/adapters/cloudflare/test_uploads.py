"""Versions without traffic against a small account: what is run, what is believed, what is found again."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from adapters.cloudflare import CloudflareDeployer
from adapters.cloudflare.marks import deploy_message
from bot.domain.values import ComponentVersion
from bot.ports.deployer import Subject
from bot.ports.errors import Doubtful, Permanent, Temporary, Trouble
from bot.ports.process import Ran
from tests.adapters.cloudflare.doubles import COMMIT, TOKEN, Account, Scripted, Ticks, act, refused

NEW = "33333333-cccc"
UPLOADED = {"type": "version-upload", "version_id": NEW}
MADE = ComponentVersion("worker", NEW, worker="hello")


def wrangler(
    account: Account,
    *entries: dict[str, Any],
    status: int = 0,
    made: tuple[str, ...] = (NEW,),
    tail: tuple[str, ...] = (),
) -> Callable[[Scripted], Awaitable[Ran]]:
    """A wrangler that makes these versions and leaves this behind."""

    async def run(processes: Scripted) -> Ran:
        for version in made:
            account.version(version, processes.message)
        processes.write(*entries)
        return Ran(status, tail=tail)

    return run


async def test_an_upload_is_read_back_and_moves_nothing(
    account: Account, processes: Scripted, deployer: CloudflareDeployer, hello: Subject
) -> None:
    processes.does = wrangler(account, UPLOADED)
    assert await deployer.upload(act(), hello, COMMIT) == MADE
    assert processes.argv[2:6] == ("versions", "upload", f"--tag={COMMIT.sha}", f"--message={processes.message}")
    assert processes.message == deploy_message(act(), COMMIT)
    assert (account.posts, len(account.deployments)) == ([], 1)


@pytest.mark.parametrize(
    ("entries", "status"),
    [((), 0), ((), 1), (({**UPLOADED, "version_id": None},), 0), ((UPLOADED,), 1), (({"type": "deploy"},), 143)],
)
async def test_a_version_that_is_there_counts_whatever_wrangler_says(
    account: Account,
    processes: Scripted,
    deployer: CloudflareDeployer,
    hello: Subject,
    entries: tuple[dict[str, Any], ...],
    status: int,
) -> None:
    processes.does = wrangler(account, *entries, status=status)
    assert await deployer.upload(act(), hello, COMMIT) == MADE


@pytest.mark.parametrize(
    ("entry", "status", "wanted"),
    [
        (None, 0, (Doubtful, "ended before the upload of hello was done")),
        (None, 143, (Doubtful, "ended before the upload of hello was done")),
        (None, -9, (Doubtful, "ended before the upload of hello was done")),
        (None, 1, (Permanent, "^wrangler uploaded nothing: it ended with status 1")),
        ({"message": "fetch failed"}, 1, (Doubtful, "was lost: fetch failed")),
        ({"message": "slow down", "code": 971}, 1, (Temporary, "hello was not uploaded: slow down")),
        ({"message": "oh", "code": 10013}, 1, (Temporary, "hello was not uploaded: oh")),
        ({"message": "no", "code": 10000}, 1, (Permanent, "CLOUDFLARE_API_TOKEN")),
        ({"message": "no", "code": 10007}, 1, (Permanent, 'first deploy cannot be gradual.*strategy = "direct"')),
        ({"message": "no", "code": 10211}, 1, (Permanent, 'Durable Objects cannot be gradual.*strategy = "direct"')),
        (
            {"message": f"startup, token {TOKEN}", "code": 10021},
            1,
            (Permanent, "uploaded nothing: startup, token •••.$"),
        ),
    ],
)
async def test_an_upload_that_made_nothing(
    account: Account,
    processes: Scripted,
    deployer: CloudflareDeployer,
    hello: Subject,
    entry: dict[str, Any] | None,
    status: int,
    wanted: tuple[type[Trouble], str],
) -> None:
    account.version("older", deploy_message(act("other"), COMMIT))
    entries = [{"type": "command-failed", **entry}] if entry else []
    processes.does = wrangler(account, *entries, status=status, made=())
    with pytest.raises(wanted[0], match=wanted[1]):
        await deployer.upload(act(), hello, COMMIT)
    assert await deployer.uploaded(act(), hello) is None


async def test_a_worker_that_wrangler_says_in_its_own_words_is_not_there(
    account: Account, processes: Scripted, deployer: CloudflareDeployer, hello: Subject
) -> None:
    def never(request: web.Request) -> web.Response:
        return refused(404, 10007, "This Worker does not exist on your account.")

    account.instead = never
    processes.does = wrangler(account, {"type": "command-failed", "message": "no such Worker"}, status=1, made=())
    with pytest.raises(Permanent, match="first deploy cannot be gradual"):
        await deployer.upload(act(), hello, COMMIT)


async def test_an_entry_that_the_provider_does_not_bear_out_is_doubtful(
    account: Account, processes: Scripted, deployer: CloudflareDeployer, hello: Subject, clock: Ticks
) -> None:
    processes.does = wrangler(account, UPLOADED, made=())
    with pytest.raises(Doubtful, match="took version 33333333 of hello, but does not know it"):
        await deployer.upload(act(), hello, COMMIT)
    assert clock.elapsed() > 5
    account.version(NEW, "somebody else's")
    with pytest.raises(Doubtful, match="not what was written"):
        await deployer.upload(act(), hello, COMMIT)


async def test_a_version_that_shows_late_is_waited_for(
    account: Account, processes: Scripted, deployer: CloudflareDeployer, hello: Subject, clock: Ticks
) -> None:
    def late() -> None:
        if clock.elapsed() == 3:
            account.version(NEW, processes.message)

    clock.between = late
    processes.does = wrangler(account, UPLOADED, made=())
    assert await deployer.upload(act(), hello, COMMIT) == MADE


@pytest.mark.parametrize("status", [0, 1])
async def test_what_cannot_be_read_back_is_doubtful(
    account: Account, processes: Scripted, deployer: CloudflareDeployer, hello: Subject, status: int
) -> None:
    async def run(processes: Scripted) -> Ran:
        processes.write(UPLOADED)
        account.instead = lambda request: web.Response(status=502, text="<html>")
        return Ran(status)

    processes.does = run
    with pytest.raises(Doubtful, match=r"not read back|cannot be read back"):
        await deployer.upload(act(), hello, COMMIT)


async def test_a_deadline_is_doubtful_and_what_landed_is_found(
    account: Account, processes: Scripted, deployer: CloudflareDeployer, hello: Subject
) -> None:
    async def run(processes: Scripted) -> Ran:
        account.version(NEW, processes.message)
        raise Doubtful("node took longer than 600 s and was ended.")

    processes.does = run
    with pytest.raises(Doubtful, match="600 s"):
        await deployer.upload(act(), hello, COMMIT)
    assert await deployer.uploaded(act(), hello) == MADE
    assert processes.waited == [act().cookie]


async def test_the_newest_of_several_is_found_once_the_list_has_settled(
    account: Account, deployer: CloudflareDeployer, hello: Subject, clock: Ticks
) -> None:
    account.version("first", deploy_message(act(), COMMIT))

    def late() -> None:
        if clock.elapsed() == 2:
            account.version("second", deploy_message(act(), COMMIT))
            account.version("later", deploy_message(act("other"), COMMIT))
            account.versions.reverse()

    clock.between = late
    found = await deployer.uploaded(act(), hello)
    assert found is not None
    assert found.version == "second"


async def test_a_list_of_versions_that_never_settles_is_doubtful(
    account: Account, deployer: CloudflareDeployer, hello: Subject, clock: Ticks
) -> None:
    clock.between = lambda: account.version(f"v{clock.elapsed()}")
    with pytest.raises(Doubtful, match="keeps changing"):
        await deployer.uploaded(act(), hello)


@pytest.mark.parametrize("shape", [{}, {"items": [{}]}, [], None, {"items": 7}, {"items": [7]}])
async def test_a_list_of_versions_of_unknown_shape(
    account: Account, deployer: CloudflareDeployer, hello: Subject, shape: object
) -> None:
    account.instead = lambda request: web.json_response({"success": True, "result": shape})
    with pytest.raises(Temporary, match="unknown shape"):
        await deployer.uploaded(act(), hello)
