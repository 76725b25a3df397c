"""Examples: orders that went through the engine in memory, on the simulated venues, the same each time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from order_engine.adapters.simulated_market.settings import MarketSettings
from order_engine.application.identity import ANYONE, AuthMode, Scope
from order_engine.application.messages import Message
from order_engine.application.monitor import Diagnosis, Health, Metrics
from order_engine.application.ports import OrderTrail, Page, Position, QueueFigures, failed_attempts
from order_engine.application.stream_tickets import TICKET_LIFETIME
from order_engine.contracts import answers, views
from order_engine.contracts.frames import JsonFrameCodec
from order_engine.contracts.place_order import parse_order
from order_engine.domain.order import Order
from order_engine.entrypoints.placement_settings import PlacementSettings
from order_engine.entrypoints.settings import InvalidSettings, read_settings
from tests.support.engine import InMemoryEngine

WEBSOCKET_URL = "ws://localhost:3000/ws"
REQUEST_ID = "6532cb2b-925a-499c-a151-d2d4015434e5"
BODY = {"orderType": "market", "tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "1.5", "slippage": "0.01"}
OTHER_NAMES = {"userId": "alice", "type": "market", "tokenIn": "SOL", "tokenOut": "USDC", "amountIn": 1.5}
OTHER_NAMES |= {"slippageTolerance": 0.01}

_UNLUCKY = MarketSettings("1", execution_failure_rate=1.0)
_BAD_SETTINGS = {
    "AUTH_MODE": "none",
    "ORDERS_TABLE": "orders",
    "COUNTERS_TABLE": "counters",
    "ORDERS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/orders",
    "DEFAULT_SLIPPAGE": "5",
    "MAX_ORDERS_PER_MINUTE": "600",
}


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
    engine, unlucky = InMemoryEngine(), InMemoryEngine(_UNLUCKY)
    accepted = _placed(engine)
    return Lives(
        accepted=accepted,
        confirmed=engine.settle(accepted),
        failed=unlucky.settle(_placed(unlucky)),
        cancelled=engine.cancel(_placed(engine)),
    )


def _placed(engine: InMemoryEngine) -> Order:
    command = parse_order({**BODY, "userId": "alice"}).to_command(ANYONE, "0.01", correlation_id=REQUEST_ID)
    return engine.placement.place(command).order


def frames(*messages: Message) -> tuple[Mapping[str, Any], ...]:
    """Return the frames of these messages."""
    codec = JsonFrameCodec(WEBSOCKET_URL)
    return tuple(frame for message in messages for frame in codec.frames(message))


def accepted(order: Order) -> answers.OrderAccepted:
    """Return the answer to an order that was placed, now or before."""
    return views.accepted_view(order, WEBSOCKET_URL)


def ticket() -> answers.TicketIssued:
    """Return the answer to a request for a ticket."""
    return views.ticket_view("q3KqfJ8mZ0YxR1nT5uVbWc7dE9gH2iJ4kL6mN8oP0sQ", TICKET_LIFETIME)


def sign_in() -> answers.SignIn:
    """Return how to sign in at a user pool."""
    issuer = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE01"
    return {
        "mode": AuthMode.COGNITO,
        "issuer": issuer,
        "authority": issuer,
        "clientId": "1example23456789",
        "scopes": ["openid", Scope.READ, Scope.WRITE],
    }


def page() -> answers.OrderPage:
    """Return a page of a list that goes on."""
    order = lives().confirmed
    return views.page_view(Page((order,), Position(order.created_at, order.id)))


def trail() -> answers.OrderTrailView:
    """Return the failed order's history."""
    order = lives().failed
    return views.trail_view(OrderTrail(order, tuple(failed_attempts(order))))


def metrics() -> answers.MetricsView:
    """Return the figures of an engine at work."""
    orders = {"pending": 3, "routing": 2, "building": 0, "submitted": 7, "confirmed": 1234, "failed": 5, "cancelled": 1}
    counted = orders | {"total": sum(orders.values())}
    return views.metrics_view(Metrics(lives().confirmed.updated_at, QueueFigures(3, 9, 0, 0), counted))


def health(verdict: Health, **dependencies: Health) -> answers.HealthReport:
    """Return the engine's health."""
    return views.health_view(Diagnosis(lives().confirmed.updated_at, verdict, dependencies))


def health_with_bad_settings() -> answers.HealthReport:
    """Return the health of an engine whose settings are wrong."""
    try:
        read_settings(PlacementSettings, _BAD_SETTINGS)
    except InvalidSettings as invalid:
        at, dependencies = lives().confirmed.updated_at, {"settings": Health.UNHEALTHY}
        return views.health_view(Diagnosis(at, Health.UNHEALTHY, dependencies, invalid.problems))
    raise AssertionError("the settings are right")
