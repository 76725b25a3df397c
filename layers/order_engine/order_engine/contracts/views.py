"""What clients get to see of an order."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from order_engine.application.messages import event_on_the_wire
from order_engine.application.order_history import OrderTrail, Page
from order_engine.application.watch_engine import Diagnosis, Metrics
from order_engine.contracts.cursor import encode_cursor
from order_engine.domain.events import Status, iso
from order_engine.domain.order import Order

_FROM_CONFIRMED = ("amountOut", "executedPrice", "fee", "priceImpact")


def order_view(order: Order) -> dict[str, Any]:
    """Return the whole order on the wire; values that don't exist (yet) are left out."""
    last = order.events[-1].data
    confirmed = last if order.status is Status.CONFIRMED else {}
    transaction = order.transaction
    error = next((event.data["error"] for event in reversed(order.events) if "error" in event.data), None)
    view = {
        "id": order.id,
        "clientOrderId": order.client_order_id,
        "userId": order.user_id,
        "status": order.status,
        "version": order.version,
        **order.terms.described(),
        **{name: confirmed.get(name) for name in _FROM_CONFIRMED},
        "venue": transaction.venue if transaction else None,
        "txHash": last.get("txHash"),
        "attempts": order.attempts,
        "error": error if order.status is Status.FAILED else None,
        "correlationId": order.correlation_id,
        "createdAt": iso(order.created_at),
        "updatedAt": iso(order.updated_at),
        "events": [event_on_the_wire(event) for event in order.events],
    }
    return {name: value for name, value in view.items() if value is not None}


def accepted_view(order: Order, websocket_url: str) -> dict[str, Any]:
    """Return the answer to a placed order: as it was accepted, so that a replay is answered in the very same way."""
    return {
        "success": True,
        "orderId": order.id,
        "status": order.events[0].status,
        "message": f"Order accepted. Follow it at {websocket_url}?orderId={order.id}",
        "websocketUrl": f"{websocket_url}?orderId={order.id}",
    }


def metrics_view(metrics: Metrics, now: datetime) -> dict[str, Any]:
    """Return the engine's figures."""
    return {"success": True, "queue": asdict(metrics.queue), "orders": dict(metrics.orders), "timestamp": iso(now)}


def health_view(diagnosis: Diagnosis, now: datetime) -> dict[str, Any]:
    """Return how the engine is, and, where they were asked, each of its dependencies."""
    view: dict[str, Any] = {"status": diagnosis.health, "timestamp": iso(now)}
    return view | {"dependencies": dict(diagnosis.dependencies)} if diagnosis.dependencies else view


def page_view(page: Page) -> dict[str, Any]:
    """Return a page of a list; `nextCursor` is left out at its end."""
    view: dict[str, Any] = {"success": True, "orders": [order_view(order) for order in page.orders]}
    return view | {"nextCursor": encode_cursor(page.following)} if page.following else view


def trail_view(trail: OrderTrail) -> dict[str, Any]:
    """Return an order as the history has it, with its failed attempts."""
    failures = [
        {
            "seq": failure.seq,
            "attempt": failure.attempt,
            "timestamp": iso(failure.occurred_at),
            "error": dict(failure.data),
        }
        for failure in trail.failures
    ]
    return {"success": True, "order": order_view(trail.order), "failures": failures}
