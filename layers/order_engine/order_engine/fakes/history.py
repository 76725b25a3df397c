"""The order history in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from order_engine.application.errors import OrderNotFound
from order_engine.application.ports import OrderFilter, OrderTrail, Page, Position, StatusCounts, failed_attempts
from order_engine.domain.events import Status
from order_engine.domain.order import Order


@dataclass(slots=True)
class InMemoryHistory:
    """`History` in a dict: the newest image of each order."""

    orders: dict[str, Order] = field(default_factory=dict)
    _moments: Iterator[int] = field(default_factory=count)

    def record(self, orders: Sequence[Order]) -> StatusCounts:
        """Fold the orders in; return the number of orders in each status."""
        for order in orders:
            if order.id not in self.orders or self.orders[order.id].version < order.version:
                self.orders[order.id] = order
        return self.recount()

    def recount(self) -> StatusCounts:
        """Return the number of orders in each status."""
        counted = Counter(order.status for order in self.orders.values())
        return StatusCounts(next(self._moments), {status.value: counted[status] for status in Status})


@dataclass(frozen=True, slots=True)
class InMemoryHistoryReader:
    """`HistoryReader` on the history in memory."""

    history: InMemoryHistory

    def list_orders(self, wanted: OrderFilter, limit: int, after: Position | None = None) -> Page:
        """Return up to `limit` orders, newest first."""
        newest_first = sorted(self.history.orders.values(), key=_place, reverse=True)
        found = [order for order in newest_first if _matches(order, wanted)]
        if after is not None:
            found = [order for order in found if _place(order) < (after.created_at, after.order_id)]
        page = tuple(found[:limit])
        return Page(page, Position(*_place(page[-1])) if len(found) > limit else None)

    def trail(self, order_id: str) -> OrderTrail:
        """Return one order with its failed attempts."""
        if order_id not in self.history.orders:
            raise OrderNotFound(order_id)
        order = self.history.orders[order_id]
        return OrderTrail(order, tuple(failed_attempts(order)))

    def check(self) -> None:
        """Memory is there."""


def _place(order: Order) -> tuple[datetime, str]:
    return order.created_at, order.id


def _matches(order: Order, wanted: OrderFilter) -> bool:
    return (
        wanted.user_id in (None, order.user_id)
        and wanted.status in (None, order.status)
        and wanted.token_in in (None, order.terms.token_in)
    )


@dataclass(slots=True)
class InMemoryPublishedCounts:
    """`PublishedCounts` in memory."""

    counts: StatusCounts | None = None

    def publish(self, counts: StatusCounts) -> None:
        """Replace the counts, unless later ones are there."""
        if self.counts is None or self.counts.counted_at < counts.counted_at:
            self.counts = counts

    def read(self) -> Mapping[str, int]:
        """Return the counts."""
        return self.counts.orders if self.counts else {}
