"""One request to a deployed Worker: what came back, or why nothing did.

Names that end in `.localhost` are this machine's loopback address (RFC 6761, section 6.3), whatever the
system's resolver makes of them; the server still sees the name in the Host header, and a certificate is held
against it.
"""

import errno
import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from adapters.http.settings import Settings
from bot.domain.values import Mark, Verdict

MOST_BYTES = 256 * 1024
"""Of a body; what comes after is not read."""
MOST_REDIRECTS = 5
MEANINGS: tuple[tuple[tuple[type[BaseException], ...], Verdict], ...] = (
    ((socket.gaierror,), Verdict(Mark.INCONCLUSIVE, "the name does not resolve")),
    ((ConnectionRefusedError,), Verdict(Mark.FAIL, "connection refused")),
    ((ssl.SSLError,), Verdict(Mark.FAIL, "no secure connection: the server does not speak TLS as it should")),
    ((httpx.TooManyRedirects,), Verdict(Mark.FAIL, f"more than {MOST_REDIRECTS} redirects")),
    (
        (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, UnicodeError),
        Verdict(Mark.ERROR, "this cannot be asked: look at the environment's url, the headers and the token"),
    ),
)
UNREACHED = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered. `whole` is False where the body is longer than what was read."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    whole: bool = True

    @property
    def text(self) -> str:
        """The body as UTF-8; what is none is shown as such."""
        return self.body.decode("utf-8", "replace")


class LoopbackTransport(httpx.AsyncBaseTransport):
    """Sends requests for `*.localhost` to 127.0.0.1, and all others where they belong."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass it on; the Host header was set before from the address as it is written."""
        name = request.url.host.rstrip(".")
        if name == "localhost" or name.endswith(".localhost"):
            request.url = request.url.copy_with(host="127.0.0.1")
            request.extensions = {**request.extensions, "sni_hostname": name}
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close its connections."""
        await self._inner.aclose()


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client that follows nothing and inherits nothing: no proxy, no password file, no redirect unless
    asked.
    """
    context = ssl.create_default_context()
    if settings.ca_file:
        context.load_verify_locations(settings.ca_file)
    limits = httpx.Limits(max_connections=settings.max_connections)
    transport = LoopbackTransport(httpx.AsyncHTTPTransport(verify=context, limits=limits, trust_env=False))
    # Each attempt has one deadline for everything, set around the request.
    async with httpx.AsyncClient(
        transport=transport, trust_env=False, timeout=httpx.Timeout(None), max_redirects=MOST_REDIRECTS
    ) as client:
        yield client


async def ask(client: httpx.AsyncClient, method: str, url: str, headers: Mapping[str, str], redirects: bool) -> Answer:
    """Send and read, until the body's end or its limit. Raises what httpx raises."""
    async with client.stream(method, url, headers=headers, follow_redirects=redirects) as response:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > MOST_BYTES:
                break
        found = tuple((name.lower(), value) for name, value in response.headers.multi_items())
        return Answer(response.status_code, found, bytes(body[:MOST_BYTES]), len(body) <= MOST_BYTES)


def unanswered(trouble: Exception) -> Verdict:
    """What it means that no answer came."""
    for cause in _causes(trouble):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Verdict(Mark.FAIL, f"the certificate is not valid: {cause.verify_message.strip('. ')}")
        if isinstance(cause, OSError) and cause.errno in UNREACHED:
            return Verdict(Mark.INCONCLUSIVE, "the network is unreachable")
        for kinds, verdict in MEANINGS:
            if isinstance(cause, kinds):
                return verdict
    return Verdict(Mark.FAIL, "no connection" if isinstance(trouble, httpx.ConnectError) else "the answer was cut off")


def _causes(trouble: BaseException) -> Iterator[BaseException]:
    """The exception and all that stand behind it, nearest first."""
    yield trouble
    if isinstance(trouble, BaseExceptionGroup):
        for one in trouble.exceptions:
            yield from _causes(one)
    behind = trouble.__cause__ or trouble.__context__
    if behind is not None:
        yield from _causes(behind)
