"""Each thing that may come back from the API, and the decision that it becomes."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp import web

from adapters.cloudflare.client import Client, Declined, opened
from bot.ports.errors import Doubtful, Permanent, Temporary, Trouble
from tests.adapters.cloudflare.doubles import ACCOUNT, TOKEN, Account, lost, refused


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
async def client(account: Account) -> AsyncIterator[Client]:
    async with account.served() as settings, opened(settings) as client:
        yield client


def answers(account: Account, response: web.Response) -> None:
    account.instead = lambda request: response


async def test_a_result_comes_without_its_envelope(account: Account, client: Client) -> None:
    account.deploy(("v1", 100))
    assert (await client.get(client.script("hello", "deployments")))["deployments"][0]["id"] == "deployment-0"


def test_parts_of_a_path_are_data(client: Client) -> None:
    assert client.script("a/../b?c", "x y") == f"/accounts/{ACCOUNT}/workers/scripts/a%2F..%2Fb%3Fc/x%20y"


async def test_429_says_how_long_to_wait_and_was_not_done(account: Account, client: Client) -> None:
    answers(account, refused(429, 971, "slow down", **{"retry-after": "7"}))
    with pytest.raises(Temporary) as read:
        await client.get("/x")
    assert read.value.retry_after == 7.0


@pytest.mark.parametrize("retry_after", ["", "Fri, 01 Jan 2027 00:00:00 GMT"])
async def test_429_without_a_number_of_seconds(account: Account, client: Client, retry_after: str) -> None:
    answers(account, refused(429, 971, "slow down", **{"retry-after": retry_after}))
    with pytest.raises(Temporary) as changed:
        await client.post("/x", {})
    assert changed.value.retry_after is None


@pytest.mark.parametrize("status", [500, 502, 503, 504, 524])
@pytest.mark.parametrize("html", [True, False])
async def test_5xx_is_temporary_to_read_and_doubtful_to_change(
    account: Account, client: Client, status: int, html: bool
) -> None:
    page = "<html><h1>Bad Gateway</h1></html>"
    account.instead = lambda request: (
        web.Response(status=status, text=page, content_type="text/html")
        if html
        else refused(status, 10013, "unknown")
    )
    with pytest.raises(Temporary, match=str(status)):
        await client.get("/x")
    with pytest.raises(Doubtful, match=str(status)):
        await client.post("/x", {})
    with pytest.raises(Temporary):
        await client.post("/x", {}, changes=False)


async def test_a_lost_answer_is_temporary_to_read_and_doubtful_to_change(
    account: Account, client: Client
) -> None:
    account.instead = lost
    with pytest.raises(Temporary):
        await client.get("/x")
    with pytest.raises(Doubtful, match="lost"):
        await client.post("/x", {})


async def test_nothing_was_sent_where_nobody_listens(account: Account) -> None:
    async with account.served() as settings:
        gone = settings
    async with opened(gone) as client:
        with pytest.raises(Temporary, match="cannot be reached"):
            await client.post("/x", {})


async def test_success_that_is_no_envelope(account: Account, client: Client) -> None:
    account.instead = lambda request: web.Response(text="<html>fine</html>", content_type="text/html")
    with pytest.raises(Temporary):
        await client.get("/x")
    with pytest.raises(Doubtful):
        await client.post("/x", {})


@pytest.mark.parametrize("status", [301, 403, 404])
async def test_something_that_does_not_speak_the_api(account: Account, client: Client, status: int) -> None:
    answers(account, web.Response(status=status, text="<html>elsewhere</html>"))
    with pytest.raises(Permanent, match="CLOUDFLARE_API_BASE_URL"):
        await client.get("/x")


@pytest.mark.parametrize("code", [10000, 9109, 6003])
async def test_a_token_that_is_refused(account: Account, client: Client, code: int) -> None:
    answers(account, refused(403, code, "Authentication error"))
    with pytest.raises(Permanent, match=rf"code {code}\).*CLOUDFLARE_API_TOKEN"):
        await client.post("/x", {})


async def test_an_account_that_is_unknown(account: Account, client: Client) -> None:
    answers(account, refused(404, 7003, "Could not route"))
    with pytest.raises(Permanent, match="CLOUDFLARE_ACCOUNT_ID"):
        await client.get("/x")


@pytest.mark.parametrize("code", [10007, 10090, 10021, 10220, 7404, 7500, 100146])
async def test_anything_else_keeps_its_code_and_words(account: Account, client: Client, code: int) -> None:
    answers(account, refused(400, code, "it\nis so."))
    with pytest.raises(Declined) as declined:
        await client.post("/x", {})
    assert (declined.value.codes, declined.value.said) == ((code,), "it is so.")
    assert declined.value.reason == f"Cloudflare said no ({code}): it is so."


async def test_errors_without_a_shape_are_still_a_sentence(account: Account, client: Client) -> None:
    answers(account, web.json_response({"success": False, "errors": ["odd", {"code": "x"}]}, status=400))
    with pytest.raises(Declined, match=r"^Cloudflare said no \(400\): status 400\.$"):
        await client.get("/x")


async def test_the_token_reaches_no_sentence(account: Account, client: Client) -> None:
    answers(account, refused(400, 10021, f"bad header Bearer {TOKEN} " + "x" * 2000))
    with pytest.raises(Trouble) as trouble:
        await client.get("/x")
    assert TOKEN not in repr(trouble.value) + trouble.value.reason
    assert len(trouble.value.reason) < 400


async def test_settings_do_not_show_the_token(account: Account) -> None:
    async with account.served() as settings:
        assert TOKEN not in repr(replace(settings, proxy="http://127.0.0.1:9"))


async def test_calls_share_a_connection(account: Account, client: Client) -> None:
    peers: list[object] = []
    account.deploy(("v1", 100))
    account.instead = lambda request: peers.append(
        request.transport and request.transport.get_extra_info("peername")
    )
    for _ in range(3):
        await client.get(client.script("hello", "deployments"))
    assert len(peers) == 3
    assert len(set(peers)) == 1
