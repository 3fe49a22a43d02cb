"""Transactions in threads: one thread writes, a few read.

A transaction is one piece of work: a function of a connection, done in a thread from its BEGIN to its COMMIT. The event
loop goes there and back once for it. (A driver that goes there for each statement, each fetch and each close does so
ten to thirty times, and each time waits until the machine runs the other thread.)

What is database's own (how it is opened, how a transaction begins, what its errors mean) comes in with the engine and
with `guarded`. For a database with an asyncio driver the same functions are given to `AsyncConnection.run_sync`.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import TypeVar

from sqlalchemy import Connection, Engine

Found = TypeVar("Found")

READERS = 4
"""Threads that read; they are started when they are needed."""


class Database:
    """`guarded` is put around each transaction. An engine with the option `writes` begins transactions that write."""

    def __init__(self, engine: Engine, guarded: Callable[[], AbstractContextManager[None]]) -> None:
        self._engine = engine
        self._writes = engine.execution_options(writes=True)
        self._guarded = guarded
        self._turn = asyncio.Lock()
        self._writer = ThreadPoolExecutor(1, "journal-writer")
        self._readers = ThreadPoolExecutor(READERS, "journal-reader")

    async def read(self, work: Callable[[Connection], Found]) -> Found:
        """What the work finds, all of it at one moment. Waits for no writer."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._do, self._engine, work)

    async def write(self, work: Callable[[Connection], Found]) -> Found:
        """All of the work or, where it raises, nothing of it; it is on the disk when this returns.

        To be shielded by whoever has to know what became of it: a caller that is cancelled does not stop the thread.
        """
        async with self._turn:
            return await asyncio.get_running_loop().run_in_executor(self._writer, self._do, self._writes, work)

    def _do(self, engine: Engine, work: Callable[[Connection], Found]) -> Found:
        with self._guarded(), engine.begin() as connection:
            return work(connection)

    async def settle(self) -> None:
        """Wait for writers whose callers were cancelled."""
        async with self._turn:
            pass

    def close(self) -> None:
        """Wait for the threads, and end them with their connections."""
        self._writer.shutdown()
        self._readers.shutdown()
        self._engine.dispose()
