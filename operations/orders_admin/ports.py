"""What the operators' commands need of a stack: its dead letters and orders, and the backfill of its history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from order_engine.application.ports import Clock, OrderStore, RedrivableDeadLetters
from orders_client.errors import OrdersError

VISIBILITY_TIMEOUT = 300
"""Seconds for which a received letter is invisible to others: time for the operator to decide."""

Item = dict[str, Any]
"""An order as the order table stores it."""


@dataclass(frozen=True, slots=True)
class RedrivePorts:
    """What `redrive` needs of a stack. Its orders come from the table, as the API shows an order to its owner only."""

    dead_letters: RedrivableDeadLetters
    orders: OrderStore
    clock: Clock


NOT_RECORDED = "See the log of write_history, then run this again: what is recorded already stays as it is."
"""The next step after `NotRecorded`."""


class NotRecorded(OrdersError):
    """The function that writes the history failed."""


class HistoryBackfill(Protocol):
    """The order table of one stack, and the way from it into the history. Calls may raise `DependencyUnavailable`."""

    def estimate(self) -> int:
        """Return about how many orders there are."""

    def pages(self) -> Iterator[Sequence[Item]]:
        """Yield all orders, page by page."""

    def record(self, page: Sequence[Item]) -> None:
        """Record orders, all or none. Doing it again changes nothing. Raises `NotRecorded`."""

    def recount(self) -> None:
        """Count the orders by status anew. Raises `NotRecorded`."""
