"""What clients get to see of an order and of the engine, ready for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from order_engine.contracts.cursor import encode_cursor
from order_engine.contracts.events.encoding import event_data, fault_data, terms_data
from order_engine.domain.amounts import format_amount
from order_engine.domain.events import Confirmed, Event, Failed, TransactionSubmitted
from order_engine.domain.order import Order
from order_engine.domain.timestamps import format_timestamp

if TYPE_CHECKING:
    from datetime import timedelta

    from order_engine.application.monitor import Diagnosis, Metrics
    from order_engine.application.ports import OrderTrail, Page
    from order_engine.contracts.answers import (
        FailedAttemptView,
        HealthReport,
        MetricsView,
        OneOrder,
        OrderAccepted,
        OrderPage,
        OrderTrailView,
        OrderView,
        TicketIssued,
    )
    from order_engine.contracts.events.schema import EventView


def order_view(order: Order) -> OrderView:
    """Return the whole order; values that don't exist (yet) are left out."""
    last, transaction = order.events[-1], order.transaction
    view = {
        "id": order.id,
        "clientOrderId": order.client_order_id,
        "userId": order.user_id,
        "status": order.status,
        "version": order.version,
        **terms_data(order.terms),
        **(_execution(order, last) if isinstance(last, Confirmed) else {}),
        "venue": transaction.venue if transaction else None,
        "txHash": last.tx_hash if isinstance(last, TransactionSubmitted | Confirmed) else None,
        "attempts": order.attempts,
        "error": fault_data(last.fault) if isinstance(last, Failed) else None,
        "correlationId": order.correlation_id,
        "createdAt": format_timestamp(order.created_at),
        "updatedAt": format_timestamp(order.updated_at),
        "events": [event_view(order, event) for event in order.events],
    }
    return cast("OrderView", {name: value for name, value in view.items() if value is not None})


def _execution(order: Order, confirmed: Confirmed) -> dict[str, str]:
    return {
        "amountOut": format_amount(confirmed.amount_out, order.terms.token_out),
        "executedPrice": confirmed.executed_price,
        "fee": format_amount(confirmed.fee, order.terms.token_in),
        "priceImpact": confirmed.price_impact,
    }


def event_view(order: Order, event: Event) -> EventView:
    """Return one event, in the form that HTTP, WebSocket and the history share."""
    return {
        "seq": event.seq,
        "status": event.status,
        "timestamp": format_timestamp(event.timestamp),
        "data": event_data(event, order.terms),
    }


def one_order(order: Order) -> OneOrder:
    """Return the answer that is an order."""
    return {"success": True, "order": order_view(order)}


def accepted_view(order: Order, websocket_url: str, ticket: str | None = None) -> OrderAccepted:
    """Return the answer to a placed order, with its present status: a replayed one may have ended already.

    Args:
        ticket: opens the WebSocket, where authentication is on; it is a secret, and so no part of the message.
    """
    address = f"{websocket_url}?orderId={order.id}"
    return {
        "success": True,
        "orderId": order.id,
        "status": order.status,
        "message": f"Order accepted. Follow it at {address}",
        "websocketUrl": f"{address}&ticket={ticket}" if ticket else address,
    }


def ticket_view(ticket: str, lifetime: timedelta) -> TicketIssued:
    """Return the answer to a request for a ticket."""
    return {"success": True, "ticket": ticket, "expiresIn": int(lifetime.total_seconds())}


def metrics_view(metrics: Metrics) -> MetricsView:
    """Return the engine's figures."""
    queue, orders = metrics.queue, cast(Any, dict(metrics.orders))
    return {
        "success": True,
        "queue": {
            "waiting": queue.waiting,
            "active": queue.active,
            "delayed": queue.delayed,
            "failed": queue.failed,
        },
        "orders": orders,
        "timestamp": format_timestamp(metrics.at),
    }


def health_view(diagnosis: Diagnosis) -> HealthReport:
    """Return the engine's health, and, where they were asked, that of each of its dependencies."""
    view: HealthReport = {"status": diagnosis.health, "timestamp": format_timestamp(diagnosis.at)}
    if diagnosis.dependencies:
        view["dependencies"] = dict(diagnosis.dependencies)
    if diagnosis.dependencies and diagnosis.problems:  # who asks no further is told no more
        view["problems"] = list(diagnosis.problems)
    return view


def page_view(page: Page) -> OrderPage:
    """Return a page of a list; `nextCursor` is left out at its end."""
    view: OrderPage = {"success": True, "orders": [order_view(order) for order in page.orders]}
    if page.following:
        view["nextCursor"] = encode_cursor(page.following)
    return view


def trail_view(trail: OrderTrail) -> OrderTrailView:
    """Return an order as the history has it, with its failed attempts."""
    failures: list[FailedAttemptView] = [
        {
            "seq": failed.seq,
            "attempt": failed.attempt,
            "timestamp": format_timestamp(failed.occurred_at),
            "error": fault_data(failed.fault),
        }
        for failed in trail.failed_attempts
    ]
    return {"success": True, "order": order_view(trail.order), "failures": failures}
