"""The Socket Mode link: the library's client, which connects again by itself, and a watch over it.

The library tries for ever: with a token that will never do, and with a used-up address of a socket that could not be
opened at first. So the watch ends the link when Slack has refused the token, or when there was no connection for long;
who supervises the platform then makes everything anew.
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.quiet import quiet
from adapters.slack.settings import Settings
from bot.ports.errors import Permanent, Temporary

log = structlog.get_logger("chat.slack")

HOPELESS = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "not_allowed_token_type",
        "missing_scope",
        "access_denied",
        "forbidden_team",
    }
)
"""Answers of `apps.connections.open` that another try would not change."""
GOODBYE = 2.0
"""Seconds that Slack has to answer our goodbye."""
LOOK = 0.02
"""Seconds between two looks for the answer to a ping: the library has no event for it."""


class Link(SocketModeClient):
    """The library's client; `refused` says that it can never connect."""

    def __init__(self, settings: Settings, web: AsyncWebClient) -> None:
        super().__init__(
            settings.app_token,
            logger=quiet("socket", logging.CRITICAL),
            web_client=web,
            ping_interval=settings.ping,
        )
        self.proxy = settings.proxy or None
        self.refused = ""
        self.over = asyncio.Event()

    async def issue_new_wss_url(self) -> str:
        """The address of a new socket; a refusal for good ends the client."""
        try:
            return await super().issue_new_wss_url()
        except SlackApiError as trouble:
            body = getattr(trouble.response, "data", None)
            error = str(body.get("error", "")) if isinstance(body, dict) else ""
            if error in HOPELESS:
                self.refused, self.closed = error, True
                self.over.set()
            raise

    async def answer(self) -> None:
        """Return once Slack has answered a ping that was sent from now on.

        The library keeps the number that came back with the last answer, and once puts one there itself, while it has
        none. So only a number counts that is higher than one which was there: ours is the very next.
        """
        asked: float | None = None
        while True:
            heard = self.last_ping_pong_time
            if heard is None:
                asked = None
            elif asked is None:
                asked = math.nextafter(heard, math.inf)
                if self.current_session is not None:
                    await self.current_session.ping(f"sdk-ping-pong:{asked}".encode())
            elif heard >= asked:
                return
            await asyncio.sleep(LOOK)

    async def shut(self) -> None:
        """Close everything, and wait until its tasks are over; at once where the bot stops meanwhile."""
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(GOODBYE):
                    await self.close()  # type: ignore[no-untyped-call]  # the library has no types there
        finally:
            await self._end()

    async def _end(self) -> None:
        self.closed = True
        await self.aiohttp_client_session.close()
        tasks = [self.message_processor, self.message_receiver, self.current_session_monitor]
        running = [task for task in tasks if task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def keep(settings: Settings, web: AsyncWebClient, app: AsyncApp, ready: Callable[[Link], None]) -> None:
    """Bring what comes to the app, until cancelled. `ready` is called with every connection that was made.

    Raises `Permanent` where Slack refuses the app's token, `Temporary` where there is no connection for long.
    """
    link = Link(settings, web)
    link.socket_mode_request_listeners.append(_bringing(app))
    try:
        await _watch(link, settings, ready)
    finally:
        await link.shut()


def _bringing(app: AsyncApp) -> Callable[[AsyncBaseSocketModeClient, SocketModeRequest], Awaitable[None]]:
    async def bring(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        begun = asyncio.get_running_loop().time()
        answer = await run_async_bolt_app(app, request)
        await send_async_response(client, request, answer, begun)

    return bring


async def _watch(link: Link, settings: Settings, ready: Callable[[Link], None]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(settings.deaf):
            await link.connect()  # type: ignore[no-untyped-call]  # the library has no types there
    loop = asyncio.get_running_loop()
    seen, up = loop.time(), False
    while not link.refused:
        connected = await link.is_connected()
        if connected and not up:
            ready(link)
        elif up and not connected:
            log.warning("Slack's socket is down; connecting again")
        seen, up = (loop.time(), True) if connected else (seen, False)
        if loop.time() - seen >= settings.deaf:
            raise Temporary(f"Slack's socket has been down for {settings.deaf:.0f} s")
        with suppress(TimeoutError):
            async with asyncio.timeout(settings.ping):
                await link.over.wait()
    raise Permanent(f"Slack does not accept SLACK_APP_TOKEN ({link.refused}): make one with connections:write")
