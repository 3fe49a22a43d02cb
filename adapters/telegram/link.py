"""The connection to the Bot API: the library's, with three things done differently.

A 429 carries its time into `Flooded` (the library's own error warns of a deprecated attribute each time it is made).
Proxies come from the settings alone; the environment is read in one place of the bot, and not here.

A call that is cancelled at an unlucky moment leaves its place in the pool taken for ever (httpcore 1.0.9, seen while a
connection was being made). The pool for updates has one place, so a link that was begun anew would hear nothing any
more. Therefore a pool in which a call was cancelled is used by no new call, and closed after its last one.
"""

import asyncio
import json
import ssl
from collections import Counter
from typing import Any

import httpx
from telegram.error import TelegramError
from telegram.request import HTTPXRequest

CALLS = 16
"""Connections for calls; more at once would cost more in handshakes than they gain."""
_WARM = 30.0
"""Seconds that an idle connection is kept: a press is acknowledged without a handshake before it."""
_UNSAID = 5.0
"""Seconds to pause where a 429 does not say how long."""


class Flooded(TelegramError):
    """Telegram wants a pause of `seconds`, exactly."""

    def __init__(self, seconds: float) -> None:
        super().__init__("flood control")
        self.seconds = seconds


class Link(HTTPXRequest):
    """One pool of warm connections."""

    def __init__(self, connections: int, proxy: str = "", certificates: str = "") -> None:
        tls = ssl.create_default_context()
        if certificates:
            tls.load_verify_locations(certificates)
        super().__init__(
            connections,
            read_timeout=10.0,
            pool_timeout=5.0,
            proxy=proxy or None,
            httpx_kwargs={
                "trust_env": False,
                "verify": tls,
                "limits": httpx.Limits(max_connections=connections, keepalive_expiry=_WARM),
            },
        )
        self._under_way: Counter[httpx.AsyncClient] = Counter()
        """Calls in each pool."""

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Status and body of the answer. Raises `Flooded` for 429."""
        pool = self._client
        self._under_way[pool] += 1
        try:
            status, body = await super().do_request(*args, **kwargs)
        except asyncio.CancelledError:
            if pool is self._client:
                self._client = self._build_client()
            raise
        finally:
            await self._left(pool)
        if status == 429:
            raise Flooded(_pause(body))
        return status, body

    async def _left(self, pool: httpx.AsyncClient) -> None:
        self._under_way[pool] -= 1
        if not self._under_way[pool]:
            del self._under_way[pool]
            if pool is not self._client:
                await pool.aclose()


def _pause(body: bytes) -> float:
    try:
        return max(0.0, float(json.loads(body)["parameters"]["retry_after"]))
    except (ValueError, KeyError, TypeError):
        return _UNSAID
