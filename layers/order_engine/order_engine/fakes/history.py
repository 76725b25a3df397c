"""The order history in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from order_engine.application.ports import Census
from order_engine.domain.events import Status
from order_engine.domain.order import Order


@dataclass(slots=True)
class InMemoryHistory:
    """`History` in a dict: the newest image of each order."""

    orders: dict[str, Order] = field(default_factory=dict)
    _moments: Iterator[int] = field(default_factory=count)

    def record(self, orders: Sequence[Order]) -> Census:
        """Fold the orders in; return the number of orders in each status."""
        for order in orders:
            if order.id not in self.orders or self.orders[order.id].version < order.version:
                self.orders[order.id] = order
        return self.recount()

    def recount(self) -> Census:
        """Return the number of orders in each status."""
        counted = Counter(order.status for order in self.orders.values())
        return Census(next(self._moments), {status.value: counted[status] for status in Status})


@dataclass(slots=True)
class InMemoryStatusCounts:
    """`StatusCounts` in a dict."""

    census: Census | None = None

    def publish(self, census: Census) -> None:
        """Replace the counts, unless later ones are there."""
        if self.census is None or self.census.taken_at < census.taken_at:
            self.census = census

    def read(self) -> Mapping[str, int]:
        """Return the counts."""
        return self.census.orders if self.census else {}
