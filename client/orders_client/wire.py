"""Decode JSON into the models; unknown fields are ignored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

from orders_client.errors import UnexpectedAnswer
from orders_client.models import Accepted, Event, Failure, Health, History, Metrics, Order, Status, StreamTicket

Json = Mapping[str, Any]


@contextmanager
def decoding(what: str) -> Iterator[None]:
    """Raise `UnexpectedAnswer` where `what` can't be decoded within this block."""
    try:
        yield
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise UnexpectedAnswer(
            f"This client can't read {what}: {type(error).__name__} {error}.",
            "Check that the address is that of an order engine, and that client and server are of the same version.",
        ) from error


def event_from(body: Json) -> Event:
    """Read an event; raises what `decoding` catches, as do all of these."""
    return Event(int(body["seq"]), Status(body["status"]), _moment(body["timestamp"]), body["data"])


def order_from(body: Json) -> Order:
    """Read an order."""
    return Order(
        id=body["id"],
        status=Status(body["status"]),
        version=int(body["version"]),
        order_type=body["orderType"],
        token_in=body["tokenIn"],
        token_out=body["tokenOut"],
        amount_in=_decimal(body["amountIn"]),
        slippage=_decimal(body["slippage"]),
        attempts=int(body["attempts"]),
        created_at=_moment(body["createdAt"]),
        updated_at=_moment(body["updatedAt"]),
        events=tuple(map(event_from, body["events"])),
        user_id=body.get("userId"),
        client_order_id=body.get("clientOrderId"),
        correlation_id=body.get("correlationId"),
        min_amount_out=_optional(body, "minAmountOut"),
        amount_out=_optional(body, "amountOut"),
        executed_price=_optional(body, "executedPrice"),
        fee=_optional(body, "fee"),
        price_impact=_optional(body, "priceImpact"),
        venue=body.get("venue"),
        tx_hash=body.get("txHash"),
        error=body.get("error"),
    )


def accepted_from(body: Json, *, replayed: bool) -> Accepted:
    """Read the answer to a placed order."""
    return Accepted(body["orderId"], Status(body["status"]), body["message"], body["websocketUrl"], replayed)


def stream_ticket_from(body: Json) -> StreamTicket:
    """Read a ticket for the stream."""
    return StreamTicket(str(body["ticket"]), float(body["expiresIn"]))


def history_from(body: Json) -> History:
    """Read an order's history."""
    return History(order_from(body["order"]), tuple(map(_failure, body["failures"])))


def metrics_from(body: Json) -> Metrics:
    """Read the metrics."""
    return Metrics(body["queue"], body["orders"], _moment(body["timestamp"]))


def health_from(body: Json) -> Health:
    """Read the health."""
    return Health(body["status"], _moment(body["timestamp"]), body.get("dependencies", {}))


def _failure(body: Json) -> Failure:
    return Failure(int(body["seq"]), int(body["attempt"]), _moment(body["timestamp"]), body["error"])


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _decimal(value: str | int) -> Decimal:
    return Decimal(str(value))


def _optional(body: Json, name: str) -> Decimal | None:
    return _decimal(body[name]) if body.get(name) is not None else None
