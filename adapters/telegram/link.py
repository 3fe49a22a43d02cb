"""The connection to the Bot API: what the library leaves to be supplied, on aiohttp.

Its own, on httpx, spends some milliseconds of work on each of many calls at once (its pool looks at every connection
for every call that waits), and the acknowledgements of a burst of presses are just that. It reads proxies from the
environment, too, which is read in one place of the bot, and not here.

A 429 carries its time into `Flooded` (the library's own error warns of a deprecated attribute each time it is made).
"""

import json
import ssl
from typing import Any

import aiohttp
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

CALLS = 16
"""Connections for calls; more at once would cost more in handshakes than they gain."""
_WARM = 30.0
"""Seconds that an idle connection is kept: a press is acknowledged without a handshake before it."""
_UNSAID = 5.0
"""Seconds to pause where a 429 does not say how long."""
_CONNECT, _READ = 10.0, 10.0
"""Seconds until there is a connection, and until its next bytes come."""
_SEND = 30.0
"""Seconds more for the whole of a call, of which a file on its way up may need some."""


class Flooded(TelegramError):
    """Telegram wants a pause of `seconds`, exactly."""

    def __init__(self, seconds: float) -> None:
        super().__init__("flood control")
        self.seconds = seconds


class Unsent(NetworkError):
    """There was no connection: the call was not made."""


class Link(BaseRequest):
    """One pool of warm connections. Made inside the event loop that it is used in."""

    def __init__(self, connections: int, proxy: str = "", certificates: str = "") -> None:
        tls = ssl.create_default_context()
        if certificates:
            tls.load_verify_locations(certificates)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=connections, keepalive_timeout=_WARM, ssl=tls),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self.USER_AGENT},
            proxy=proxy or None,
        )

    @property
    def read_timeout(self) -> float:
        """Seconds, where a call does not say."""
        return _READ

    async def initialize(self) -> None:
        """Nothing: it can be used once it is made."""

    async def shutdown(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        *_: Any,
        **__: Any,
    ) -> tuple[int, bytes]:
        """Status and body of the answer. Raises `Flooded` for 429, `Unsent`, and else the library's own errors."""
        read = read_timeout if isinstance(read_timeout, int | float) else _READ
        wait = aiohttp.ClientTimeout(_CONNECT + read + _SEND, _CONNECT, read)
        try:
            async with self._session.request(
                method, url, data=_form(request_data), timeout=wait, allow_redirects=False
            ) as answer:
                status, body = answer.status, await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError) as error:
            raise Unsent(type(error).__name__) from error
        except TimeoutError as error:
            raise TimedOut from error
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(type(error).__name__) from error
        if status == 429:
            raise Flooded(_pause(body))
        return status, body


def _form(request: RequestData | None) -> aiohttp.FormData | None:
    """What is sent: fields, and files beside them."""
    if request is None:
        return None
    form = aiohttp.FormData(request.json_parameters)
    for field, (name, content, kind) in (request.multipart_data if request.contains_files else {}).items():
        form.add_field(field, content, filename=name, content_type=kind)
    return form


def _pause(body: bytes) -> float:
    try:
        return max(0.0, float(json.loads(body)["parameters"]["retry_after"]))
    except (ValueError, KeyError, TypeError):
        return _UNSAID
