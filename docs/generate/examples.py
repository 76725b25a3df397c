"""Examples: orders that went through the engine in memory, on the simulated venues, the same each time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from order_engine.application.order_history import OrderTrail, Page, Position, failures
from order_engine.application.ports import QueueFigures
from order_engine.application.watch_engine import Diagnosis, Health, Metrics
from order_engine.contracts import views
from order_engine.contracts.orders import place_order
from order_engine.domain.order import Order
from order_engine.venues.simulated import SimulationSettings
from tests.support.engine import Engine

View = dict[str, Any]
WEBSOCKET_URL = "ws://localhost:3000/ws"
REQUEST_ID = "6532cb2b-925a-499c-a151-d2d4015434e5"
WISH = {"orderType": "market", "tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "1.5", "slippage": "0.01"}
OTHER_NAMES = {"userId": "alice", "type": "market", "tokenIn": "SOL", "tokenOut": "USDC", "amountIn": 1.5}
OTHER_NAMES |= {"slippageTolerance": 0.01}

_UNLUCKY = SimulationSettings("1", execution_failure_rate=1.0)


@dataclass(frozen=True, slots=True)
class Lives:
    """An order just accepted, the same once confirmed, another that failed, and one that was cancelled."""

    accepted: Order
    confirmed: Order
    failed: Order
    cancelled: Order


@cache
def lives() -> Lives:
    """Run the orders."""
    engine, unlucky = Engine(), Engine(settings=_UNLUCKY)
    accepted = _placed(engine)
    return Lives(
        accepted=accepted,
        confirmed=engine.settle(accepted),
        failed=unlucky.settle(_placed(unlucky)),
        cancelled=engine.cancel(_placed(engine)),
    )


def _placed(engine: Engine) -> Order:
    command = place_order({**WISH, "userId": "alice"}).to_command("0.01", correlation_id=REQUEST_ID)
    return engine.desk.submit(command).order


def accepted() -> View:
    """Return the answer to a placed order."""
    return views.accepted_view(lives().accepted, WEBSOCKET_URL)


def one_order(order: Order) -> View:
    """Return an order as it is answered."""
    return {"success": True, "order": views.order_view(order)}


def page() -> View:
    """Return a page of a list that goes on."""
    order = lives().confirmed
    return views.page_view(Page((order,), Position(order.created_at, order.id)))


def trail() -> View:
    """Return the failed order's history."""
    order = lives().failed
    return views.trail_view(OrderTrail(order, tuple(failures(order))))


def metrics() -> View:
    """Return the figures of an engine at work."""
    orders = {"pending": 3, "routing": 2, "building": 0, "submitted": 7, "confirmed": 1234, "failed": 5, "cancelled": 1}
    measured = Metrics(QueueFigures(3, 9, 0, 0), orders | {"total": sum(orders.values())})
    return views.metrics_view(measured, lives().confirmed.updated_at)


def health(verdict: Health, **dependencies: Health) -> View:
    """Return how the engine is."""
    return views.health_view(Diagnosis(verdict, dependencies), lives().confirmed.updated_at)
