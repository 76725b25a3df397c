"""Every step of an order, by the status that it leads to; whether the order may take it or not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from order_engine.domain.errors import QuoteUnavailable
from order_engine.domain.events import Fault, Refusal, Status
from order_engine.domain.order import Order
from order_engine.domain.swaps import Landed
from tests.support.orders import CONFIRMED, FAILED, VENUES, after, new_order, quotes, transaction

FAULT = Fault("simulation_failed", "The dry run failed: insufficient funds for fee.")
REFUSALS = (Refusal("orca", Fault.of(QuoteUnavailable("orca: no quote this time"))),)
LANDED = Landed(224_000_000, 3_750_000, "0.000123", {"curve": "constantProduct", "reserveIn": "1000000000000"})
DELAY = 1.5

STEPS: dict[Status, Callable[[Order, datetime], Order]] = {
    Status.PENDING: lambda order, at: order.retry(FAULT, DELAY, at),
    Status.ROUTING: lambda order, at: order.start_routing(VENUES, at),
    Status.BUILDING: lambda order, at: order.sign(transaction(order), tuple(quotes(order)), REFUSALS, "why", at),
    Status.SUBMITTED: lambda order, at: order.submit(at),
    Status.CONFIRMED: lambda order, at: order.confirm(LANDED, at),
    Status.FAILED: lambda order, at: order.fail(FAULT, at),
    Status.CANCELLED: lambda order, at: order.cancel("alice", at),
}

PATHS: dict[Status, tuple[Status, ...]] = {
    Status.PENDING: (),
    Status.ROUTING: CONFIRMED[:1],
    Status.BUILDING: CONFIRMED[:2],
    Status.SUBMITTED: CONFIRMED[:3],
    Status.CONFIRMED: CONFIRMED,
    Status.FAILED: FAILED,
    Status.CANCELLED: (Status.CANCELLED,),
}
"""How an order gets into each status."""


def order_in(status: Status) -> Order:
    """Return an order that is in this status."""
    return after(new_order(), *PATHS[status])
