"""What clients get to see of an order, a page, the metrics and the engine's health."""

from __future__ import annotations

import json
from typing import Any

import pytest

from order_engine.application.monitor import Diagnosis, Health, Metrics
from order_engine.application.ports import OrderTrail, Page, Position, QueueFigures, failed_attempts
from order_engine.contracts.cursor import decode_cursor
from order_engine.contracts.views import accepted_view, health_view, metrics_view, order_view, page_view, trail_view
from order_engine.domain.events import Status
from order_engine.domain.order import Order
from tests.support.orders import (
    CANCELLED,
    CONFIRMED,
    FAILED,
    LIVES,
    REVERTED,
    START,
    after,
    new_order,
    terms,
    transaction,
)

ID = "0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"


def shown(order: Order) -> dict[str, Any]:
    """Return the view of an order."""
    return {**order_view(order)}


def test_a_new_order_is_told_as_it_was_entered_and_what_is_not_known_is_left_out() -> None:
    order = new_order(ID, "alice", what=terms("1.50", slippage="0.010", min_amount_out="200.0"))
    assert order_view(order) == {
        "id": ID,
        "userId": "alice",
        "status": "pending",
        "version": 1,
        "orderType": "market",
        "tokenIn": "SOL",
        "tokenOut": "USDC",
        "amountIn": "1.50",
        "slippage": "0.010",
        "minAmountOut": "200.0",
        "attempts": 0,
        "createdAt": "2026-03-01T12:00:00.000Z",
        "updatedAt": "2026-03-01T12:00:00.000Z",
        "events": [
            {
                "seq": 1,
                "status": "pending",
                "timestamp": "2026-03-01T12:00:00.000Z",
                "data": {
                    "userId": "alice",
                    "orderType": "market",
                    "tokenIn": "SOL",
                    "tokenOut": "USDC",
                    "amountIn": "1.50",
                    "slippage": "0.010",
                    "minAmountOut": "200.0",
                },
            }
        ],
    }


def test_a_confirmed_order_tells_what_came_of_it() -> None:
    order = after(new_order(client_order_id="mine", correlation_id="request-1"), *CONFIRMED)
    view = shown(order)
    last = view["events"][-1]["data"]
    assert last["amountOut"] == "225"
    for name in ("amountOut", "executedPrice", "fee", "priceImpact", "venue", "txHash"):
        assert view[name] == last[name]
    assert (view["clientOrderId"], view["correlationId"], view["attempts"]) == ("mine", "request-1", 1)
    assert "error" not in view
    assert [event["seq"] for event in view["events"]] == [1, 2, 3, 4, 5]


def test_a_failed_order_tells_why() -> None:
    view = shown(after(new_order(), *FAILED))
    assert (view["status"], view["attempts"], view["error"]["code"]) == ("failed", 4, "quote_unavailable")
    assert not view.keys() & {"amountOut", "txHash", "venue"}


def test_an_order_that_recovered_tells_of_no_error_but_its_events_do() -> None:
    view = shown(after(new_order(), *REVERTED))
    assert "error" not in view
    assert view["attempts"] == 2
    assert "error" in view["events"][4]["data"]


def test_the_transaction_is_told_from_submitted_on_and_the_venue_from_building_on() -> None:
    order = after(new_order(), Status.ROUTING, Status.BUILDING)
    assert (shown(order)["venue"], "txHash" in shown(order)) == ("raydium", False)
    submitted = shown(after(order, Status.SUBMITTED))
    assert submitted["txHash"] == submitted["events"][-1]["data"]["txHash"] == transaction(order).signature


@pytest.mark.parametrize("life", [(), CANCELLED, *LIVES])
def test_every_view_is_json_without_empty_values(life: tuple[Status, ...]) -> None:
    view = shown(after(new_order(), *life))
    assert json.loads(json.dumps(view)) == view
    assert None not in view.values()


def test_an_accepted_order_says_where_to_follow_it() -> None:
    view = accepted_view(new_order(ID), "wss://example.org/dev")
    assert view["websocketUrl"] == f"wss://example.org/dev?orderId={ID}"
    assert (view["success"], view["orderId"], view["status"]) == (True, ID, "pending")
    assert view["websocketUrl"] in view["message"]


def test_the_answer_to_an_order_is_the_same_however_far_it_has_come_but_for_its_status() -> None:
    accepted = new_order(ID)
    first, replayed = accepted_view(accepted, "wss://x"), accepted_view(after(accepted, *CONFIRMED), "wss://x")
    assert replayed == {**first, "status": "confirmed"}


def test_a_page_says_where_the_next_one_begins_unless_it_is_the_last() -> None:
    orders = (new_order(ID), new_order())
    position = Position(START, ID)
    view = page_view(Page(orders, position))
    assert [order["id"] for order in view["orders"]] == [order.id for order in orders]
    assert decode_cursor(view["nextCursor"]) == position
    assert page_view(Page((), None)) == {"success": True, "orders": []}


def test_a_trail_tells_every_failed_attempt() -> None:
    order = after(new_order(ID), *FAILED)
    view = trail_view(OrderTrail(order, tuple(failed_attempts(order))))
    assert view["order"] == order_view(order)
    assert [(one["seq"], one["attempt"], one["error"]["code"]) for one in view["failures"]] == [
        (seq, attempt, "quote_unavailable") for seq, attempt in ((3, 1), (5, 2), (7, 3), (9, 4))
    ]


def test_metrics_tell_the_queue_and_the_orders() -> None:
    assert metrics_view(Metrics(START, QueueFigures(1, 2, 3, 4), {"confirmed": 5, "total": 5})) == {
        "success": True,
        "queue": {"waiting": 1, "active": 2, "delayed": 3, "failed": 4},
        "orders": {"confirmed": 5, "total": 5},
        "timestamp": "2026-03-01T12:00:00.000Z",
    }


@pytest.mark.parametrize(
    ("diagnosis", "told"),
    [
        (Diagnosis(START, Health.HEALTHY, {}), {"status": "healthy"}),
        (
            Diagnosis(START, Health.DEGRADED, {"orders": Health.HEALTHY, "history": Health.UNHEALTHY}),
            {"status": "degraded", "dependencies": {"orders": "healthy", "history": "unhealthy"}},
        ),
        (
            Diagnosis(START, Health.UNHEALTHY, {"settings": Health.UNHEALTHY}, ("STAGE is not set",)),
            {"status": "unhealthy", "dependencies": {"settings": "unhealthy"}, "problems": ["STAGE is not set"]},
        ),
    ],
)
def test_health_tells_of_what_was_asked(diagnosis: Diagnosis, told: dict[str, Any]) -> None:
    assert health_view(diagnosis) == {**told, "timestamp": "2026-03-01T12:00:00.000Z"}
