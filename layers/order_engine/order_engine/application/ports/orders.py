"""The order table, as the use cases need it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from order_engine.domain.events import Event, Fault
from order_engine.domain.order import Order
from order_engine.domain.terms import Terms


@dataclass(frozen=True, slots=True)
class Overdue:
    """An open order that should have ended by `due_at`."""

    order_id: str
    due_at: datetime


class OrderStore(Protocol):
    """The orders. One order is one item; each step is one conditional write."""

    def create(self, order: Order) -> Order | None:
        """Store a new order. Return None, or the order that already has this id (then nothing was written)."""

    def load(self, order_id: str) -> Order:
        """Return the order as it is now (a consistent read). Raises `OrderNotFound`."""

    def append(self, order: Order) -> None:
        """Write the last event of `order`, if the stored order is exactly one event behind.

        Raises:
            VersionConflict: with the order as it is stored.
        """

    def overdue(self, now: datetime) -> Iterable[Overdue]:
        """Yield the open orders whose `due_at` has passed, oldest first within a shard."""


class EventCodec(Protocol):
    """How events are written and read wherever orders are stored; handed to the stores, which know no JSON."""

    def encode(self, event: Event, terms: Terms) -> str:
        """Return what the event says beside `seq`, `status` and `timestamp`, as compact JSON."""

    def decode(self, order_id: str, terms: Terms, seq: int, status: str, timestamp: datetime, data: str) -> Event:
        """Return the event whose data `encode` wrote for an order with these terms."""

    def encode_fault(self, fault: Fault) -> str:
        """Return a fault as compact JSON."""

    def decode_fault(self, data: str) -> Fault:
        """Return what `encode_fault` wrote."""
