"""Tasks that wait for something with a name."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from orders_client.errors import OrdersError

T = TypeVar("T")


class Waiters(Generic[T]):
    """Who waits for what. Iterating yields the names that somebody waits for."""

    def __init__(self) -> None:
        self._futures: dict[str, set[asyncio.Future[T]]] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._futures))

    def __contains__(self, name: str) -> bool:
        return name in self._futures

    @contextmanager
    def expecting(self, name: str) -> Iterator[asyncio.Future[T]]:
        """Wait for `name` within this block."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        futures = self._futures.setdefault(name, set())
        futures.add(future)
        try:
            yield future
        finally:
            future.cancel()
            futures.discard(future)
            if not futures and self._futures.get(name) is futures:
                del self._futures[name]

    def resolve(self, name: str, result: T) -> None:
        """Give everybody who waits for `name` what they wait for."""
        for future in self._futures.pop(name, ()):
            if not future.done():
                future.set_result(result)

    def fail(self, name: str, error: OrdersError) -> None:
        """Let everybody who waits for `name` know that it won't come."""
        for future in self._futures.pop(name, ()):
            if not future.done():
                future.set_exception(error)

    def fail_all(self, error: OrdersError) -> None:
        """Let everybody know that nothing will come any more."""
        for name in self:
            self.fail(name, error)
