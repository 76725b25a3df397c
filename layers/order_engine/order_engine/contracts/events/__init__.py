"""The one codec of an order's events: typed inside, JSON in storage and on the wire.

Stored events outlive the code that wrote them: what is added must be optional when it is read, and nothing may change
its meaning. tests/recorded/stored_orders.json has every kind as the version before this codec wrote it.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from order_engine.contracts.events.decoding import event_from, fault_from
from order_engine.contracts.events.encoding import event_data, fault_data
from order_engine.domain.events import Event, Fault
from order_engine.domain.terms import Terms


class JsonEventCodec:
    """`EventCodec`: events' data as compact JSON text."""

    def encode(self, event: Event, terms: Terms) -> str:
        """Return what the event says beside `seq`, `status` and `timestamp`."""
        return _json(event_data(event, terms))

    def decode(self, order_id: str, terms: Terms, seq: int, status: str, timestamp: datetime, data: str) -> Event:
        """Return the event whose data `encode` wrote."""
        return event_from(order_id, terms, seq, status, timestamp, json.loads(data))

    def encode_fault(self, fault: Fault) -> str:
        """Return a fault as an event's `error`."""
        return _json(fault_data(fault))

    def decode_fault(self, data: str) -> Fault:
        """Return what `encode_fault` wrote."""
        return fault_from(json.loads(data))


def _json(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"))
