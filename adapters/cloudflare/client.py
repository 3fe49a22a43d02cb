"""Cloudflare's REST API over one pool of connections that are kept open.

What an answer means is decided here, once, for every caller:

==========================================  ====================  =======================
what came back                              a call that reads     a call that changes
==========================================  ====================  =======================
429                                         Temporary, with the   the same: it was not
                                            seconds to wait       done
no connection at all                        Temporary             Temporary: nothing was sent
connection lost or too slow after that      Temporary             Doubtful
5xx, with or without an envelope            Temporary             Doubtful: a gateway may
                                                                  have passed it on
2xx that is no envelope                     Temporary             Doubtful
10000, 9109 and other words about a token   Permanent, with what to do about it
anything else with `success: false`         Declined (a Permanent that knows its codes)
==========================================  ====================  =======================

Nothing is repeated here: whoever calls knows whether that is safe. The token is in one header of the
client, and is cut out of every sentence that leaves this module. Every changing call of this adapter comes
right after a reading one, so that its connection is warm.
"""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NoReturn, TypeAlias
from urllib.parse import quote

import httpx

from adapters.cloudflare import graphql
from adapters.cloudflare.settings import CloudflareSettings
from bot.ports.errors import Doubtful, Permanent, Temporary

Json: TypeAlias = Any
"""What JSON has: None, truth, number, text, list or table of these. Each reader checks the shape it needs."""

TOKEN_CODES = frozenset({6003, 6111, 9106, 9107, 9109, 10000, 10001})
"""The API's codes for a token that is malformed, unknown, expired, or lacks a permission."""
NO_ACCOUNT = 7003
NO_WORKER = frozenset({10007, 10090})
SECRETS_DIFFER = 10220
REFUSED_HINT = (
    "Cloudflare refused the API token (code {code}): put a valid one with the permissions that"
    " adapters/cloudflare/README.md lists into CLOUDFLARE_API_TOKEN."
)
SENTENCE = 300
"""Characters of the API's own words that are passed on."""


class Declined(Permanent):
    """The API understood and said no. `codes` and `said` are its error codes and its own words."""

    def __init__(self, reason: str, codes: tuple[int, ...], said: str) -> None:
        super().__init__(reason)
        self.codes = codes
        self.said = said


