"""Telling everybody in this process which runs grew.

A subscriber that is slow loses nothing and holds nobody up: what it has not taken yet is a set of names, and
a name that comes again while it waits there is one name.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from weakref import WeakSet

from bot.domain.values import RunId


class Subscription(AsyncIterator[RunId]):
    """Names of runs, without end. Counts from its making; forgotten with its last user."""

    def __init__(self, first: Callable[[], Awaitable[Sequence[RunId]]]) -> None:
        self._first: Callable[[], Awaitable[Sequence[RunId]]] | None = first
        self._waiting: dict[RunId, None] = {}
        self._some = asyncio.Event()

    def put(self, run: RunId) -> None:
        """Keep the name until it is taken."""
        self._waiting[run] = None
        self._some.set()

    async def __anext__(self) -> RunId:
        if self._first is not None:
            now = await self._first()
            self._waiting = dict.fromkeys((*now, *self._waiting))
            self._first = None
        while not self._waiting:
            self._some.clear()
            await self._some.wait()
        run = next(iter(self._waiting))
        del self._waiting[run]
        return run


class Broadcast:
    """Everybody who listens."""

    def __init__(self) -> None:
        self._subscriptions: WeakSet[Subscription] = WeakSet()

    def subscribe(self, first: Callable[[], Awaitable[Sequence[RunId]]]) -> Subscription:
        """A new listener, told the names that `first` returns before anything else."""
        subscription = Subscription(first)
        self._subscriptions.add(subscription)
        return subscription

    def tell(self, run: RunId) -> None:
        """This run grew."""
        for subscription in tuple(self._subscriptions):
            subscription.put(run)
