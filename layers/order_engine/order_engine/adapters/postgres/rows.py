"""Orders, events and failures as rows of the history's tables, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from order_engine.application.ports import EventCodec, FailedAttempt, failed_attempts
from order_engine.domain.events import Accepted
from order_engine.domain.order import Order
from order_engine.domain.terms import Terms
from order_engine.domain.timestamps import format_timestamp
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


@dataclass(frozen=True, slots=True)
class OrderRows:
    """Turns orders into rows and back."""

    codec: EventCodec

    def order_row(self, order: Order) -> Sequence[Any]:
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
            format_timestamp(order.created_at),
            format_timestamp(order.updated_at),
        )

    def event_rows(self, orders: Iterable[Order]) -> Iterable[Sequence[Any]]:
        """Yield a row for every event."""
        for order in orders:
            for event in order.events:
                data = self.codec.encode(event, order.terms)
                yield order.id, event.seq, event.status, format_timestamp(event.timestamp), data

    def failure_rows(self, orders: Iterable[Order]) -> Iterable[Sequence[Any]]:
        """Yield a row for every attempt that went wrong."""
        for order in orders:
            for failed in failed_attempts(order):
                fault = failed.fault
                columns = fault.code, _text(fault.message), self.codec.encode_fault(fault)
                yield order.id, failed.seq, failed.attempt, *columns, format_timestamp(failed.occurred_at)

    def to_order(self, row: Mapping[str, Any]) -> Order:
        """Return the order of a row that has its events too: the arrays `seqs`, `statuses`, `moments` and `data`.

        Where rows of events were lost, the order has those that are left; its own row has what its acceptance said.
        """
        order_id, terms = str(row["id"]), _terms(row)
        steps = zip(row["seqs"] or (), row["statuses"] or (), row["moments"] or (), row["data"] or (), strict=True)
        events = [self.codec.decode(order_id, terms, seq, status, at, data) for seq, status, at, data in steps]
        if not events or events[0].seq > 1:
            events.insert(0, Accepted(1, row["created_at"], row["user_id"], terms, row["correlation_id"]))
        return Order(order_id, tuple(events), row["client_order_id"])

    def to_failed_attempt(self, row: Mapping[str, Any]) -> FailedAttempt:
        """Return the failed attempt of a row."""
        return FailedAttempt(row["seq"], row["attempt"], self.codec.decode_fault(row["data"]), row["occurred_at"])


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


def _text(text: str | None) -> str | None:
    """Replace what a Postgres text can't hold; the events' JSON has it escaped, and so keeps it."""
    return text and text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