class Client:
    """The calls. Made by `opened`, which also closes it."""

    def __init__(self, settings: CloudflareSettings, http: httpx.AsyncClient) -> None:
        self._settings = settings
        self._http = http

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Json:
        """The `result` of a call that reads."""
        return await self._call("GET", path, None, params, changes=False)

    async def post(
        self, path: str, body: Json = None, params: Mapping[str, str] | None = None, *, changes: bool = True
    ) -> Json:
        """The `result` of a call that changes something; `changes=False` for a question that is posted."""
        return await self._call("POST", path, body, params, changes=changes)

    async def patch(self, path: str, body: Json) -> Json:
        """The `result` of a call that changes part of something."""
        return await self._call("PATCH", path, body, None, changes=True)

    async def delete(self, path: str) -> Json:
        """The `result` of a call that removes something."""
        return await self._call("DELETE", path, None, None, changes=True)

    async def query(self, text: str, variables: Mapping[str, Json]) -> Json:
        """The `data` of a GraphQL question; `$account` is given. See `graphql` for what refusals mean."""
        asked = {"query": text, "variables": {"account": self._settings.account, **variables}}
        answer = await self._send("POST", "/graphql", asked, None, changes=False)
        found = graphql.read(answer)
        if isinstance(found, graphql.Refusal):
            raise found.trouble(self.clean(found.said))
        return found if found is not None else self._result(answer, changes=False)

    def account(self, *parts: str) -> str:
        """The path below the account; the parts are data and are quoted."""
        return "/".join(("/accounts", quote(self._settings.account, safe=""), *(quote(p, safe="") for p in parts)))

    def script(self, worker: str, *parts: str) -> str:
        """The path of a Worker's resource."""
        return self.account("workers", "scripts", worker, *parts)

    def clean(self, text: str) -> str:
        """The text on one line, cut to a sentence's length, without the token."""
        token = self._settings.token
        line = " ".join((text.replace(token, "•••") if token else text).split())
        return line if len(line) <= SENTENCE else line[: SENTENCE - 1] + "…"

    async def _call(
        self, method: str, path: str, body: Json, params: Mapping[str, str] | None, *, changes: bool
    ) -> Json:
        return self._result(await self._send(method, path, body, params, changes=changes), changes)

    async def _send(
        self, method: str, path: str, body: Json, params: Mapping[str, str] | None, *, changes: bool
    ) -> httpx.Response:
        try:
            return await self._http.request(method, path, json=body, params=params)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            raise Temporary(f"Cloudflare's API cannot be reached: {self._what(error)}.") from error
        except httpx.RequestError as error:
            _lost(f"Cloudflare's answer was lost: {self._what(error)}.", changes, error)

    def _what(self, error: Exception) -> str:
        return self.clean(str(error)).rstrip(".") or type(error).__name__

    def _result(self, answer: httpx.Response, changes: bool) -> Json:
        status = answer.status_code
        if status == 429:
            raise Temporary("Cloudflare asks to slow down (429).", retry_after=_seconds(answer))
        if status >= 500:
            _lost(f"Cloudflare's API is in trouble ({status}).", changes)
        envelope = _envelope(answer)
        if envelope is None:
            self._no_envelope(status, changes)
        if envelope["success"] is True:
            return envelope.get("result")
        raise self._declined(status, envelope)

    def _no_envelope(self, status: int, changes: bool) -> NoReturn:
        if 200 <= status < 300:
            _lost(f"Cloudflare's API answered {status} with something that is not its JSON.", changes)
        raise Permanent(
            f"What stands at {self.clean(self._settings.base_url)} answered {status} and does not speak"
            " Cloudflare's API: check CLOUDFLARE_API_BASE_URL and CLOUDFLARE_ACCOUNT_ID."
        )

    def _declined(self, status: int, envelope: Mapping[str, Json]) -> Permanent:
        errors = [one for one in envelope.get("errors") or [] if isinstance(one, dict)]
        codes = tuple(one["code"] for one in errors if isinstance(one.get("code"), int))
        said = self.clean("; ".join(str(one.get("message", "")) for one in errors)) or f"status {status}"
        token = next((code for code in codes if code in TOKEN_CODES), None)
        if token is not None or status == 401:
            return Declined(REFUSED_HINT.format(code=token or status), codes, said)
        if NO_ACCOUNT in codes:
            return Declined("Cloudflare does not know this account: check CLOUDFLARE_ACCOUNT_ID.", codes, said)
        numbers = ", ".join(map(str, codes)) or str(status)
        return Declined(f"Cloudflare said no ({numbers}): {said.rstrip('.')}.", codes, said)


def _lost(reason: str, changes: bool, error: Exception | None = None) -> NoReturn:
    """Nobody knows what became of the call; where it only read, that does not matter."""
    if changes:
        raise Doubtful(reason) from error
    raise Temporary(reason) from error


def _envelope(answer: httpx.Response) -> Mapping[str, Json] | None:
    """The answer's JSON where it has the API's shape."""
    try:
        body = answer.json()
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) and isinstance(body.get("success"), bool) else None


def _seconds(answer: httpx.Response) -> float | None:
    """`retry-after` where it is a number of seconds; Cloudflare sends no dates."""
    try:
        return max(0.0, float(answer.headers["retry-after"]))
    except (KeyError, ValueError):
        return None


def trusted(settings: CloudflareSettings) -> ssl.SSLContext:
    """The usual certificates and the operator's own."""
    trust = ssl.create_default_context()
    if settings.certificates:
        trust.load_verify_locations(settings.certificates)
    return trust


@asynccontextmanager
async def opened(settings: CloudflareSettings) -> AsyncIterator[Client]:
    """A client for as long as the bot runs; its idle connections stay open for four minutes."""
    async with httpx.AsyncClient(
        base_url=settings.base_url,
        headers={"Authorization": f"Bearer {settings.token}", "User-Agent": "outrider"},
        timeout=httpx.Timeout(30.0, connect=5.0),
        limits=httpx.Limits(max_keepalive_connections=8, keepalive_expiry=240.0),
        verify=trusted(settings),
        proxy=settings.proxy or None,
        trust_env=False,  # what the bot talks to is decided in its settings alone
    ) as http:
        yield Client(settings, http)
