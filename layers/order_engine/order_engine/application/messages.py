"""What the server says over a WebSocket."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from order_engine.application.targets import describe
from order_engine.domain.events import Event, iso
from order_engine.domain.order import Order

Message = Mapping[str, Any]

MAX_SNAPSHOT_BYTES = 30_000
"""A frame on an API Gateway WebSocket holds 32 KB; the rest is for the envelope."""


def status_update(order: Order, event: Event) -> Message:
    """One step of an order, as it happens."""
    return _with_correlation(order, {"type": "status_update", "orderId": order.id, **event_on_the_wire(event)})


def snapshots(order: Order, after_seq: int) -> Iterable[Message]:
    """Everything after `after_seq`, in as many frames as it takes; at least one, so that the client knows the state."""
    for events in _portions(order.events[after_seq:]):
        last = events[-1] if events else {"seq": order.version, "status": order.status}
        message = {"type": "snapshot", "orderId": order.id, "seq": last["seq"], "status": last["status"]}
        yield _with_correlation(order, message | {"events": events})


def subscribed(target: str) -> Message:
    """The subscription stands."""
    return {"type": "subscribed", **describe(target)}


def error(code: str, message: str, **context: str) -> Message:
    """Something the client asked for was not possible."""
    return {"type": "error", "code": code, "message": message, **context}


def event_on_the_wire(event: Event) -> dict[str, Any]:
    """One event, in the form that HTTP, WebSocket and the history share."""
    return {
        "seq": event.seq,
        "status": event.status,
        "timestamp": iso(event.timestamp),
        "data": dict(event.data),
    }


def _with_correlation(order: Order, message: Message) -> Message:
    return {**message, "correlationId": order.correlation_id} if order.correlation_id else message


def _portions(events: Sequence[Event]) -> Iterable[list[dict[str, Any]]]:
    portion: list[dict[str, Any]] = []
    size = 0
    for event in map(event_on_the_wire, events):
        length = len(json.dumps(event, separators=(",", ":")).encode())
        if portion and size + length > MAX_SNAPSHOT_BYTES:
            yield portion
            portion, size = [], 0
        portion.append(event)
        size += length
    yield portion
