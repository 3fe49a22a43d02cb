"""The connection to the Bot API: the library's, with two things done differently.

A 429 carries its time into `Flooded` (the library's own error warns of a deprecated attribute each time it is made).
Proxies come from the settings alone; the environment is read in one place of the bot, and not here.
"""

import json
import ssl
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

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Status and body of the answer. Raises `Flooded` for 429."""
        status, body = await super().do_request(*args, **kwargs)
        if status == 429:
            raise Flooded(_pause(body))
        return status, body


def _pause(body: bytes) -> float:
    try:
        return max(0.0, float(json.loads(body)["parameters"]["retry_after"]))
    except (ValueError, KeyError, TypeError):
        return _UNSAID
