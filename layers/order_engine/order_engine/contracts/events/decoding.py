"""Events from their JSON data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from order_engine.domain.amounts import read_amount
from order_engine.domain.events import (
    Accepted,
    Cancelled,
    Confirmed,
    Event,
    Failed,
    Fault,
    Refusal,
    RetryScheduled,
    RoutingStarted,
    Status,
    TransactionSigned,
    TransactionSubmitted,
)
from order_engine.domain.swaps import Quote, Swap, Transaction
from order_engine.domain.terms import Terms
from order_engine.domain.timestamps import parse_timestamp

Data = Mapping[str, Any]


def event_from(order_id: str, terms: Terms, seq: int, status: str, timestamp: datetime, data: Data) -> Event:
    """Return the event that this data tells of."""
    return _DECODERS[Status(status)](seq, timestamp, data, order_id, terms)


def fault_from(data: Data) -> Fault:
    """Return the fault that an event's `error` tells of."""
    return Fault(
        code=data["code"],
        message=data["message"],
        venue=data.get("venue"),
        tx_hash=data.get("txHash"),
        program=data.get("program"),
        program_code=data.get("programCode"),
    )


def _pending(seq: int, at: datetime, data: Data, _order_id: str, terms: Terms) -> Event:
    if seq == 1:
        return Accepted(seq, at, data["userId"], terms, data.get("correlationId"))
    due = parse_timestamp(data["nextAttemptAt"])
    return RetryScheduled(seq, at, data["attempt"], data["delaySeconds"], due, fault_from(data["error"]))


def _routing(seq: int, at: datetime, data: Data, _order_id: str, _terms: Terms) -> Event:
    return RoutingStarted(seq, at, data["attempt"], tuple(data["venues"]))


def _building(seq: int, at: datetime, data: Data, order_id: str, terms: Terms) -> Event:
    transaction = Transaction(
        signature=data["signature"],
        venue=data["venue"],
        swap=Swap(order_id, data["attempt"], terms.token_in, terms.token_out, terms.amount_in),
        quoted_amount_out=read_amount(data["quotedAmountOut"], terms.token_out),
        min_amount_out=read_amount(data["minAmountOut"], terms.token_out),
        valid_until=parse_timestamp(data["validUntil"]),
    )
    quotes = tuple(_quote(quote, terms) for quote in data["quotes"] if "error" not in quote)
    refusals = tuple(
        Refusal(quote["venue"], fault_from(quote["error"])) for quote in data["quotes"] if "error" in quote
    )
    return TransactionSigned(seq, at, transaction, quotes, refusals, data["reason"])


def _quote(data: Data, terms: Terms) -> Quote:
    return Quote(
        venue=data["venue"],
        amount_out=read_amount(data["amountOut"], terms.token_out),
        fee=read_amount(data["fee"], terms.token_in),
        price_impact=data["priceImpact"],
        reference_price=data["referencePrice"],
    )


def _submitted(seq: int, at: datetime, data: Data, _order_id: str, _terms: Terms) -> Event:
    return TransactionSubmitted(seq, at, data["attempt"], data["venue"], data["txHash"])


def _confirmed(seq: int, at: datetime, data: Data, _order_id: str, terms: Terms) -> Event:
    return Confirmed(
        seq=seq,
        timestamp=at,
        attempt=data["attempt"],
        venue=data["venue"],
        tx_hash=data["txHash"],
        amount_out=read_amount(data["amountOut"], terms.token_out),
        executed_price=data["executedPrice"],
        fee=read_amount(data["fee"], terms.token_in),
        price_impact=data["priceImpact"],
        slippage_bps=data["slippageBps"],
        pool=data["pool"],
    )


def _failed(seq: int, at: datetime, data: Data, _order_id: str, _terms: Terms) -> Event:
    return Failed(seq, at, fault_from(data["error"]), data["attempts"])


def _cancelled(seq: int, at: datetime, data: Data, _order_id: str, _terms: Terms) -> Event:
    return Cancelled(seq, at, data["by"])


_DECODERS: dict[Status, Callable[[int, datetime, Data, str, Terms], Event]] = {
    Status.PENDING: _pending,
    Status.ROUTING: _routing,
    Status.BUILDING: _building,
    Status.SUBMITTED: _submitted,
    Status.CONFIRMED: _confirmed,
    Status.FAILED: _failed,
    Status.CANCELLED: _cancelled,
}
