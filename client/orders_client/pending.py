"""Results that tasks wait for, by key."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from orders_client.errors import OrdersError

T = TypeVar("T")


class PendingResults(Generic[T]):
    """Futures by key, any number for each. Iterating yields the keys that are waited for."""

    def __init__(self) -> None:
        self._futures: dict[str, set[asyncio.Future[T]]] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._futures))

    def __contains__(self, key: str) -> bool:
        return key in self._futures

    @contextmanager
    def expecting(self, key: str) -> Iterator[asyncio.Future[T]]:
        """Yield a future of the result for `key`; leaving the block cancels it."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        futures = self._futures.setdefault(key, set())
        futures.add(future)
        try:
            yield future
        finally:
            future.cancel()
            futures.discard(future)
            if not futures and self._futures.get(key) is futures:
                del self._futures[key]

    def resolve(self, key: str, result: T) -> None:
        """Set the result for `key`."""
        for future in self._futures.pop(key, ()):
            if not future.done():
                future.set_result(result)

    def fail(self, key: str, error: OrdersError) -> None:
        """Set an exception for `key`."""
        for future in self._futures.pop(key, ()):
            if not future.done():
                future.set_exception(error)

    def fail_all(self, error: OrdersError) -> None:
        """Set an exception for every key."""
        for key in self:
            self.fail(key, error)
