"""The socket on which messages come: kept up, taken up again after a cut, and watched for having gone deaf.

Mattermost keeps what it could not send for some minutes: a socket that names the old connection and the next event
gets what was missed. A socket with a token that is none is taken, says nothing and is closed, and one whose
session has ended stays open without a word; so the bot asks (`ping`) and believes only an answer. Whether the token is
any is asked over REST before each try.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import aiohttp
import structlog

from adapters.mattermost.api import Api, Json, Withheld
from adapters.mattermost.settings import Settings
from bot.ports.clock import Clock
from bot.ports.errors import Permanent, Temporary

log = structlog.get_logger("chat.mattermost")

PAUSES = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0)
"""Seconds before the next try after one failure, two, …; the last one from then on."""
GOODBYE = 1.0
"""Seconds that the other end has to answer ours."""


@dataclass
class Link:
    """`hear` gets every event; `up` is called with what is so from now on."""

    settings: Settings
    session: aiohttp.ClientSession
    api: Api
    clock: Clock
    hear: Callable[[Json], None]
    up: Callable[[bool], None]
    failures: int = 0
    connection: str = ""
    """Mattermost's name of the connection, for taking it up again."""
    expected: int = 0
    """Number of the next event on it."""
    _asked: int = 0
    _socket: aiohttp.ClientWebSocketResponse | None = None
    _waiting: dict[int, "asyncio.Future[None]"] = field(default_factory=dict)
    """Questions that are not answered yet, by their numbers."""

    async def keep(self) -> None:
        """Until cancelled. Raises `Permanent` where the token is none, or the address is not Mattermost's."""
        while True:
            try:
                await self.api.here(again=True)
                await self._hold()
                reason = "it was closed"
            except Withheld as refused:
                raise Permanent(refused.reason) from None
            except Temporary as trouble:
                reason = trouble.reason
            except (aiohttp.ClientError, TimeoutError, OSError) as fault:
                reason = type(fault).__name__
            pause = PAUSES[min(self.failures, len(PAUSES) - 1)]
            if self.failures < len(PAUSES):
                log.warning("no connection", reason=reason, again_in=pause)
            self.failures += 1
            await self.clock.sleep(timedelta(seconds=pause))

    async def _hold(self) -> None:
        """One socket, until it ends or is deaf."""
        options: dict[str, Any] = {**self.api.options(), "timeout": aiohttp.ClientWSTimeout(ws_close=GOODBYE)}
        async with self.session.ws_connect(self._address(), headers=self.api.authorization(), **options) as socket:
            self._socket = socket
            try:
                async with asyncio.TaskGroup() as group:
                    asking = group.create_task(self._watch(socket))
                    async for message in socket:
                        if message.type is aiohttp.WSMsgType.TEXT and not self._take(str(message.data)):
                            break
                    asking.cancel()
            finally:
                self._socket = None
                self.up(False)
                self._give_up()

    async def answer(self) -> None:
        """Return once Mattermost has answered a question that is asked now, over the very socket."""
        if self._socket is None or self._socket.closed:
            raise Temporary("Mattermost is not connected")
        self._asked += 1
        number, answered = self._asked, asyncio.get_running_loop().create_future()
        self._waiting[number] = answered
        try:
            await self._socket.send_str(json.dumps({"seq": number, "action": "ping"}))
            await answered
        except (aiohttp.ClientError, ConnectionError):
            raise Temporary("Mattermost is not connected") from None
        finally:
            self._waiting.pop(number, None)

    def _address(self) -> str:
        """A socket of its own scheme; it is taken up again only where there is something to take up."""
        base = self.settings.url.rstrip("/").replace("http", "ws", 1)
        again = {"connection_id": self.connection, "sequence_number": self.expected}
        return f"{base}/api/v4/websocket" + (f"?{urlencode(again)}" if self.connection and self.expected else "")

    async def _watch(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Close the socket where a question is not answered before the next one is due."""
        while True:
            try:
                async with asyncio.timeout(self.settings.ping):
                    await self.answer()
            except Temporary:
                return
            except TimeoutError:
                log.warning("the connection is deaf; made anew")
                await socket.close()
                return
            await asyncio.sleep(self.settings.ping)

    def _give_up(self) -> None:
        """Nobody will answer what was asked on a socket that has ended."""
        for answered in self._waiting.values():
            if not answered.done():
                answered.set_exception(ConnectionError("the socket has ended"))

    def _take(self, text: str) -> bool:
        """False where the socket is of no use any more."""
        try:
            said = json.loads(text)
        except ValueError:
            return True
        if not isinstance(said, dict):
            return True
        if isinstance(said.get("seq_reply"), int):
            return self._replied(said)
        self._count(said)
        self.hear(said)
        return True

    def _replied(self, said: Json) -> bool:
        """A refusal means that the session has ended; whoever waits is told when the socket ends."""
        if said.get("status") != "OK":
            return False
        answered = self._waiting.get(said["seq_reply"])
        if answered is not None and not answered.done():
            answered.set_result(None)
            self.failures = 0
            self.up(True)
        return True

    def _count(self, event: Json) -> None:
        """Which event comes next. A greeting means a new connection: what was missed on the old one is lost."""
        number = event.get("seq")
        if event.get("event") == "hello":
            if self.connection:
                log.warning("messages may have been missed: the connection is a new one")
            self.connection = str((event.get("data") or {}).get("connection_id", ""))
        elif isinstance(number, int) and number > self.expected:
            log.warning("messages were missed", count=number - self.expected)
        self.expected = number + 1 if isinstance(number, int) else 0
