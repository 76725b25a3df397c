"""The order history in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from order_engine.domain.order import Order


@dataclass(slots=True)
class InMemoryHistory:
    """`History` in a dict: the newest image of each order."""

    orders: dict[str, Order] = field(default_factory=dict)

    def record(self, orders: Sequence[Order]) -> Mapping[str, int]:
        """Fold the orders in; return the number of orders in each status."""
        for order in orders:
            if order.id not in self.orders or self.orders[order.id].version < order.version:
                self.orders[order.id] = order
        return Counter(str(order.status) for order in self.orders.values())


@dataclass(slots=True)
class InMemoryStatusCounts:
    """`StatusCounts` in a dict."""

    counts: dict[str, int] = field(default_factory=dict)

    def publish(self, counts: Mapping[str, int]) -> None:
        """Replace the counts."""
        self.counts = dict(counts)

    def read(self) -> Mapping[str, int]:
        """Return the counts."""
        return dict(self.counts)
