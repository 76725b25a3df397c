"""Orders for tests: `new_order`, and `after` / `images` to take one through its life with realistic events.

>>> order = new_order(user_id="alice")
>>> order.status, after(order, *CONFIRMED).status
(<Status.PENDING: 'pending'>, <Status.CONFIRMED: 'confirmed'>)
>>> [image.version for image in images(order, *CANCELLED)]
[1, 2, 3]
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from order_engine.domain.amounts import parse_amount, parse_slippage
from order_engine.domain.errors import ExecutionError, QuoteUnavailable, SimulationFailed
from order_engine.domain.events import Fault, Refusal, Status
from order_engine.domain.order import Order
from order_engine.domain.swaps import Landed, Quote, Transaction
from order_engine.domain.terms import Terms
from order_engine.domain.tokens import token

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
STEP = timedelta(milliseconds=217)
"""The time from one event to the next."""

VENUES = ("raydium", "meteora")

CONFIRMED = (Status.ROUTING, Status.BUILDING, Status.SUBMITTED, Status.CONFIRMED)
"""The steps after the acceptance, when all goes well."""
RETRIED = (Status.ROUTING, Status.PENDING, *CONFIRMED)
"""The first attempt gets no quote, the second goes through."""
REVERTED = (Status.ROUTING, Status.BUILDING, Status.SUBMITTED, Status.PENDING, *CONFIRMED)
"""The first attempt's transaction comes to nothing, the second goes through."""
FAILED = (*(Status.ROUTING, Status.PENDING) * 3, Status.ROUTING, Status.FAILED)
"""Four attempts, none of which works."""
CANCELLED = (Status.ROUTING, Status.CANCELLED)
"""Cancelled while the quotes are being fetched."""
LIVES = (CONFIRMED, RETRIED, REVERTED, FAILED, CANCELLED)
"""Whole lives, from the acceptance to each kind of end."""


def terms(
    amount_in: str = "1.5",
    token_in: str = "SOL",
    token_out: str = "USDC",
    slippage: str = "0.01",
    min_amount_out: str | None = None,
) -> Terms:
    """Return the terms of a market order; amounts as the client wrote them."""
    tokens = token(token_in), token(token_out)
    return Terms(
        order_type="market",
        token_in=tokens[0],
        token_out=tokens[1],
        amount_in=parse_amount("amountIn", amount_in, tokens[0]),
        amount_in_entered=amount_in,
        slippage_bps=parse_slippage("slippage", slippage),
        slippage_entered=slippage,
        min_amount_out=parse_amount("minAmountOut", min_amount_out, tokens[1]) if min_amount_out else 0,
        min_amount_out_entered=min_amount_out,
    )


def new_order(
    order_id: str | None = None,
    user_id: str = "alice",
    at: datetime = START,
    what: Terms | None = None,
    **more: Any,
) -> Order:
    """Return an order that has just been accepted; `more` are `client_order_id` and `correlation_id`."""
    return Order.accepted(order_id or str(uuid4()), user_id, what or terms(), at, **more)


def after(order: Order, *steps: Status, error: ExecutionError | None = None) -> Order:
    """Return the order after these steps, each `STEP` later than the one before.

    Args:
        error: what went wrong, for the steps that say so; by default what is likely at that point.
    """
    for status in steps:
        order = _step(order, status, Fault.of(error or _likely_error(order)))
    return order


def images(order: Order, *steps: Status) -> list[Order]:
    """Return the order as it is now and after each of the steps: what the table's stream would show."""
    shown = [order]
    for status in steps:
        shown.append(after(shown[-1], status))
    return shown


def quotes(order: Order) -> list[Quote]:
    """Return each venue's offer for the order's current attempt."""
    amount = order.swap.amount_in
    return [
        Quote(venue, max(amount * 3 // 20 - number, 1), amount // 400 + 1, "0.000123", "150.25")
        for number, venue in enumerate(VENUES)
    ]


def transaction(order: Order) -> Transaction:
    """Return a transaction for the order's current attempt; the same attempt gives the same signature."""
    swap, quote = order.swap, quotes(order)[0]
    digest = hashlib.sha512(f"{swap.order_id}/{swap.attempt}".encode()).hexdigest()
    return Transaction(
        signature=digest[:88].replace("0", "z"),  # base58 has no zero
        venue=quote.venue,
        swap=swap,
        quoted_amount_out=quote.amount_out,
        min_amount_out=order.terms.min_amount_out_for(quote.amount_out),
        valid_until=order.updated_at + timedelta(seconds=60),
    )


def _likely_error(order: Order) -> ExecutionError:
    if order.status is Status.ROUTING:
        return QuoteUnavailable("raydium: no quote this time; meteora: no quote this time")
    return SimulationFailed("The dry run failed: insufficient funds for fee.")


def _step(order: Order, status: Status, fault: Fault) -> Order:
    current, at = order.transaction or transaction(order), order.updated_at + STEP
    refusals = (Refusal("orca", Fault.of(QuoteUnavailable("orca: no quote this time"))),)
    pool = {"kind": "constant_product", "reserveIn": "1000000000000", "reserveOut": "150000000000"}
    landed = Landed(current.quoted_amount_out, 3_750_000, "0.000123", pool)
    steps: dict[Status, Callable[[], Order]] = {
        Status.PENDING: lambda: order.retry(fault, float(order.attempt), at),
        Status.ROUTING: lambda: order.start_routing(VENUES, at),
        Status.BUILDING: lambda: order.sign(current, tuple(quotes(order)), refusals, "raydium gives more", at),
        Status.SUBMITTED: lambda: order.submit(at),
        Status.CONFIRMED: lambda: order.confirm(landed, at),
        Status.FAILED: lambda: order.fail(fault, at),
        Status.CANCELLED: lambda: order.cancel(order.user_id, at),
    }
    return steps[status]()


def statuses(order: Order) -> list[Status]:
    """Return the status of each event."""
    return [event.status for event in order.events]
