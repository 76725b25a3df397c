"""Turn what became of a transaction into the order's next step: the same for workers and for dead letters."""

from __future__ import annotations

from datetime import datetime

from order_engine.domain.events import (
    Data,
    Status,
    confirmed_data,
    expired_error_data,
    reverted_error_data,
    submitted_data,
)
from order_engine.domain.order import Order
from order_engine.domain.swaps import Expired, Landed, Reverted, Transaction


def submitted(order: Order, transaction: Transaction, now: datetime) -> Order:
    """Return the order with its `submitted` step."""
    return order.then(Status.SUBMITTED, submitted_data(transaction), now)


def confirmed(order: Order, transaction: Transaction, landed: Landed, now: datetime) -> Order:
    """Return the order with its `confirmed` step."""
    return order.then(Status.CONFIRMED, confirmed_data(transaction, landed), now)


def evidence(transaction: Transaction, outcome: Reverted | Expired) -> Data:
    """Say why this transaction will never swap anything: what a retry or a failure needs to be allowed."""
    if isinstance(outcome, Reverted):
        return reverted_error_data(transaction, outcome)
    return expired_error_data(transaction)
