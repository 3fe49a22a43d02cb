"""The line between the bot and one platform's stand-in, which can be made to fail as lines fail.

`open`: everything passes. `refused`: nobody listens. `failing`: whatever is asked is answered with 503. `silent`:
connections are taken and nothing is ever answered. Whoever is connected when the line changes is cut off.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import StrEnum, auto

UNAVAILABLE = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_CHUNK = 65_536


class Line(StrEnum):
    """What becomes of a connection."""

    OPEN = auto()
    REFUSED = auto()
    FAILING = auto()
    SILENT = auto()


class Gate:
    """Listens on `port`, which stays the same, and passes on to the stand-in at `behind`."""

    def __init__(self, behind: int) -> None:
        self._behind = behind
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.line = Line.OPEN
        self.port = 0
        self.tried = 0
        """Connections that were made."""

    async def start(self) -> None:
        """Listen; a second time at the port of the first."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Nobody listens any more, and nobody is connected."""
        if self._server is not None:
            self._server.close()
        self.cut()
        if self._server is not None:
            await self._server.wait_closed()
        self._server = None

    async def turn(self, line: Line) -> None:
        """From now on the line is so."""
        self.line = line
        if line is Line.REFUSED:
            await self.stop()
        elif self._server is None:
            await self.start()
        self.cut()

    def cut(self) -> None:
        """End every connection without a word."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tried += 1
        self._writers.add(writer)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # one of the two has gone
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.line is Line.OPEN:
            await self._pass(reader, writer)
        elif await reader.read(_CHUNK) and self.line is Line.FAILING:
            writer.write(UNAVAILABLE)
            await writer.drain()
            writer.write_eof()
        while self.line is Line.SILENT and await reader.read(_CHUNK):
            pass

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Both ways until one of them ends."""
        inner, outer = await asyncio.open_connection("127.0.0.1", self._behind)
        self._writers.add(outer)
        try:
            async with asyncio.TaskGroup() as group:
                back = group.create_task(_flow(inner, writer))
                await _flow(reader, outer)
                back.cancel()
        finally:
            self._writers.discard(outer)
            outer.transport.abort()


async def _flow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


@asynccontextmanager
async def gate(behind: int) -> AsyncIterator[Gate]:
    """An open one, until the block ends."""
    made = Gate(behind)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()
