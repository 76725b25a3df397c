"""Orders, events and failures as rows of the history's tables, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from order_engine.application.order_history import failures
from order_engine.domain.events import Data, Event, Status, iso
from order_engine.domain.order import Order, Terms
from order_engine.domain.tokens import token

ORDERS = {
    "id": "uuid",
    "user_id": "text",
    "client_order_id": "text",
    "correlation_id": "text",
    "order_type": "text",
    "token_in": "text",
    "token_out": "text",
    "amount_in": "numeric",
    "amount_in_entered": "text",
    "slippage_bps": "integer",
    "slippage_entered": "text",
    "min_amount_out": "numeric",
    "min_amount_out_entered": "text",
    "status": "text",
    "version": "integer",
    "created_at": "timestamptz",
    "updated_at": "timestamptz",
}
EVENTS = {
    "order_id": "uuid",
    "seq": "integer",
    "status": "text",
    "occurred_at": "timestamptz",
    "data": "json",
}
FAILURES = {
    "order_id": "uuid",
    "seq": "integer",
    "attempt": "integer",
    "code": "text",
    "message": "text",
    "data": "json",
    "occurred_at": "timestamptz",
}


def order_row(order: Order) -> Sequence[Any]:
    """Return the order's row: its terms, and where it is now."""
    terms = order.terms
    return (
        order.id,
        _text(order.user_id),
        _text(order.client_order_id),
        _text(order.correlation_id),
        terms.order_type,
        terms.token_in.symbol,
        terms.token_out.symbol,
        terms.amount_in,
        terms.amount_in_entered,
        terms.slippage_bps,
        terms.slippage_entered,
        terms.min_amount_out,
        terms.min_amount_out_entered,
        order.status,
        order.version,
        iso(order.created_at),
        iso(order.updated_at),
    )


def event_rows(orders: Iterable[Order]) -> Iterable[Sequence[Any]]:
    """Yield a row for every event."""
    for order in orders:
        for event in order.events:
            yield order.id, event.seq, event.status, iso(event.timestamp), _json(event.data)


def failure_rows(orders: Iterable[Order]) -> Iterable[Sequence[Any]]:
    """Yield a row for every attempt that went wrong."""
    for order in orders:
        for failure in failures(order):
            error = failure.code, _text(failure.message), _json(failure.data)
            yield order.id, failure.seq, failure.attempt, *error, iso(failure.occurred_at)


def order_of(row: Mapping[str, Any]) -> Order:
    """Return the order of a row that has its events too: the arrays `statuses`, `moments` and `data`."""
    steps = zip(row["statuses"], row["moments"], row["data"], strict=True)
    events = (Event(seq, Status(status), at, data) for seq, (status, at, data) in enumerate(steps, start=1))
    return Order(
        id=str(row["id"]),
        user_id=row["user_id"],
        terms=_terms(row),
        created_at=row["created_at"],
        events=tuple(events),
        client_order_id=row["client_order_id"],
        correlation_id=row["correlation_id"],
    )


def _terms(row: Mapping[str, Any]) -> Terms:
    return Terms(
        order_type=row["order_type"],
        token_in=token(row["token_in"]),
        token_out=token(row["token_out"]),
        amount_in=int(row["amount_in"]),
        amount_in_entered=row["amount_in_entered"],
        slippage_bps=row["slippage_bps"],
        slippage_entered=row["slippage_entered"],
        min_amount_out=int(row["min_amount_out"]),
        min_amount_out_entered=row["min_amount_out_entered"],
    )


def _json(data: Data) -> str:
    return json.dumps(data, separators=(",", ":"))


def _text(text: str | None) -> str | None:
    """Replace what a Postgres text can't hold; the events' JSON has it escaped, and so keeps it."""
    return text and text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
