"""The order table in memory, with its stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from order_engine.application.errors import OrderNotFound, VersionConflict
from order_engine.application.ports import EventCodec, Overdue
from order_engine.domain.order import Order


@dataclass(slots=True)
class InMemoryOrderStore:
    """`OrderStore` in a dict. `stream` holds the image of every write, in order.

    Args:
        codec: writes and reads each event, so that what is kept is what the order table would keep.
    """

    codec: EventCodec
    orders: dict[str, Order] = field(default_factory=dict)
    stream: list[Order] = field(default_factory=list)

    def create(self, order: Order) -> Order | None:
        """Keep a new order, or return the one that has its id."""
        existing = self.orders.get(order.id)
        if existing is None:
            self._write(order.id, self._stored(order))
        return None if existing in (None, order) else existing

    def load(self, order_id: str) -> Order:
        """Return the order as it is now."""
        if order_id not in self.orders:
            raise OrderNotFound(order_id)
        return self.orders[order_id]

    def append(self, order: Order) -> None:
        """Keep the order, if what is kept is one event behind."""
        current = self.load(order.id)
        if current.version != order.version - 1:
            raise VersionConflict(current)
        last = self._stored(order).events[-1]
        self._write(order.id, replace(current, events=(*current.events, last)))

    def overdue(self, now: datetime) -> Iterator[Overdue]:
        """Yield the open orders that are due, by the second, oldest first."""
        orders = (order for order in self.orders.values() if not order.status.terminal)
        overdue = (Overdue(order.id, order.due_at.replace(microsecond=0)) for order in orders)
        yield from sorted((order for order in overdue if order.due_at <= now), key=lambda order: order.due_at)

    def _stored(self, order: Order) -> Order:
        """Return the order with its last event as it is read again after it was written."""
        last, terms = order.events[-1], order.terms
        data = self.codec.encode(last, terms)
        read = self.codec.decode(order.id, terms, last.seq, last.status, last.timestamp, data)
        return replace(order, events=(*order.events[:-1], read))

    def _write(self, order_id: str, order: Order) -> None:
        self.orders[order_id] = order
        self.stream.append(order)
